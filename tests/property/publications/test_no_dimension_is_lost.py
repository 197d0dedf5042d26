"""Whatever columns cells have, a file has one row a key or is refused: no dimension is dropped in silence."""

import io
import re
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymization.disclosure.reports.public import PublicTerms, public_report
from anonymization.disclosure.tables.table_set import TOTAL, Dimension
from anonymization.disclosure.tool_files.cells_file import write_cells
from anonymization.errors import DisclosureError
from publications.catalogue import read_catalogue
from publications.cells import refuse_repeated_keys, refuse_unknown_dimensions
from publications.edition import Edition
from publications.errors import PublicationError
from publications.formats.sdmx_csv import csv_bytes, csv_columns
from publications.graph import monthly_registrations_svg
from publications.labels import Labels
from publications.phrases import Phrase
from publications.public_tables import DimensionSpec, TableSpec
from publications.source import Source
from tests.support.catalogue_frames import catalogue_frames
from tests.support.tables_by_id import table

DIMENSIONS = ("area", "age", "sex", "care_status")  # of T4
LABELS = Labels({}, {}, {}, read_catalogue(catalogue_frames()))
EDITION = Edition("2023-Q4", date(2023, 12, 31), date(2024, 1, 15))
SOURCE = Source(code="PRIMERO_RO", name=Phrase({"en": "P", "ro": "P", "uk": "P"}), is_synthetic=True)
T4 = table("T4")
NAMES = st.sampled_from(["stray", "risk of it", "AREA", "REF_AREA", "age2", "value"])  # dimensions of no table
CODES = st.sampled_from(["A", "B", "_U", TOTAL])


@st.composite
def cells_with_more(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    """Cells of T4 that vary by one more dimension, each cell once, or, rarely, one of them twice."""
    name = draw(NAMES)
    keys = draw(st.lists(st.tuples(*[CODES] * (len(DIMENSIONS) + 1)), min_size=1, max_size=12))
    counts = draw(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=len(keys), max_size=len(keys)))
    frame = pd.DataFrame(keys, columns=[*DIMENSIONS, name]).assign(table_id="T4", count=counts)
    return name, frame.astype({"count": "Int64"}).assign(obs_status=frame["count"].isna().map({True: "Q", False: "A"}))


def _with_dimension(name: str) -> TableSpec:
    more = DimensionSpec(column=name, classification="sex")
    return T4.model_copy(update={"dimensions": {**T4.dimensions, name: more}})


@given(cells_with_more())
def test_a_csv_has_one_row_a_key_or_is_refused(made: tuple[str, pd.DataFrame]) -> None:
    name, cells = made
    with pytest.raises(PublicationError, match=re.escape(name)):
        csv_bytes(_with_dimension(name), cells, LABELS, EDITION, SOURCE)
    with pytest.raises(PublicationError, match=re.escape(name)):
        csv_bytes(T4, cells, LABELS, EDITION, SOURCE)
    without = cells.drop(columns=name)
    try:
        written = pd.read_csv(io.BytesIO(csv_bytes(T4, without, LABELS, EDITION, SOURCE)), dtype=str)
    except PublicationError as refusal:
        assert without.duplicated([*DIMENSIONS]).any()
        assert T4.file_name in str(refusal) and ", ".join(csv_columns(T4, LABELS.catalogue)) in str(refusal)
    else:
        assert len(written) == len(cells)
        assert not written.duplicated([*csv_columns(T4, LABELS.catalogue).values()]).any()


@given(cells_with_more())
def test_cells_of_the_tool_keep_every_dimension_and_one_row_a_key(made: tuple[str, pd.DataFrame]) -> None:
    name, cells = made
    cells = cells.drop(columns="obs_status").assign(
        status=cells["count"].isna().map({True: "primary", False: "published"})
    )
    try:
        written = pd.read_csv(io.StringIO(write_cells(cells, public=True)), dtype=str)
    except DisclosureError as refusal:
        assert cells.duplicated([*DIMENSIONS, name]).any()
        assert "T4" in str(refusal) and name in str(refusal)
    else:
        assert [*written.columns] == [*DIMENSIONS, name, "count", "status"]
        assert len(written) == len(cells) == len(written.drop_duplicates([*DIMENSIONS, name]))


@given(cells_with_more())
def test_the_report_counts_each_cell_once_or_is_refused(made: tuple[str, pd.DataFrame]) -> None:
    _, cells = made
    about = PublicTerms(threshold=5, values=4, zeros_published=False, contact="x@example.org")
    if cells.duplicated(["table_id", *made[1].columns[: len(DIMENSIONS) + 1]]).any():
        with pytest.raises(DisclosureError, match="T4"):
            public_report(cells, about, "en")
    else:
        assert public_report(cells, about, "en")


@pytest.mark.parametrize("name", ["lower", "upper", "status", "count", "obs_status", "true_count"])
def test_a_dimension_cannot_have_the_name_of_a_figure(name: str) -> None:
    with pytest.raises(DisclosureError, match=name):
        Dimension(name, {"LEAF": {"a": "a"}})


def test_a_month_twice_is_no_picture() -> None:
    months = pd.DataFrame({"month": ["2023-10", "2023-10"], "count": [1, 2]})
    with pytest.raises(PublicationError, match=r"Graph 1.*month"):
        monthly_registrations_svg(months, "en", SOURCE)


def test_refusals_name_what_is_missing() -> None:
    frame: Any = pd.DataFrame({"area": ["RO"], "count": [1]})
    with pytest.raises(PublicationError, match=r"sheet T1a.*no column age"):
        refuse_repeated_keys(frame, ["area", "age"], "sheet T1a")
    with pytest.raises(
        PublicationError, match=r"the cells have the column stray.*the catalogue has the dimensions area"
    ):
        refuse_unknown_dimensions(["area", "stray"], (), LABELS)
