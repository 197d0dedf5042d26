"""A code counts for what was entered on a day on which it was valid; on another day it is unknown, with a finding."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from anonymization.pseudonyms.snapshotter import SnapshotRange
from case_store.errors import CaseStoreError
from case_store.profile import Profile, load_profile, read_profile
from tests.support.recoded_profile import BEGINS, ENDS, ended, profile_with, recoded
from tests.support.small_store import ORDINARY, document, key, subform
from tests.support.taken_snapshot import case_id, found, taken

BEFORE, AFTER = {"registration_date": ENDS}, {"registration_date": BEGINS}


def concepts(profile: Profile, part: SnapshotRange, table: str, column: str, dimension: str) -> list[str]:
    """The concept of each row's code, in the order in which the rows come, or `_U`."""
    rows = profile.reference_tables()["ref_codes"].to_pylist()
    of = {row["code"]: row["concept"] for row in rows if row["dimension"] == dimension}
    return [of.get(row[column], "_U") for row in part.tables[table].to_pylist()]


FIXED = (("sex", "sex", "female", "F", "M"), ("entry_point", "entry_point", "halmeu_51b7d0c", "HALMEU", "SIRET"))


@pytest.mark.parametrize(("column", "dimension", "code", "before", "after"), FIXED)
def test_a_fixed_field_is_read_as_of_the_day_of_registration(
    tmp_path: Path, column: str, dimension: str, code: str, before: str, after: str
) -> None:
    profile = recoded(tmp_path, (dimension, code, before, after))
    for days, meant in ((BEFORE, before), (AFTER, after)):
        part = taken(document(**days, **{column: code}), profile=profile)
        assert concepts(profile, part, "cases", column, dimension) == [meant]
        assert found(part) == {}


def test_a_code_that_ended_is_unknown_with_a_finding(tmp_path: Path) -> None:
    profile = ended(tmp_path, ("sex", "female", "F"), ("citizenship", "ukraine", "UKR"))
    part = taken(document(**AFTER), profile=profile)
    (child,) = part.tables["cases"].to_pylist()
    assert (child["sex"], child["nationality"]) == ("_U", ["_U"])
    assert found(part) == {
        ("SNP-CODE", "sex", "UNKNOWN_CODE"): 1,
        ("SNP-CODE", "nationality", "UNKNOWN_CODE"): 1,
    }
    assert found(taken(document(**BEFORE), profile=profile)) == {}


def test_a_dated_field_is_read_as_of_the_day_of_the_change(tmp_path: Path) -> None:
    steps = (
        ("2023-04-01T09:00:00", "separated", "unaccompanied"),
        ("2023-07-01T09:00:00", "unaccompanied", "separated"),
    )
    changes = [(0, at, {key("care_status"): {"from": before, "to": after}}) for at, before, after in steps]
    told = document(care_status="separated")
    swapped = (("care_status", "separated", "SEP", "UNACC"), ("care_status", "unaccompanied", "UNACC", "SEP"))
    part = taken(told, changes=changes, profile=recoded(tmp_path, *swapped))
    assert care_statuses(part) == ["separated", "unaccompanied", f"separated@{BEGINS}"]
    assert found(part) == {}
    part = taken(told, changes=changes, profile=ended(tmp_path / "ends", ("care_status", "separated", "SEP")))
    assert care_statuses(part) == ["separated", "unaccompanied", "_U"]
    assert found(part) == {("SNP-CODE", "care_status", "UNKNOWN_CODE"): 1}


def care_statuses(part: SnapshotRange) -> list[str]:
    return [row["value"] for row in part.tables["case_states"].to_pylist() if row["field"] == "care_status"]


def test_the_last_day_is_local_and_counts(tmp_path: Path) -> None:
    profile = ended(tmp_path, ("risk", "high", "HIGH"))
    change = {key("risk"): {"from": "low", "to": "high"}}
    for moment, value in ((f"{ENDS}T20:59:59", "high"), (f"{ENDS}T21:00:00", "_U")):
        part = taken(document(risk="high"), changes=[(0, moment, change)], profile=profile)
        states = [row["value"] for row in part.tables["case_states"].to_pylist() if row["field"] == "risk"]
        assert states == ["low", value]


