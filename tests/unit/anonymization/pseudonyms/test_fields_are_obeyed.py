"""Which fields are dated, and which are there at all, is the profile's to say: extraction follows its list."""

import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from case_store.errors import CaseStoreError
from case_store.profile import Profile, read_profile
from tests.support.small_store import document
from tests.support.taken_snapshot import taken

ROMANIA = Path(str(files("case_store") / "profiles" / "romania"))
INTENTION = "intention: {source: intention_of_stay_9c0d1e2, type: code, kind: dated, dimension: intention}"
ENTRY_POINT = "entry_point: {source: entry_point_3f9a2c1, type: code, kind: fixed, dimension: entry_point}"
CONCERNS = "concerns: {source: protection_concerns, type: codes, kind: dated, dimension: concern}"
RESIDENCE = "residence: {source: location_current, type: location, kind: dated}"
SIRET, HALMEU = "siret_0d4c9a1", "halmeu_51b7d0c"
STAY, TRANSIT = "stay_1e5b7c0", "transit_77aa001"


def profile(folder: Path, *changes: tuple[str, str]) -> Profile:
    """The first profile with these texts of its profile.yml in place of others."""
    copy = folder / "changed"
    shutil.copytree(ROMANIA, copy)
    text = (copy / "profile.yml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (copy / "profile.yml").write_text(text, "utf-8")
    return read_profile(copy)


def states(found: Any, field: str) -> list[tuple[int, str]]:
    rows = found.tables["case_states"].to_pylist()
    return sorted((row["entry_no"], row["value"]) for row in rows if row["field"] == field)


def taken_with(profile: Profile | None) -> Any:
    """One child whose intention, entry point, concerns and residence all changed once, as this profile sees it."""
    key = {name: (profile or read_profile(ROMANIA)).source(name) for name in ("intention", "entry_point", "residence")}
    now: Mapping[str, Any] = {
        "intention": TRANSIT,
        "entry_point": HALMEU,
        "residence": "ROCJ",
        "concerns": ["disabled"],
    }
    changes = {
        key["intention"]: {"from": STAY, "to": TRANSIT},
        key["entry_point"]: {"from": SIRET, "to": HALMEU},
        key["residence"]: {"from": "ROTM", "to": "ROCJ"},
        "protection_concerns": {"from": [], "to": ["disabled"]},
    }
    return taken(document(**now), changes=[(0, "2023-06-01T10:00:00", changes)], profile=profile)


def test_what_is_dated_has_a_history_and_what_is_fixed_has_its_last_value() -> None:
    found = taken_with(None)
    assert states(found, "intention") == [(0, STAY), (1, TRANSIT)]
    assert found.tables["cases"]["entry_point"].to_pylist() == [HALMEU]
    assert not states(found, "entry_point")


def test_a_profile_that_swaps_two_kinds_swaps_what_is_taken(tmp_path: Path) -> None:
    swapped = profile(
        tmp_path,
        (INTENTION, INTENTION.replace("dated", "fixed")),
        (ENTRY_POINT, ENTRY_POINT.replace("fixed", "dated")),
    )
    found = taken_with(swapped)
    assert states(found, "entry_point") == [(0, SIRET), (1, HALMEU)]
    assert found.tables["cases"]["intention"].to_pylist() == [TRANSIT]
    assert not states(found, "intention")
    assert "entry_point" not in found.tables["cases"].schema.names


def test_a_fixed_place_and_fixed_concerns_are_those_known_in_the_end(tmp_path: Path) -> None:
    fixed = profile(
        tmp_path, (RESIDENCE, RESIDENCE.replace("dated", "fixed")), (CONCERNS, CONCERNS.replace("dated", "fixed"))
    )
    found = taken_with(fixed)
    assert states(found, "residence") == [(0, "RO113")]
    (concern,) = found.tables["case_concerns"].to_pylist()
    assert (concern["concern"], str(concern["since"])) == ("disabled", "2023-03-15")
    assert str(taken_with(None).tables["case_concerns"]["since"][0]) == "2023-06-01"


def test_another_dimension_is_read_by_its_own_codes(tmp_path: Path) -> None:
    """A field that the profile counts by another list of codes: a code of the old list means nothing there."""
    other = profile(tmp_path, (ENTRY_POINT, ENTRY_POINT.replace("dimension: entry_point", "dimension: intention")))
    found = taken(document(entry_point=STAY), document(entry_point=SIRET), profile=other)
    assert sorted(found.tables["cases"]["entry_point"].to_pylist()) == ["_U", STAY]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "status: {source: status, type: code, kind: dated,",
            "status: {source: status, type: code, kind: fixed,",
            "fields.case.columns.status.kind' must be dated",
        ),
        ("sex: {source: sex, type: code,", "sex: {source: sex, type: codes,", "columns.sex.type' must be code"),
        (
            ENTRY_POINT,
            f"{ENTRY_POINT}\n      shoe: {{source: shoe, type: code, kind: fixed, dimension: sex}}",
            "fields.case.columns.shoe' is not known",
        ),
        (
            ENTRY_POINT,
            f"{ENTRY_POINT}\n      shoe: {{source: shoe, type: code, kind: fixed, dimension: shoes}}",
            "shoe.dimension' must be a dimension of concepts.csv",
        ),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(CaseStoreError, match=said):
        profile(tmp_path, (old, new))
