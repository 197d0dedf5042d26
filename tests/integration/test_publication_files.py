"""A whole release as files: accessible workbooks, CSV that agrees with them, and the same bytes at every writing."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from itertools import product

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from publications.coverage import read_coverage
from publications.dataset import Dataset
from publications.edition import Edition
from publications.file_formats import files_in_every_format
from publications.labels import read_labels
from publications.phrases import Phrase, all_phrases
from publications.public_tables import TOTAL, Margin, TableSpec
from publications.publication_texts import Texts, texts_in
from publications.source import Source
from tests.support.catalogue_frames import LANGUAGES, catalogue_frames
from tests.support.tables_by_id import tables

TABLES = tables("T1", "T4")
DIMENSIONS = ("area", "age", "sex", "care_status")  # of these tables
COUNTIES = {f"RO{region}{number}": f"RO{region}" for region in (11, 12, 21, 22, 31, 32, 41, 42) for number in (1, 2, 3)}
AREAS = {**COUNTIES, "_U": "_U"}
CODES = {"age": ["Y0T5", "Y6T13", "Y14T17", "_U"], "sex": ["M", "F", "_U"], "care_status": ["UNACC", "SEP"]}
COVERAGE = pd.DataFrame(
    [
        ("cases", "extracted", None, 35_000),
        ("cases", "loaded", None, 33_936),
        ("cases", "excluded", "DUPLICATE", 700),
        ("cases", "quarantined", "BROKEN_TYPE", 364),
    ],
    columns=["table_name", "outcome", "reason", "records"],
)
SOURCE = Source(code="PRIMERO_RO", name=Phrase({one: f"Primero {one}" for one in LANGUAGES}), is_synthetic=True)
AS_OF, KNOWN_AT = date(2023, 12, 31), date(2024, 2, 15)
LABELLED = ["label_en", "label_ro", "label_uk", "sort_order"]


def label_frames() -> dict[str, pd.DataFrame]:
    levels = {"RO": "COUNTRY", **dict.fromkeys(COUNTIES.values(), "REGION"), **dict.fromkeys(COUNTIES, "COUNTY")}
    areas = [
        (code, level, f"{code} en", f"{code} ro", f"{code} uk", 1)
        for code, level in {**levels, "_U": "UNKNOWN"}.items()
    ]
    concepts = [
        (dimension, code, f"{code} en", f"{code} ro", f"{code} uk", order)
        for dimension in ("sex", "care_status")
        for order, code in enumerate(CODES[dimension])
    ]
    bands = [
        ("seed3", code, f"{code} en", f"{code} ro", f"{code} uk", order) for order, code in enumerate(CODES["age"])
    ]
    return {
        "dim_area": pd.DataFrame(areas, columns=["area", "area_level", *LABELLED]),
        "dim_age_band": pd.DataFrame(bands, columns=["age_system", "age_band", *LABELLED]),
        "dim_concept": pd.DataFrame(concepts, columns=["dimension", "code", *LABELLED]),
        **catalogue_frames(),
    }


def code_at(dimension: str, level: str, leaf: str) -> str:
    at_area = {"COUNTRY": "RO", "REGION": AREAS.get(leaf), "COUNTY": leaf, "TOTAL": TOTAL}
    return str(at_area[level]) if dimension == "area" else (TOTAL if level == "TOTAL" else leaf)


def protected_cells() -> pd.DataFrame:
    """Both tables over random children; some hidden, with a mark of the inside that must not come out."""
    rng = np.random.default_rng(2023)
    frames = []
    for table in TABLES:
        leaves = list(
            product(AREAS, *(CODES[name] if name in table.dimensions else [TOTAL] for name in DIMENSIONS[1:]))
        )
        base = pd.DataFrame(leaves, columns=list(DIMENSIONS)).assign(count=rng.poisson(3, len(leaves)))
        for margin in table.margins:
            for levels in product(
                *(margin.get(name, ["COUNTRY" if name == "area" else "TOTAL"]) for name in DIMENSIONS)
            ):
                at = base.assign(
                    **{
                        name: [code_at(name, level, leaf) for leaf in base[name]]
                        for name, level in zip(DIMENSIONS, levels, strict=True)
                    }
                )
                frames.append(at.groupby(list(DIMENSIONS), as_index=False)["count"].sum().assign(table_id=table.id))
    cells = pd.concat(frames).drop_duplicates().astype({"count": "Int64"})
    # areas of either level, so that every sheet hides something
    small = cells["count"].between(1, 4) | cells["area"].isin(["RO111", "RO11"]) | cells["age"].eq("Y0T5")
    cells["status"] = small.map({True: "primary", False: "published"})
    cells["obs_status"] = small.map({True: "Q", False: "A"})
    cells.loc[small, "count"] = pd.NA
    return cells.sample(frac=1, random_state=1)


def dataset() -> Dataset:
    return Dataset(
        tables=TABLES,
        cells=protected_cells(),
        labels=read_labels(label_frames()),
        coverage=read_coverage(COVERAGE),
        edition=Edition("2023-Q4", AS_OF, KNOWN_AT),
        source=SOURCE,
        languages=LANGUAGES,
        phrases=all_phrases(),
    )


def content() -> dict[str, bytes]:
    return files_in_every_format(dataset())


@pytest.fixture(scope="module")
def release() -> dict[str, bytes]:
    return content()


@pytest.fixture(scope="module", params=LANGUAGES)
def workbook(request: pytest.FixtureRequest, release: dict[str, bytes]) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(release[f"caselight_2023-Q4_{request.param}.xlsx"]))


def sheets(workbook: Workbook) -> list[Worksheet]:
    return [workbook[name] for name in workbook.sheetnames]


def table_rows(sheet: Worksheet) -> list[tuple[object, ...]]:
    """The rows of the sheet's one marked-up table, its heading apart."""
    (table,) = sheet.tables.values()
    return [tuple(cell.value for cell in row) for row in sheet[table.ref]][1:]