def test_a_concern_is_read_as_of_the_list_that_first_holds_it(tmp_path: Path) -> None:
    profile = recoded(tmp_path, ("concern", "disabled", "C27", "C14"), ("concern", "child_mother", "C14", "C27"))
    grown = {key("concerns"): {"from": ["disabled"], "to": ["disabled", "child_mother"]}}
    part = taken(
        document(concerns=["disabled", "child_mother"]), changes=[(0, "2023-07-01T09:00:00", grown)], profile=profile
    )
    # both mean the same in the end, and both are kept
    assert concepts(profile, part, "case_concerns", "concern", "concern") == ["C27", "C27"]
    assert found(part) == {}


def test_rows_of_subforms_are_read_as_of_their_own_day(tmp_path: Path) -> None:
    profile = recoded(
        tmp_path, ("care_type", "parent_s", "PARENT", "KINSHIP"), ("relation", "mother", "PARENT", "SIBLING")
    )
    begun = {"2015-01-01": "PARENT", ENDS: "PARENT", BEGINS: "KINSHIP", None: "PARENT"}
    rows = [
        {"care_arrangement_id": f"c{n}", "care_type": "parent_s", "started_date": day} for n, day in enumerate(begun)
    ]
    kin = {"family_member_id": "k", "is_caregiver": True, "relation": "mother"}
    told = document() | subform("care_arrangements", *rows) | subform("family", kin)
    part = taken(told, profile=profile)
    cared = concepts(profile, part, "care_arrangements", "care_type", "care_type")
    assert sorted(cared) == sorted(begun.values())
    assert concepts(profile, part, "caregivers", "relation", "relation") == ["PARENT"]


def test_a_referral_is_read_as_of_its_day(tmp_path: Path) -> None:
    code = "special_protection_service"
    (concept,) = (row["concept"] for row in load_profile().codes.to_pylist() if row["code"] == code)
    profile = ended(tmp_path, ("service", code, concept))
    ordinary = {"record_id": case_id(0), "type": "Referral", "status": "accepted", "service": code}
    moments = {"t1": date(2023, 4, 1), "t2": date(2023, 7, 1)}
    part = taken(document(), transitions=_referrals(ordinary, moments), profile=profile)
    assert {row["referred_on"]: row["service"] for row in part.tables["referrals"].to_pylist()} == {
        date(2023, 4, 1): code,
        date(2023, 7, 1): "_U",
    }
    assert found(part) == {("SNP-CODE", "service", "UNKNOWN_CODE"): 1}


def test_a_referral_of_an_unknown_status_is_found(tmp_path: Path) -> None:
    ordinary = {"record_id": case_id(0), "type": "Referral", "service": "special_protection_service"}
    moments = {"t1": date(2023, 4, 1)}
    for status, kept in (("accepted", "accepted"), ("done", "accepted"), ("revoked", "_U"), (None, "_U")):
        part = taken(document(), transitions=_referrals({**ordinary, "status": status}, moments))
        assert [row["status"] for row in part.tables["referrals"].to_pylist()] == [kept]
        is_found = {("SNP-CODE", "status", "UNKNOWN_CODE"): 1} if status == "revoked" else {}
        assert found(part) == is_found


def _referrals(ordinary: Mapping[str, Any], moments: Mapping[str, date]) -> Iterable[dict[str, Any]]:
    return [
        {**ordinary, "id": name, "created_at": datetime(day.year, day.month, day.day, 9)}
        for name, day in moments.items()
    ]


def closing(day: str, **more: Any) -> tuple[int, str, dict[str, Any]]:
    fields = {"status": ("open", "closed"), "closure_date": (None, day), **more}
    return 0, f"{day}T09:00:00", {key(name): {"from": old, "to": new} for name, (old, new) in fields.items()}


def test_a_reason_for_closing_is_read_as_of_the_closing(tmp_path: Path) -> None:
    (row, *_) = (row for row in load_profile().codes.to_pylist() if row["dimension"] == "closure_reason")
    profile = ended(tmp_path, ("closure_reason", row["code"], row["concept"]))
    for day, reason in ((ENDS, row["code"]), (BEGINS, "_U")):
        told = document(status="closed", closure_date=day, closure_reason=row["code"])
        part = taken(told, changes=[closing(day, closure_reason=(None, row["code"]))], profile=profile)
        assert part.tables["status_events"].to_pylist()[-1]["closure_reason"] == reason


