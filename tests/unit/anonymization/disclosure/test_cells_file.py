"""CELLS and peers' patterns say what is published and hidden, or are refused with the place."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tool_files.adding_up import refuse_contradictions
from anonymization.disclosure.tool_files.cell_keys import cell_keys
from anonymization.disclosure.tool_files.cells_file import PublishedCells, read_cells, write_cells
from anonymization.disclosure.tool_files.pattern_file import read_pattern
from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.disclosure.tool_files.spec_tables import table_set
from anonymization.errors import DisclosureError

SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  county: {codes: [A, B, C], levels: {region: {North: [A, B], South: [C]}}}
  sex: {codes: [F, M]}
  age: {codes: [young, old]}
tables:
  - {dimensions: [county, sex], margins: [{county: [county, region, Total]}, {county: [region], sex: [sex]}]}
  - {dimensions: [age], levels: {age: [age, Total]}}
"""
CELLS = """county,sex,age,count,status
Total,Total,Total,40,published
North,Total,Total,20,published
South,Total,Total,20,published
A,Total,Total,,primary
B,Total,Total,,secondary
C,Total,Total,20,published
North,F,Total,20,published
North,M,Total,0,published
South,F,Total,13,published
South,M,Total,7,published
Total,Total,young,0,published
Total,Total,old,40,published
"""
TABLES = table_set(read_spec(SPEC, "SPEC.yml"), "SPEC.yml")
MODEL = build_model(TABLES)
KEYS = cell_keys(MODEL)


def distinct(**counts: float) -> np.ndarray:
    """Counts by distinct cell from counts by key; `A_Total_Total=3`."""
    found = np.full(MODEL.cells.shape[0], np.nan)
    for key, count in counts.items():
        found[KEYS.cell_of[tuple(key.split("_"))]] = count
    return found


TRUTH = distinct(
    Total_Total_Total=40, North_Total_Total=20, South_Total_Total=20, A_Total_Total=3, B_Total_Total=17,
    C_Total_Total=20, North_F_Total=20, North_M_Total=0, South_F_Total=13, South_M_Total=7, Total_Total_young=0,
    Total_Total_old=40,
)  # fmt: skip
HIDDEN = np.isin(np.arange(len(TRUTH)), [KEYS.cell_of[(code, "Total", "Total")] for code in ("A", "B")])
PRIMARY = HIDDEN & (TRUTH < 5)


def frame(counts: np.ndarray, hidden: np.ndarray, primary: np.ndarray) -> pd.DataFrame:
    """Protected cells, a row for each table and cell, as the door hands them out."""
    cell = MODEL.rows["cell"].to_numpy()
    status = np.where(hidden, np.where(primary, "primary", "secondary"), "published")[cell]
    shown = pd.Series(counts.astype(np.int64)[cell], dtype="Int64").mask(hidden[cell])
    return MODEL.rows[["table_id", *KEYS.names]].assign(count=shown, status=status)


def read(text: str, truth: np.ndarray | None = None) -> PublishedCells:
    cells = read_cells(text, "cells.csv", KEYS, truth)
    refuse_contradictions(TABLES, KEYS, cells.counts, "cells.csv")
    return cells


def test_cells_are_written_as_documented() -> None:
    written = write_cells(frame(TRUTH, HIDDEN, PRIMARY), public=False)
    assert written.splitlines()[0] == CELLS.splitlines()[0]
    assert sorted(written.splitlines()) == sorted(CELLS.splitlines())


def test_cells_are_read_as_they_were_written() -> None:
    for truth in (None, TRUTH.astype(np.int64)):
        cells = read(CELLS, truth)
        assert np.array_equal(cells.hidden, HIDDEN) and np.array_equal(cells.primary, PRIMARY)
        assert np.array_equal(cells.counts[~HIDDEN], TRUTH[~HIDDEN])


def test_the_public_form_has_one_mark() -> None:
    public = write_cells(frame(TRUTH, HIDDEN, PRIMARY), public=True)
    assert "ary" not in public and public.count(",,hidden\n") == 2
    assert read(public).primary is None


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_public_bytes_depend_on_what_is_published_only(data: Any) -> None:
    size = len(TRUTH)
    masks = st.lists(st.booleans(), min_size=size, max_size=size).map(np.array)
    hidden, primary, other = data.draw(masks), data.draw(masks), data.draw(masks)
    changed = np.where(hidden, TRUTH + 1, TRUTH)
    public = write_cells(frame(TRUTH, hidden, primary), public=True)
    assert public == write_cells(frame(changed, hidden, other), public=True)


def test_rows_and_columns_may_stand_in_any_order() -> None:
    header, *rows = CELLS.splitlines()
    turned = [",".join(reversed(line.split(","))) for line in (header, *reversed(rows))]
    assert np.array_equal(read("\n".join(turned)).counts, read(CELLS).counts, equal_nan=True)