def test_these_files_and_no_others(release: dict[str, bytes]) -> None:
    assert sorted(release) == [
        "T1_registrations.csv",
        "T4_unaccompanied_separated.csv",
        "caselight_2023-Q4_en.xlsx",
        "caselight_2023-Q4_ro.xlsx",
        "caselight_2023-Q4_uk.xlsx",
        "metadata.json",
    ]


def test_written_twice_the_bytes_are_the_same(release: dict[str, bytes]) -> None:
    assert content() == release


def test_archive_members_carry_the_reference_day(release: dict[str, bytes]) -> None:
    for name in [name for name in release if name.endswith(".xlsx")]:
        with zipfile.ZipFile(io.BytesIO(release[name])) as archive:
            assert {member.date_time for member in archive.infolist()} == {(2023, 12, 31, 0, 0, 0)}


def opened(release: dict[str, bytes]) -> Iterator[bytes]:
    """Every byte of the release, archives opened."""
    for content_ in release.values():
        yield content_
        if zipfile.is_zipfile(io.BytesIO(content_)):
            with zipfile.ZipFile(io.BytesIO(content_)) as archive:
                yield from (archive.read(name) for name in archive.namelist())


def test_nothing_tells_why_a_cell_is_hidden(release: dict[str, bytes]) -> None:
    everything = b"\n".join(opened(release)).lower()
    assert b"obs_status" in everything
    for word in (b"primary", b"secondary", b"complementary", b"threshold"):
        assert word not in everything


def test_everything_says_that_it_is_synthetic(release: dict[str, bytes], workbook: Workbook) -> None:
    banner = json.loads(release["metadata.json"])["banner"]
    language = workbook.properties.language
    first = sheets(workbook)[0]
    assert first["A2"].value == banner[language]
    assert workbook.properties.description == banner[language]
    word = {"en": "synthetic", "ro": "sintetice", "uk": "синтетичн"}[language]
    for sheet in sheets(workbook):
        assert word in str(sheet["A2"].value).lower()


@pytest.mark.parametrize("name", ["T1_registrations.csv", "T4_unaccompanied_separated.csv"])
def test_a_csv_file_on_its_own_says_so_too(release: dict[str, bytes], name: str) -> None:
    assert set(read_csv(release, name)["DATA_SOURCE"]) == {"SYNTHETIC"}


def test_a_title_stands_in_a1_and_is_the_largest(workbook: Workbook) -> None:
    for sheet in sheets(workbook):
        assert isinstance(sheet["A1"].value, str)
        assert sheet["A1"].font.size == 16
        assert min(cell.font.size for row in sheet.iter_rows() for cell in row) >= 11


