"""The public tables are what the release says they are; a name nobody knows is refused with the list of known ones."""

from pathlib import Path

import pandas as pd
import pytest

from publications.catalogue import in_names_of, read_catalogue, refuse_unknown_names
from publications.errors import PublicationError
from publications.public_tables import TABLES_FOLDER, load_tables
from tests.support.catalogue_frames import LANGUAGES, catalogue_frames
from tests.support.tables_by_id import tables

T1_FILE = TABLES_FOLDER / "T1_registrations.yml"
# the words of a sheet that the texts do not know stand in the YAML
INLINE = """    sheet_name: {en: T1x Counties, ro: Județe, uk: Повіти}
    title: {en: By county, ro: Pe județe, uk: Повіти}
"""


def test_the_tables_publish_these_margins_and_no_others() -> None:
    t1, t4 = tables("T1", "T4")
    assert (t1.id, t1.mart, t1.period) == ("T1", "registrations", "flow")
    assert t1.margins == [
        {"area": ["COUNTRY", "REGION"], "age": ["TOTAL", "SEED3"], "sex": ["TOTAL", "SEX"]},
        {"area": ["COUNTRY", "COUNTY"]},
    ]
    assert (t4.id, t4.mart, t4.period) == ("T4", "unaccompanied_separated", "stock")
    assert t4.margins == [
        {"area": ["COUNTRY", "COUNTY"]},
        {"area": ["COUNTRY", "REGION"], "care_status": ["TOTAL", "CARE_STATUS"]},
        {
            "area": ["COUNTRY"],
            "care_status": ["TOTAL", "CARE_STATUS"],
            "age": ["TOTAL", "SEED3"],
            "sex": ["TOTAL", "SEX"],
        },
    ]


def test_files_are_named_after_their_tables() -> None:
    assert [one.file_name for one in tables("T1", "T4")] == ["T1_registrations.csv", "T4_unaccompanied_separated.csv"]
    assert sorted(path.with_suffix(".csv").name for path in TABLES_FOLDER.glob("*.yml")) == [
        table.file_name for table in load_tables()
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_names_are_unique_in_every_language(language: str) -> None:
    names = [margin.sheet_name[language] for table in load_tables() for margin in table.cells]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("original", "broken", "said"),
    [
        ("period: flow", "period: weekly", ["period", "'weekly'", "flow, stock"]),
        (
            "    columns: sex",
            "    columns: colour",
            ["rows and columns must show dimensions of levels", "area, age, sex"],
        ),
        ("mart: registrations", "marts: registrations", ["marts is not known here"]),
        ("  sex: {column: sex, classification: sex}\n", "", ["T1a uses 'sex'", "area, age"]),
        ("id: T1", "id: T9", ["id: T9 has no title", "T9.title"]),
        ("sheet: T1a", "sheet: T1z", ["cells.0.sheet: T1z has no sheet_name", "T1z.sheet_name"]),
        (INLINE, INLINE.replace("ro: Județe, ", ""), ["cells.1.sheet_name.ro is missing"]),
        (INLINE, INLINE.replace("Counties", "Counties and the capital city"), ["at most 31 letters"]),
    ],
)
def test_a_mistake_is_refused_by_file_key_and_known_names(
    tmp_path: Path, original: str, broken: str, said: list[str]
) -> None:
    text = T1_FILE.read_text(encoding="utf-8").replace("  - sheet: T1b\n", f"  - sheet: T1x\n{INLINE}")
    assert original in text
    (tmp_path / "T1_registrations.yml").write_text(text.replace(original, broken), encoding="utf-8")
    with pytest.raises(PublicationError) as refused:
        load_tables(tmp_path)
    for words in ["T1_registrations.yml", *said]:
        assert words in str(refused.value)


@pytest.mark.parametrize(
    ("original", "broken", "said"),
    [
        ("classification: headline", "classification: seed4", ["dimensions.age.classification", "seed4", "seed3"]),
        ("[WHOLE, FINEST]", "[WHOLE, VILLAGE]", ["T1x.area", "'VILLAGE'", "COUNTRY, REGION, COUNTY"]),
        ("    rows: [area, age]", "    rows: [area]", ["rows and columns must show each of area, age, sex once"]),
        (
            "  sex: {column: sex,",
            "  shoe: {column: sex, classification: sex}\n  sex: {column: sex,",
            ["dimensions.shoe"],
        ),
    ],
)
def test_a_name_that_the_catalogue_does_not_have_is_refused_with_the_known_ones(
    tmp_path: Path, original: str, broken: str, said: list[str]
) -> None:
    text = T1_FILE.read_text(encoding="utf-8").replace("  - sheet: T1b\n", f"  - sheet: T1x\n{INLINE}")
    assert original in text
    (tmp_path / "T1_registrations.yml").write_text(text.replace(original, broken), encoding="utf-8")
    with pytest.raises(PublicationError) as refused:
        refuse_unknown_names(load_tables(tmp_path), read_catalogue(catalogue_frames()))
    for words in ["T1_registrations.yml", *said]:
        assert words in str(refused.value)


def test_two_tables_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(T1_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(PublicationError, match="table id T1 is used twice"):
        load_tables(tmp_path)


NEW_TABLE = """
id: T77
title: {en: Boys and girls, ro: Fete, uk: Діти}
population: {en: All, ro: Toate, uk: Діти}
indicator: CHILDREN
unit_measure: PS
mart: registrations
measure: children
period: flow
dimensions:
  sex: {column: sex, classification: sex}
cells:
  - sheet: T77a
    sheet_name: {en: T77a Sex, ro: T77a Sex, uk: T77a Стать}
    title: {en: By sex, ro: Pe sexe, uk: Діти}
    levels: {sex: [TOTAL, SEX]}
    rows: [sex]
notes:
  - {en: A note., ro: Observații., uk: Діти.}
"""


def test_a_table_may_be_one_file_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "T77_sexes.yml").write_text(NEW_TABLE, "utf-8")
    (table,) = load_tables(tmp_path)
    assert (table.title["ro"], table.cells[0].sheet_name["en"], table.notes[0]["en"]) == ("Fete", "T77a Sex", "A note.")


def test_a_table_says_which_levels_it_means_and_the_deployment_which_those_are() -> None:
    frames = catalogue_frames()
    levels = frames["dim_level"]
    (t1,) = [table for table in load_tables() if table.id == "T1"]

    def shown(levels: pd.DataFrame) -> list[list[str]]:
        table = in_names_of(read_catalogue({**frames, "dim_level": levels}), t1)
        assert table.dimensions["age"].classification == "seed3"
        return [margin.levels["area"] for margin in table.cells]

    assert shown(levels) == [["COUNTRY", "REGION"], ["COUNTRY", "COUNTY"]]
    two = levels[levels["level"] != "REGION"]
    assert shown(two) == [["COUNTRY", "COUNTY"], ["COUNTRY", "COUNTY"]]
    closed = levels.assign(is_published=levels["is_published"] & (levels["level"] != "COUNTY"))
    assert shown(closed) == [["COUNTRY", "REGION"], ["COUNTRY", "REGION"]]