BAD = {
    "a missing cell": ("A,Total,Total,,primary\n", "", "1 of 12 cells are missing, the first is A / Total / Total"),
    "a cell twice": ("C,Total,Total,20", "A,Total,Total,20", "row 7: the cell A / Total / Total stands in an earlier"),
    "a cell of no table": ("North,F,", "C,F,", "row 8: no table of the SPEC has the cell C / F / Total"),
    "an unknown code": ("North,F,", "West,F,", "row 8, column county: West is not one of"),
    "an empty code": ("North,F,", "North,,", "row 8, column sex: (empty) is not one of"),
    "a hidden cell with a count": ("A,Total,Total,,", "A,Total,Total,3,", "row 5, column count: the cell is"),
    "a published cell without one": ("North,Total,Total,20", "North,Total,Total,", "row 3, column count: the"),
    "a negative count": ("North,Total,Total,20", "North,Total,Total,-2", "row 3, column count: the count is negative"),
    "a fractional count": ("North,Total,Total,20", "North,Total,Total,2.5", "row 3, column count: the count is not"),
    "an unknown status": (",,primary", ",,Primary", "row 5, column status: it must be one of"),
    "both kinds of marks": (",,primary", ",,hidden", "it marks cells hidden, and others primary or secondary"),
    "one cell shown and hidden": ("C,Total,Total,20,published", "C,Total,Total,,secondary", "row 7: the cell C / "),
    "one cell with two counts": ("C,Total,Total,20", "C,Total,Total,21", "row 7: the cell C / Total / Total holds"),
    "a sum too low": ("Total,Total,Total,40", "Total,Total,Total,41", "Total / Total / Total is not the sum"),
    "parts too high": ("North,M,Total,0", "North,M,Total,1", "North / Total / Total is not the sum of its parts"),
    "a missing column": ("count,status", "count,state", "row 1: column status is missing"),
    "no cells": (CELLS, CELLS[: CELLS.index("\n")], "12 of 12 cells are missing"),
    "nothing": (CELLS, "", "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_cells_are_refused_with_the_place(what: str) -> None:
    good, bad, place = BAD[what]
    assert good in CELLS
    with pytest.raises(DisclosureError) as refusal:
        read(CELLS.replace(good, bad, 1))
    assert str(refusal.value).startswith("cells.csv") and place in str(refusal.value)


def test_a_count_that_is_not_the_true_one_is_refused_with_its_row() -> None:
    other = np.where(np.arange(len(TRUTH)) == KEYS.cell_of[("South", "F", "Total")], 12, TRUTH).astype(np.int64)
    with pytest.raises(DisclosureError, match="row 10: the count of South / F / Total is not what the microdata give"):
        read(CELLS, other)


PATTERN = "county,sex,primary,freq,suppressed\nTotal,Total,x,40,FALSE\n A , Total,x,3.0,TRUE\nB,Total,x,17,1\n"
WHOLE = PATTERN + "C,Total,x,20,false\nNorth,F,x,20,0\nSouth,F,x,13,False\nSouth,M,x,7,FALSE\nNorth,Total,x,20,FALSE\n"


def test_a_pattern_says_what_is_hidden_and_rows_that_are_missing_are_published() -> None:
    whole = (
        WHOLE.replace("\n", ",Total\n").replace("suppressed,Total", "suppressed,age") + "Total,Total,x,40,false,old\n"
    )
    for truth in (TRUTH.astype(np.int64), None):
        cells = read_pattern(whole, "pattern.csv", KEYS, truth)
        assert np.array_equal(cells.hidden, HIDDEN) and np.array_equal(cells.truth, TRUTH)
    without = read_pattern("county,suppressed\nA,TRUE\nB,TRUE\n", "pattern.csv", KEYS, TRUTH.astype(np.int64))
    assert np.array_equal(without.hidden, HIDDEN)


BAD_PATTERNS = {
    "an unknown mark": ("TRUE", "yes", "row 3, column suppressed: it must be TRUE or FALSE"),
    "an unknown code": (" A ,", "X,", "row 3, column county: X is not one of"),
    "a fraction": ("3.0", "3.5", "row 3, column freq: the count is not whole"),
    "a negative": ("3.0", "-3", "row 3, column freq: the count is negative"),
    "another count than the true one": ("3.0", "2", "row 3: freq of A / Total / Total is not what the microdata give"),
    "one cell two ways": ("B,Total,x,17,1", "A,Total,x,3,0", "row 4: the cell A / Total / Total stands above"),
    "no column of marks": ("suppressed", "hidden", "row 1: column suppressed is missing"),
}


@pytest.mark.parametrize("what", BAD_PATTERNS)
def test_bad_patterns_are_refused_with_the_place(what: str) -> None:
    good, bad, place = BAD_PATTERNS[what]
    assert good in PATTERN
    with pytest.raises(DisclosureError) as refusal:
        read_pattern(PATTERN.replace(good, bad, 1), "pattern.csv", KEYS, TRUTH.astype(np.int64))
    assert str(refusal.value).startswith("pattern.csv") and place in str(refusal.value)


def test_a_pattern_without_counts_needs_microdata() -> None:
    with pytest.raises(DisclosureError, match="column freq is missing, and without microdata it is needed"):
        read_pattern("county,suppressed\nA,TRUE\n", "pattern.csv", KEYS, None)
