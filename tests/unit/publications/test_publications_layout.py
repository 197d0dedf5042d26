"""Protected cells come out as people and machines read them: golden sheets, one mark for hidden, nothing unasked."""

from datetime import date

import pandas as pd
import pytest

from publications.cells import check_cells
from publications.coverage import read_coverage
from publications.edition import Edition
from publications.errors import PublicationError
from publications.formats.sdmx_csv import csv_bytes, csv_columns
from publications.labels import Labels, read_labels
from publications.layout import table_sheets
from publications.phrases import Phrase
from publications.public_tables import TableSpec
from publications.publication_texts import texts_in
from publications.sheets import Link
from publications.source import Source
from tests.support.catalogue_frames import catalogue_frames
from tests.support.tables_by_id import table

SOURCE = Source(code="PRIMERO_RO", name=Phrase({"en": "Primero", "ro": "Primero", "uk": "Primero"}), is_synthetic=True)
EDITION = Edition("2023-Q4", as_of=date(2023, 12, 31), known_at=date(2023, 12, 31))
LABELLED = ["label_en", "label_ro", "label_uk", "sort_order"]


def label_frames() -> dict[str, pd.DataFrame]:
    areas = [
        ("RO", "COUNTRY", "Romania", "România", "Румунія", 1),
        ("RO42", "REGION", "Vest", "Vest", "Захід", 3),
        ("RO32", "REGION", "București - Ilfov", "București - Ilfov", "Бухарест – Ілфов", 2),
        ("_U", "UNKNOWN", "Unknown", "Necunoscut", "Невідомо", 9),
        ("RO424", "COUNTY", "Timiș", "Timiș", "Тіміш", 4),
    ]
    bands = [("seed3", "Y0T5", "0–5 years", "0–5 ani", "0–5 років", 1)]
    concepts = [
        ("sex", "M", "Boys", "Băieți", "Хлопці", 1),
        ("sex", "F", "Girls", "Fete", "Дівчата", 2),
        ("care_status", "UNACC", "Unaccompanied", "Neînsoțit", "Без супроводу", 1),
        ("care_status", "SEP", "Separated", "Separat", "Розлучений із сім’єю", 2),
    ]
    return {
        "dim_area": pd.DataFrame(areas, columns=["area", "area_level", *LABELLED]),
        "dim_age_band": pd.DataFrame(bands, columns=["age_system", "age_band", *LABELLED]),
        "dim_concept": pd.DataFrame(concepts, columns=["dimension", "code", *LABELLED]),
        **catalogue_frames(),
    }


def labels() -> Labels:
    return read_labels(label_frames())


def t4() -> TableSpec:
    """T4 with its regions by care status only."""
    return table("T4", cells=[margin for margin in table("T4").cells if margin.sheet == "T4b"])


def cells(**changes: int | None) -> pd.DataFrame:
    """Regions by care status, shuffled; `changes` replace the count of an area and status such as RO42_SEP."""
    counts: dict[str, int | None] = {
        "_U__T": 0, "_U_SEP": 0, "_U_UNACC": 0,
        "RO42__T": 20, "RO42_SEP": None, "RO42_UNACC": None,
        "RO__T": 50, "RO_SEP": 30, "RO_UNACC": 20,
        "RO32__T": 30, "RO32_SEP": None, "RO32_UNACC": None,
    }  # fmt: skip
    rows = []
    for key, count in (counts | changes).items():
        area, status = next(
            (key.removesuffix(f"_{code}"), code) for code in ("_T", "SEP", "UNACC") if key.endswith(code)
        )
        rows.append(("T4", area, "_T", "_T", status, count, "Q" if count is None else "A", "secondary"))
    columns = ["table_id", "area", "age", "sex", "care_status", "count", "obs_status", "status"]
    return pd.DataFrame(rows, columns=columns).astype({"count": "Int64"})


def test_a_sheet_in_english() -> None:
    (sheet,) = table_sheets(
        (t4(),), check_cells(cells(), (t4(),), labels()), labels(), EDITION, texts_in("en", source=SOURCE)
    )
    assert sheet.name == "T4b Regions care status"
    assert sheet.title == (
        "T4b: Unaccompanied and separated children, by region and care status, Romania, on 31 December 2023"
    )
    assert sheet.lines == (
        "Synthetic data, not official statistics.",
        "This worksheet contains one table.",
        "Cells in this table: 12. Of these, not shown: 4.",
        "[c] stands for a confidential figure that is not shown.",
        Link("Back to the contents", "Contents"),
    )
    assert sheet.header == ("Area code", "Area", "Total", "Unaccompanied", "Separated")
    assert sheet.rows == (
        ("RO", "Romania", 50, 20, 30),
        ("RO32", "București - Ilfov", 30, "[c]", "[c]"),
        ("RO42", "Vest", 20, "[c]", "[c]"),
        ("_U", "Unknown", 0, 0, 0),
    )
    assert sheet.number_columns == 3


@pytest.mark.parametrize(
    ("language", "header", "title"),
    [
        ("ro", ("Codul zonei", "Zona", "Total", "Neînsoțit", "Separat"), "România, la 31 decembrie 2023"),
        (
            "uk",
            ("Код території", "Територія", "Усього", "Без супроводу", "Розлучений із сім’єю"),
            "Румунія, станом на 31 грудня 2023 року",
        ),
    ],
)
def test_a_sheet_in_the_other_languages(language: str, header: tuple[str, ...], title: str) -> None:
    checked = check_cells(cells(), (t4(),), labels())
    (sheet,) = table_sheets((t4(),), checked, labels(), EDITION, texts_in(language, source=SOURCE))
    assert sheet.header == header
    assert sheet.title.endswith(title)


