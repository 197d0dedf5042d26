"""Documents as a live Primero holds them: each odd value is read for what it says, or costs itself and no child."""

import json
from collections import Counter
from typing import Any

from tests.support.small_store import document, key, subform
from tests.support.taken_snapshot import found, pseudonym, taken

AGES: tuple[tuple[Any, int | None, str | None], ...] = (
    (9, 9, None),
    ("9", 9, None),
    (9.0, 9, None),
    (9.5, 9, None),
    ("17.5", 17, None),
    (" 9 ", 9, None),
    ([9], 9, None),
    ("null", None, None),
    ("", None, None),
    ("0x7", None, "BROKEN_TYPE"),
    ("1e1", None, "BROKEN_TYPE"),
    ("9 years", None, "BROKEN_TYPE"),
    ("٩", None, "BROKEN_TYPE"),
    (-1, None, "BROKEN_TYPE"),
    ([8, 9], None, "BROKEN_TYPE"),
    (130, None, "IMPLAUSIBLE_AGE"),
)
DAYS = (
    ("2023-03-01", "2023-03-01"),
    ("2023-03-01T00:00:00.000Z", "2023-03-01"),
    ("2023-02-28T22:00:00Z", "2023-03-01"),
    ("2023-03-01T09:30:00+02:00", "2023-03-01"),
    ("2023-03-01T09:30+02:00", "2023-03-01"),
    ("2023-02-28T22:15Z", "2023-03-01"),
    ("2023-03-01T00:30+0300", "2023-02-28"),
    ("2023-02-28T17:00:00.123456789-05", "2023-03-01"),
    ("2023-03-01T00:00+00:00", "2023-03-01"),
    ("2023-03-01T09:30+99:99", "BROKEN_TYPE"),
    ("2023-03-01T09:30:", "BROKEN_TYPE"),
    ("2023-03-01T9:30Z", "BROKEN_TYPE"),
    ("2023-1-5", "BROKEN_TYPE"),
    ("2023/01/05", "BROKEN_TYPE"),
    ("2023-02-30", "BROKEN_TYPE"),
    ("2023-03-01 BC", "BROKEN_TYPE"),
    ("infinity", "BROKEN_TYPE"),
    ("epoch", "BROKEN_TYPE"),
    ("2566-03-01", "IMPLAUSIBLE_YEAR"),
    ("1401-12-10", "IMPLAUSIBLE_YEAR"),
    ("0023-03-01", "IMPLAUSIBLE_YEAR"),
    ("23-03-01", "IMPLAUSIBLE_YEAR"),
    ("null", "MISSING"),
)


def test_an_age_is_in_completed_years_or_unknown() -> None:
    plain = document(birth_date=None, age_as_entered=None)
    part = taken(*(plain | {key("age_as_entered"): written} for written, _, _ in AGES))
    read = {child["case_pseudonym"]: child["age_at_registration"] for child in part.tables["cases"].to_pylist()}
    assert read == {pseudonym(number): age for number, (_, age, _) in enumerate(AGES)}
    lost = Counter(("SNP-VALUE", "age_as_entered", reason) for _, _, reason in AGES if reason)
    assert found(part) == lost


def test_a_registration_is_a_day_or_sets_the_record_aside() -> None:
    part = taken(*(document(registration_date=written) for written, _ in DAYS))
    read = {child["case_pseudonym"]: str(child["registration_date"]) for child in part.tables["cases"].to_pylist()}
    aside = {row["case_pseudonym"]: row["reason"] for row in part.quarantine.to_pylist()}
    assert read | aside == {pseudonym(number): day for number, (_, day) in enumerate(DAYS)}


def test_a_single_value_is_a_list_of_one_and_the_reverse() -> None:
    part = taken(document(sex=["female"], nationality="ukraine", owner_groups="usergroup-tm", risk=["low"]))
    (child,) = part.tables["cases"].to_pylist()
    assert (child["sex"], child["nationality"]) == ("female", ["ukraine"])
    states = {row["field"]: row["value"] for row in part.tables["case_states"].to_pylist()}
    assert (states["risk"], states["owner_county"]) == ("low", "RO424")
    assert found(part) == {}


def test_a_list_written_as_a_text_is_the_list() -> None:
    row = json.dumps([{"unique_id": "f", "followup_needed_by_date": "2023-04-01"}])
    told = document(sex='["female"]', nationality='["ukraine", "moldova"]', owner_groups=' ["usergroup-tm"] ')
    changed = {key("concerns"): {"from": '["disabled"]', "to": '["disabled", "child_mother"]'}}
    part = taken(
        told | {key("concerns"): "[not JSON]", "followup_subform_section": row},
        changes=[(0, "2023-06-01T09:00:00", changed)],
    )
    (child,) = part.tables["cases"].to_pylist()
    assert (child["sex"], child["nationality"]) == ("female", ["moldova", "ukraine"])
    states = {row["field"]: row["value"] for row in part.tables["case_states"].to_pylist()}
    assert states["owner_county"] == "RO424" and part.tables["follow_ups"].num_rows == 1
    concerns = {row["concern"] for row in part.tables["case_concerns"].to_pylist()}
    assert concerns == {"disabled", "child_mother", "_U"}
    assert found(part) == {("SNP-CODE", "concern", "UNKNOWN_CODE"): 1}


def test_of_a_repeated_row_the_last_counts() -> None:
    rows = [{"follow_up_id": "f", "due_date": f"2023-04-0{day}"} for day in (1, 2)]
    part = taken(document() | subform("follow_ups", *rows))
    assert [str(row["due_date"]) for row in part.tables["follow_ups"].to_pylist()] == ["2023-04-02"]
    assert found(part) == {("SNP-ROW", "follow_up_id", "REPEATED_ROW"): 1}


def test_a_flag_of_a_duplicate_is_a_finding() -> None:
    flag = {("SNP-FLAG", "is_flagged_duplicate", "FLAGGED_DUPLICATE"): 1}
    assert found(taken(document(is_flagged_duplicate=True))) == found(taken(document(), duplicate_of="x")) == flag
    assert found(taken(document(status="duplicate"), duplicate_of="x")) == {}


def test_the_clock_of_the_server_decides() -> None:
    part = taken(document(created_at="2024-01-02T10:00:00Z", posted_at="2023-12-31T10:00:00Z"))
    assert part.tables["cases"].num_rows == 1
    assert found(part) == {("SNP-TIME", "created_at", "CLOCK_AHEAD"): 1}
