"""The Romanian profile is complete, and a broken one is refused with file and key."""

import shutil
from pathlib import Path

import pytest

from case_store.errors import CaseStoreError
from case_store.profile import load_profile, read_profile
from case_store.synthetic.shape_file import field_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "romania"
    shutil.copytree(str(load_profile().folder), copy)
    return copy


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_form_has_56_questions_each_classified() -> None:
    form = load_profile().table("form").to_pylist()
    assert [int(row["number"]) for row in form] == list(range(1, 57))
    kinds = {"direct_identifier", "quasi_identifier", "sensitive", "free_text", "none"}
    assert {row["sensitivity"] for row in form} <= kinds
    labels = load_profile().source_labels
    assert all(("form", field_key(row)) in labels for row in form)


def test_every_mapped_subform_is_on_the_form() -> None:
    profile = load_profile()
    asked = {row["subform"] for row in profile.table("form").to_pylist()}
    assert {section.source for section in profile.fields.values() if section.source} <= asked


def test_32_concerns_with_the_named_codes() -> None:
    codes = load_profile().reference_tables()["ref_codes"].to_pylist()
    concern = {row["code"]: row["concept"] for row in codes if row["dimension"] == "concern"}
    assert set(concern.values()) == {f"C{number:02d}" for number in range(1, 33)}
    assert concern["disabled"] == "C27"
    assert concern["school_abandonment_a1b2c3d"] == "C22"


def test_every_dimension_has_unknown_and_total() -> None:
    concepts = load_profile().reference_tables()["ref_concepts"].to_pylist()
    for dimension in {row["dimension"] for row in concepts}:
        assert {"_T", "_U"} <= {row["concept"] for row in concepts if row["dimension"] == dimension}


def test_47_authorities_and_their_places_cover_42_counties() -> None:
    tables = load_profile().reference_tables()
    groups = tables["ref_groups"].to_pylist()
    assert len(groups) == 47
    counties = {row["county"] for row in groups}
    assert len(counties) == 42
    assert {row["county"] for row in tables["ref_locations"].to_pylist()} == counties | {None}
    sectors = [
        row for row in tables["ref_locations"].to_pylist() if row["location_code"] in {f"ROB{i}" for i in range(7)}
    ]
    assert {row["county"] for row in sectors} == {"RO321"}


def test_labels_use_comma_below_and_cyrillic() -> None:
    profile = load_profile()
    for names in [*profile.source_labels.values(), *profile.catalogue.labels.values()]:
        assert not set("şţŞŢ") & set(names["ro"])
        assert any("\u0400" <= letter <= "\u04ff" for letter in names["uk"]) or names["uk"].startswith("DGASPC")


def test_intervals_and_columns() -> None:
    profile = load_profile()
    assert profile.follow_up_intervals["high"].days == 14
    assert profile.follow_up_intervals["low"].months == 2
    assert profile.source("residence") == "location_current"
    assert profile.source("done_date", "follow_ups") == "followup_date"
    with pytest.raises(CaseStoreError, match="shoe_size"):
        profile.source("shoe_size")


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("profile.yml", "launch_date: 2022-07-25", "launch_date: soon", "launch_date"),
        ("profile.yml", "time_zone: Europe/Bucharest", "time_zone: Mars/Base", "time_zone"),
        ("profile.yml", "type: bool, kind: fixed", "type: flag, kind: fixed", "fields.case.columns.is_enabled.type"),
        ("profile.yml", "dimension: sex", "dimension: gender", "sex.dimension"),
        ("profile.yml", "high: {days: 14}", "high: 14", "follow_up_intervals.high"),
        ("codes.csv", "sex,male,M,", "sex,male,X,", "sex/male"),
        ("codes.csv", "sex,female,F,", "sex,male,M,", "sex/male"),
        ("labels.csv", "sex,F,uk,Дівчата\n", "", "'sex/F' has no label in uk"),
        ("labels.csv", "sex,F,uk,Дівчата", "sex,F,de,Mädchen", "de is not a language of the profile"),
        ("labels.csv", "sex,F,uk,", "sex,F,ro,", "'sex/F' is listed twice in ro"),
        ("source_labels.csv", "sex,female,uk,", "sex,woman,uk,", "'sex/female' has no label in uk"),
        ("profile.yml", "country: RO", "country: RU", "'country' must be RO"),
        ("groups.csv", "usergroup-bh,RO111", "usergroup-bh,RO999", "groups.csv: county RO999"),
        ("areas.csv", "RO424,COUNTY,RO42,", "RO424,COUNTY,RO,", "RO424: parent is 'RO', .*REGION"),
        ("areas.csv", "RO424,COUNTY,", "RO424,VILLAGE,", "VILLAGE is not a level"),
        ("area_levels.csv", ",yes,yes", ",,yes", "exactly one level"),
        ("profile.yml", "headline_ages: seed3", "headline_ages: seed4", "headline_ages.*known: single, seed3"),
        ("profile.yml", "languages: [en, ro, uk]", "languages: [en, English]", "languages"),
        ("codes.csv", "sort_order", "order", "codes.csv"),
        ("published_figures.yml", "check: count, ", "", "published_figures.yml"),
    ],
)
def test_a_broken_profile_is_refused_by_name(folder: Path, file: str, old: str, new: str, named: str) -> None:
    _edit(folder / file, old, new)
    with pytest.raises(CaseStoreError, match=named):
        read_profile(folder)


def test_a_missing_profile_is_refused() -> None:
    with pytest.raises(CaseStoreError, match="atlantis"):
        load_profile("atlantis")