def test_nothing_is_merged_hidden_frozen_or_empty(workbook: Workbook) -> None:
    for sheet in sheets(workbook):
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes is None
        assert sheet.sheet_state == "visible"
        assert all(row[0].value not in (None, "") for row in sheet.iter_rows(max_col=1))
        assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())


def test_every_sheet_but_the_cover_has_one_marked_up_table(workbook: Workbook) -> None:
    cover, *others = sheets(workbook)
    assert not cover.tables
    for sheet in others:
        (table,) = sheet.tables.values()
        assert table.autoFilter is None
        cells = [cell for row in sheet[table.ref] for cell in row]
        assert all(cell.value is not None for cell in cells)
        assert all(cell.font.bold and cell.alignment.wrap_text for cell in sheet[table.ref][0])
        assert table.ref.startswith("A")
        assert table.ref.endswith(str(sheet.max_row))


def test_the_contents_lead_to_every_other_sheet(workbook: Workbook) -> None:
    contents = sheets(workbook)[1]
    links = [cell.hyperlink.location for row in contents.iter_rows(max_col=1) for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in workbook.sheetnames[2:]]


def test_the_workbook_names_itself(workbook: Workbook) -> None:
    assert workbook.properties.title == sheets(workbook)[0]["A1"].value
    assert workbook.properties.language in LANGUAGES
    assert str(workbook.properties.created) == str(workbook.properties.modified) == "2023-12-31 00:00:00"


def margin_sheets(workbook: Workbook) -> list[Worksheet]:
    return sheets(workbook)[5:]


def test_hidden_figures_are_marked_and_nothing_else_is(workbook: Workbook) -> None:
    for sheet in margin_sheets(workbook):
        figures = [value for row in table_rows(sheet) for value in row]
        explained = any("[c]" in str(cell.value) for (cell,) in sheet.iter_rows(max_col=1, max_row=6))
        assert explained == ("[c]" in figures)


def test_as_many_cells_are_hidden_as_were_protected(workbook: Workbook, release: dict[str, bytes]) -> None:
    shown_on = [[value for row in table_rows(sheet) for value in row] for sheet in margin_sheets(workbook)]
    cells, names = protected_cells(), list(DIMENSIONS)
    levels = cells["area"].map({"RO": "RO", **dict.fromkeys(COUNTIES.values(), "region"), "_U": "_U"}).fillna("county")
    t1, t4, hidden = cells["table_id"].eq("T1"), cells["table_id"].eq("T4"), cells["count"].isna()
    whole = cells[names[1:]].eq(TOTAL).all(axis=1)
    by_status = cells[["age", "sex"]].eq(TOTAL).all(axis=1)
    expected = [
        t1 & levels.ne("county"),
        t1 & whole & levels.ne("region"),
        t4 & whole & levels.ne("region"),
        t4 & by_status & levels.ne("county"),
        t4 & levels.eq("RO"),
    ]
    assert [figures.count("[c]") for figures in shown_on] == [int((hidden & margin).sum()) for margin in expected]
    metadata = json.loads(release["metadata.json"])
    assert sum(table["cells_hidden"] for table in metadata["tables"]) == int(hidden.sum()) > 0


