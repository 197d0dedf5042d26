"""Promise: a country is a folder of profiles; the second is unlike the first in whatever a profile can say."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from case_store.errors import CaseStoreError
from case_store.profile import Profile, load_profile, read_profile
from case_store.synthetic.shape import load_shape
from tests.support.profiles import FIRST, NAMES, SECOND


@pytest.fixture(scope="module")
def first() -> Profile:
    return FIRST


@pytest.fixture(scope="module")
def second() -> Profile:
    return SECOND


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_by_the_name_of_its_folder(name: str) -> None:
    assert load_profile(name).name == name


def test_the_second_country_shares_no_words_places_or_times(first: Profile, second: Profile) -> None:
    assert not {row["area"] for row in second.catalogue.areas} & {row["area"] for row in first.catalogue.areas}
    assert not {row["level"] for row in second.catalogue.area_levels} & {
        r["level"] for r in first.catalogue.area_levels
    }
    assert not any("NUTS" in row["code_list"] for row in second.catalogue.area_levels)
    assert second.time_zone != first.time_zone
    assert second.headline_ages not in first.catalogue.age_systems
    assert len(second.modules) > len(first.modules)
    assert "case.intention" in second.absent_columns
    assert not second.published_figures


def test_one_of_its_two_languages_is_not_written_in_latin_letters(second: Profile) -> None:
    other = second.languages[1]
    published = [texts[other] for (of, _), texts in second.catalogue.labels.items() if of == "concern"]
    assert len(second.languages) == 2
    assert not any(letter.isascii() and letter.isalpha() for label in published for letter in label)


def test_its_codes_of_concerns_are_the_seed_s_in_other_meanings(first: Profile, second: Profile) -> None:
    said = {
        profile.name: {code: texts["en"] for (of, code), texts in profile.source_labels.items() if of == "concern"}
        for profile in (first, second)
    }
    shared = said[first.name].keys() & said[second.name].keys() - {"other"}
    assert len(shared) >= 8
    assert all(said[first.name][code] != said[second.name][code] for code in shared)


def test_a_country_s_whole_is_no_level_of_coordinators(tmp_path: Path, second: Profile) -> None:
    folder = Path(shutil.copytree(str(second.folder), tmp_path / "elsewhere"))
    levels = folder / "area_levels.csv"
    lines = [line.replace(",yes,yes", ",,yes") for line in levels.read_text("utf-8").splitlines()]
    lines[1] = lines[1].replace(",,yes", ",yes,yes")
    levels.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(CaseStoreError, match=r"elsewhere/area_levels\.csv: coordinators must work at a level below"):
        read_profile(folder)


def test_a_deployment_without_published_figures_gives_others_to_its_synthetic_children(second: Profile) -> None:
    shape = load_shape(second)
    assert shape.target("closed", 900) == round(shape.figure("closed") / shape.figure("registered") * 900) > 0
    without = replace(shape, published={})
    with pytest.raises(CaseStoreError, match=r"the figure closed is missing.* under figures in synthetic\.yml"):
        without.target("closed", 900)


def _levels(profile: Profile) -> set[str]:
    return {row["level"] for row in profile.catalogue.area_levels}