def test_csv_says_one_thing_only_about_a_hidden_cell() -> None:
    lines = csv_bytes(t4(), check_cells(cells(), (t4(),), labels()), labels(), EDITION, SOURCE).decode().splitlines()
    assert lines[:5] == [
        "FREQ,REF_AREA,SEX,AGE,CARE_STATUS,TIME_PERIOD,INDICATOR,OBS_VALUE,OBS_STATUS,UNIT_MEASURE,DATA_SOURCE"
        ",RENDERING",
        "Q,RO,_T,_T,_T,2023-Q4,UASC_OPEN,50,A,PS,SYNTHETIC,v1",
        "Q,RO,_T,_T,UNACC,2023-Q4,UASC_OPEN,20,A,PS,SYNTHETIC,v1",
        "Q,RO,_T,_T,SEP,2023-Q4,UASC_OPEN,30,A,PS,SYNTHETIC,v1",
        "Q,RO32,_T,_T,_T,2023-Q4,UASC_OPEN,30,A,PS,SYNTHETIC,v1",
    ]
    assert lines[5] == "Q,RO32,_T,_T,UNACC,2023-Q4,UASC_OPEN,,Q,PS,SYNTHETIC,v1"
    assert len(lines) == 13


def test_a_totalled_area_is_the_country() -> None:
    given = cells()
    given["area"] = given["area"].replace("RO", "_T")
    pd.testing.assert_frame_equal(check_cells(given, (t4(),), labels()), check_cells(cells(), (t4(),), labels()))


def test_a_gap_in_a_printed_table_is_refused() -> None:
    checked = check_cells(cells().iloc[1:], (t4(),), labels())
    with pytest.raises(PublicationError, match="T4b lacks 1 of its cells"):
        table_sheets((t4(),), checked, labels(), EDITION, texts_in("en", source=SOURCE))


def with_mark(mark: str) -> pd.DataFrame:
    return cells().assign(obs_status=mark)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (with_mark("A"), "4 protected cells have a status that does not fit"),
        (with_mark("Q"), "8 protected cells have a status that does not fit"),
        (cells().assign(table_id="T9"), "No protected cells were given for T4"),
        (pd.concat([cells(), cells(RO__T=51).iloc[[6]]]), "table T4: 1 rows repeat a key of area, age, sex"),
        (pd.concat([cells(), cells().iloc[[6]].assign(sex="M")]), "1 protected cells belong to no margin"),
        (pd.concat([cells(), cells().iloc[[6]].assign(area="RO424")]), "1 protected cells belong to no margin"),
    ],
)
def test_cells_that_contradict_the_table_or_themselves_are_refused(given: pd.DataFrame, said: str) -> None:
    with pytest.raises(PublicationError, match=said):
        check_cells(given, (t4(),), labels())


def test_a_code_without_a_name_is_refused() -> None:
    frames = label_frames()
    frames["dim_concept"] = frames["dim_concept"].query("code != 'SEP'")
    unnamed = read_labels(frames)
    with pytest.raises(PublicationError, match="Code SEP of care_status has no name"):
        table_sheets((t4(),), check_cells(cells(), (t4(),), unnamed), unnamed, EDITION, texts_in("en", source=SOURCE))


def coverage(loaded: int) -> pd.DataFrame:
    rows = [
        ("cases", "extracted", "", 100),
        ("cases", "loaded", "", loaded),
        ("cases", "excluded", "DUPLICATE", 7),
        ("cases", "excluded", "DISABLED", 0),
        ("cases", "quarantined", "FUTURE_DATE", 3),
        ("referrals", "extracted", "", 5),
    ]
    return pd.DataFrame(rows, columns=["table_name", "outcome", "reason", "records"])


def test_coverage_is_that_of_case_records() -> None:
    read = read_coverage(coverage(90))
    assert (read.extracted, read.loaded) == (100, 90)
    assert read.left_out == (("excluded", "DUPLICATE", 7), ("quarantined", "FUTURE_DATE", 3))


def test_coverage_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(PublicationError, match="100 case records read, 91 used, 10 left out"):
        read_coverage(coverage(91))


@pytest.mark.parametrize(
    ("quarter", "as_of", "known_at", "said"),
    [
        ("2023Q4", date(2023, 12, 31), date(2023, 12, 31), "not a quarter"),
        ("2023-Q4", date(2023, 12, 30), date(2023, 12, 31), "ends on 2023-12-31"),
        ("2023-Q4", date(2023, 12, 31), date(2023, 12, 30), "later known_at"),
    ],
)
def test_times_that_do_not_belong_together_are_refused(quarter: str, as_of: date, known_at: date, said: str) -> None:
    with pytest.raises(PublicationError, match=said):
        Edition(quarter, as_of, known_at)


def test_a_quarter_knows_its_days() -> None:
    leap = Edition("2024-Q1", date(2024, 3, 31), date(2024, 3, 31))
    assert (leap.first_day, leap.last_day) == (date(2024, 1, 1), date(2024, 3, 31))


def test_a_dimension_that_no_table_has_may_be_absent_and_one_that_a_table_has_may_not() -> None:
    without = cells().drop(columns="sex")
    table_without_sex = t4().model_copy(update={"dimensions": {n: d for n, d in t4().dimensions.items() if n != "sex"}})
    checked = check_cells(without, (table_without_sex,), labels())
    assert set(checked["sex"]) == {"_T"} and len(checked) == len(cells())
    with pytest.raises(PublicationError, match="no column sex"):
        check_cells(without, (t4(),), labels())


def test_a_file_has_the_common_columns_and_those_of_its_own_table() -> None:
    assert [*csv_columns(table("T1"), labels().catalogue).values()] == ["REF_AREA", "SEX", "AGE", "CARE_STATUS"]