def read_csv(release: dict[str, bytes], name: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(release[name]), dtype={"OBS_VALUE": "Int64"}, keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("name", ["T1_registrations.csv", "T4_unaccompanied_separated.csv"])
def test_csv_has_one_row_a_cell(release: dict[str, bytes], name: str) -> None:
    rows = read_csv(release, name)
    assert len(rows) == int(protected_cells()["table_id"].eq(name[:2]).sum())
    assert not rows.duplicated(["REF_AREA", "SEX", "AGE", "CARE_STATUS"]).any()
    assert rows["OBS_VALUE"].isna().equals(rows["OBS_STATUS"].eq("Q"))


def test_shown_parts_add_up_to_shown_totals(release: dict[str, bytes]) -> None:
    rows = read_csv(release, "T1_registrations.csv")
    rows = rows[rows["REF_AREA"].isin(["RO", "_U", *COUNTIES.values()])]
    checked = 0
    for _, area in rows.groupby(["REF_AREA", "AGE"]):
        parts = area[area["SEX"].ne(TOTAL)]["OBS_VALUE"]
        if parts.notna().all():
            checked += 1
            assert parts.sum() == area[area["SEX"].eq(TOTAL)]["OBS_VALUE"].item()
    assert checked > 20


def codes_by_name(texts: Texts, dimension: str) -> dict[str, str]:
    """What a heading of a dimension says in one language -> its code."""
    classification = TABLES[-1].dimensions[dimension].classification
    frames = [
        (label_frames()[name], list(label_frames()[name].columns)[:2]) for name in ("dim_age_band", "dim_concept")
    ]
    named = {
        row[f"label_{texts.language}"]: row[code]
        for frame, (system, code) in frames
        for row in frame[frame[system] == classification].to_dict("records")
    }
    return {texts("label_total"): TOTAL, texts("label_unknown"): "_U", **named}


def headings(margin: Margin) -> int:
    """How many columns name a row: an area has a code and a name."""
    return len(margin.rows) + ("area" in margin.rows)


def figures_of(sheet: Worksheet, table: TableSpec, margin: Margin, texts: Texts) -> dict[tuple[str, ...], object]:
    """What a sheet shows: the code of every dimension -> the figure."""
    (marked_up,) = sheet.tables.values()
    names = [cell.value for cell in sheet[marked_up.ref][0]][headings(margin) :]
    across = [codes_by_name(texts, margin.columns)[str(name)] for name in names] if margin.columns else [""]
    found: dict[tuple[str, ...], object] = {}
    for row in table_rows(sheet):
        at = {"area": "RO"} | dict.fromkeys((name for name in DIMENSIONS if name != "area"), TOTAL)
        cells = list(row)
        for name in margin.rows:
            at[name] = str(cells.pop(0)) if name == "area" else codes_by_name(texts, name)[str(cells.pop(0))]
            if name == "area":
                assert cells.pop(0) == f"{at[name]} {texts.language}"
        for code, figure in zip(across, cells, strict=True):
            found[tuple((at | ({margin.columns: code} if margin.columns else {}))[name] for name in DIMENSIONS)] = (
                figure
            )
    return found


def test_every_sheet_shows_the_figures_of_the_csv_each_in_its_place(
    workbook: Workbook, release: dict[str, bytes]
) -> None:
    texts = texts_in(str(workbook.properties.language), source=SOURCE)
    margins = [(table, margin) for table in TABLES for margin in table.cells]
    for sheet, (table, margin) in zip(margin_sheets(workbook), margins, strict=True):
        rows = read_csv(release, table.file_name).set_index(["REF_AREA", "AGE", "SEX", "CARE_STATUS"])["OBS_VALUE"]
        figures = figures_of(sheet, table, margin, texts)
        assert figures == {place: "[c]" if pd.isna(rows[place]) else int(rows[place]) for place in figures}
        assert "[c]" in figures.values()
        assert len(figures) == sum(len(row) for row in table_rows(sheet)) - len(table_rows(sheet)) * headings(margin)


def test_the_two_times_of_a_release_are_told_apart(workbook: Workbook, release: dict[str, bytes]) -> None:
    texts = texts_in(str(workbook.properties.language), source=SOURCE)
    end, known = texts.day(AS_OF), texts.day(KNOWN_AT)
    assert end != known
    cover = [str(cell.value) for (cell,) in sheets(workbook)[0].iter_rows(max_col=1)]
    assert texts("known_at", known_at=known) in cover and not any(end in line for line in cover)
    named = {str(concept): str(text) for concept, text in table_rows(sheets(workbook)[4])}
    assert [concept for concept, text in named.items() if known in text] == [texts("metadata_reference_period")]
    metadata = json.loads(release["metadata.json"])
    assert (metadata["as_of"], metadata["known_at"]) == ("2023-12-31", "2024-02-15")


def test_coverage_and_metadata_are_printed(workbook: Workbook) -> None:
    coverage, metadata = sheets(workbook)[3:5]
    assert [row[-1] for row in table_rows(coverage)] == [35_000, 33_936, 700, 364]
    texts = " ".join(str(value) for row in table_rows(metadata) for value in row)
    for said in ("33936", "35000", "2023-Q4", "CC BY 4.0", "T1: ", "T4: "):
        assert said in texts