def test_a_status_means_what_it_meant_on_its_day(tmp_path: Path) -> None:
    """Until May `transferred` meant a closing here."""
    profile = recoded(tmp_path, ("status", "transferred", "CLOSED", "LEFT"))
    for day, meant in ((ENDS, "closed"), (BEGINS, "left")):
        change = (0, f"{day}T09:00:00", {key("status"): {"from": "open", "to": "transferred"}})
        part = taken(document(status="transferred"), changes=[change], profile=profile)
        assert [row["status"] for row in part.tables["status_events"].to_pylist()] == ["open", meant]
        part = taken(document(status="transferred", registration_date=day), profile=profile)
        assert [row["status"] for row in part.tables["status_events"].to_pylist()] == ["open", meant]
        assert part.tables["cases"].num_rows == 1 and found(part) == {}


def test_a_status_that_ended_counts_as_the_policy_says(tmp_path: Path) -> None:
    profile = ended(tmp_path, ("status", "identified", "NOT_ACCEPTED"))
    coverage = {True: {("excluded", "NOT_ACCEPTED"): 1}, False: {("loaded", ""): 1}}
    for is_valid, expected in coverage.items():
        part = taken(document(status="identified", **(BEFORE if is_valid else AFTER)), profile=profile)
        cases = [row for row in part.coverage.to_pylist() if row["table_name"] == "cases" and row["records"]]
        assert {(row["outcome"], row["reason"]): row["records"] for row in cases} == {
            ("extracted", ""): 1,
            **expected,
        }
        assert found(part) == ({} if is_valid else {("SNP-CODE", "status", "UNKNOWN_CODE"): 1})


def test_a_recoded_status_neither_doubles_nor_hides_a_flagged_duplicate(tmp_path: Path) -> None:
    profile = recoded(tmp_path, ("status", "duplicate", "DUPLICATE", "LEFT"))
    part = taken(document(is_flagged_duplicate=True), document(status="duplicate", **AFTER), profile=profile)
    assert part.tables["cases"].num_rows == 2
    assert found(part) == {("SNP-FLAG", "is_flagged_duplicate", "FLAGGED_DUPLICATE"): 1}


def test_two_rows_of_one_code_on_the_same_day_are_refused_by_file_lines_and_code(tmp_path: Path) -> None:
    lines = len(load_profile().codes) + 1
    for number, (ends, begins) in enumerate([(ENDS, ENDS), ("", BEGINS), (BEGINS, ""), ("", "")]):
        rows = [("sex", "female", "F", "2022-07-25", ends), ("sex", "female", "M", begins, "")]
        with pytest.raises(CaseStoreError) as refused:
            read_profile(profile_with(tmp_path / str(number), *rows))
        assert f"codes.csv, lines {lines} and {lines + 1}: 'sex/female' is listed twice" in str(refused.value)


def test_a_code_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseStoreError, match=r"codes.csv, line \d+: 'sex/female' ends .* before it begins"):
        read_profile(profile_with(tmp_path, ("sex", "female", "F", BEGINS, ENDS)))


def test_names_at_rest_are_unique_and_reach_what_names_a_source_code(tmp_path: Path) -> None:
    tables = recoded(
        tmp_path, ("risk", "high", "HIGH", "HIGH"), ("service", "special_protection_service", "PLACEMENT", "PLACEMENT")
    ).reference_tables()
    names = [(row["dimension"], row["code"]) for row in tables["ref_codes"].to_pylist()]
    assert len(names) == len(set(names))
    assert {f"high@{BEGINS}", "high", "medium", "low"} == set(tables["ref_follow_up_intervals"]["risk"].to_pylist())
    assert len(tables["ref_placement_services"]) == 2


def test_codes_of_one_meaning_allow_one_time_between_follow_ups(tmp_path: Path) -> None:
    with pytest.raises(CaseStoreError, match=r"'follow_up_intervals' allows two different times .* mean 'HIGH'"):
        recoded(tmp_path, ("risk", "medium", "MED", "HIGH"))


def test_the_ordinary_document_is_of_the_days_before() -> None:
    assert date.fromisoformat(ORDINARY["registration_date"]) < date.fromisoformat(ENDS)
