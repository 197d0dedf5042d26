"""Microdata and tabulated counts become the same counts, or are refused with the place and nothing of a record."""

import pytest

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tool_files.microdata import read_release
from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.disclosure.tool_files.spec_tables import POPULATION, table_set
from anonymization.errors import DisclosureError

SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  county: {codes: [A, B, C], levels: {region: {North: [A, B], South: [C]}}}
  age: {numbers: {first: 0, last: 3, written: "y{}"}}
  sex: {codes: [F, M]}
tables:
  - dimensions: [county, sex]
  - dimensions: [age, sex]
"""
RECORDS = "name,sex,county,age\nAna Secret,F,A,0\nIon Secret,M,A,3\nEva Secret,F,C,3\nMia Secret,F,C,3\n"
FINEST = "county,age,sex,count\nA,y0,F,1\nA,3,M,1\nC,y3,F,2\nB,y0,M,0\n"
WITH_MARGINS = FINEST + "Total,Total,Total,4\nNorth,Total,Total,2\nSouth,y3,Total,2\nB,Total,Total,0\n"
LINKED = (
    "county,age,sex,count\nA,Total,F,1\nA,Total,M,1\nC,Total,F,2\nTotal,y0,F,1\nTotal,y3,F,2\nTotal,y3,M,1\n"
    "North,Total,Total,2\nTotal,Total,Total,4\n"
)


def cell_counts(text: str) -> list[int]:
    """The counts of all distinct cells of the tables."""
    spec = read_spec(SPEC, "SPEC.yml")
    tables = table_set(spec, "SPEC.yml")
    model = build_model(tables)
    release = read_release(text, "data.csv", spec, tables)
    return list(model.cells @ model.tabulate(release))


@pytest.mark.parametrize("text", [FINEST, WITH_MARGINS, LINKED], ids=["finest", "with margins", "linked"])
def test_counts_of_every_kind_give_the_cells_of_the_microdata(text: str) -> None:
    assert cell_counts(text) == cell_counts(RECORDS)
    assert sum(cell_counts(text)) > 0


def test_the_order_of_rows_and_other_columns_do_not_matter() -> None:
    spec = read_spec(SPEC, "SPEC.yml")
    header, *rows = RECORDS.splitlines()
    turned = "\r\n".join([header, *reversed(rows)])
    frames = [
        read_release(text, "data.csv", spec, table_set(spec, "SPEC.yml")).counts[POPULATION]
        for text in (RECORDS, turned)
    ]
    assert frames[0].to_csv() == frames[1].to_csv()


def test_linked_tables_keep_all_their_counts_and_gain_no_record() -> None:
    spec = read_spec(SPEC, "SPEC.yml")
    counts = read_release(LINKED, "data.csv", spec, table_set(spec, "SPEC.yml")).counts[POPULATION]
    assert counts["count"].sum() == 4 and (counts["count"] > 0).all()


BAD_RECORDS = {
    "an unknown code": ("Ion Secret,M,A,3", "Ion Secret,X,A,3", "row 3, column sex: X is not one"),
    "a region of a record": ("Ion Secret,M,A,3", "Ion Secret,M,North,3", "row 3, column county: North is not one"),
    "a code Total": ("Ion Secret,M,A,3", "Ion Secret,M,Total,3", "row 3, column county: Total is the mark"),
    "an empty code": ("Ion Secret,M,A,3", "Ion Secret,,A,3", "row 3, column sex: (empty) is not one"),
    "words in place of a code": ("Ion Secret,M,A,3", "M,Ion Secret,A,3", "column sex: (a text that is no code)"),
    "an age outside": ("Ion Secret,M,A,3", "Ion Secret,M,A,4", "row 3, column age: 4 is not one"),
    "a row too short": ("Ion Secret,M,A,3", "Ion Secret,M,A", "row 3: 3 values for 4 columns"),
    "a row too long": ("Ion Secret,M,A,3", "Ion Secret,M,A,3,9", "row 3: 5 values for 4 columns"),
    "a missing column": ("name,sex,", "name,sexe,", "row 1: column sex is missing"),
    "a column twice": ("name,sex,", "sex,sex,", "row 1: column sex is listed twice"),
    "an open quotation mark": ("Ion Secret,M", '"Ion Secret,M', "not readable as CSV"),
    "a null character": ("Ion Secret,M", "Ion Secret,M\0", "row 3"),
    "semicolons": (RECORDS, RECORDS.replace(",", ";"), "separate the columns by commas"),
    "a header only": (RECORDS, "county,age,sex\n", "it counts nobody"),
    "nothing": (RECORDS, "", "the file is empty"),
}
BAD_COUNTS = {
    "a negative count": ("A,3,M,1", "A,3,M,-1", "row 3, column count: the count is negative"),
    "a fractional count": ("A,3,M,1", "A,3,M,1.5", "row 3, column count: the count is not whole"),
    "an exponent": ("A,3,M,1", "A,3,M,1e400", "row 3, column count: the count is not whole"),
    "an enormous count": ("A,3,M,1", f"A,3,M,1{'0' * 30}", "row 3, column count: the count is not whole, or too"),
    "a count that is no number": ("A,3,M,1", "A,3,M,<5", "row 3, column count: the count is no number"),
    "not a number by name": ("A,3,M,1", "A,3,M,nan", "row 3, column count: the count is no number"),
    "an empty count": ("A,3,M,1", "A,3,M,", "row 3, column count: the count is empty"),
    "a combination twice": ("A,3,M,1", "A,y0,F,1", "row 3: this combination stands in an earlier row"),
    "one written two ways": ("B,y0,M,0", "A,0,F,0", "row 5: this combination stands in an earlier row"),
    "a margin too high": ("Total,Total,Total,4", "Total,Total,Total,5", "row 6: the count is not the sum"),
    "a margin too low": ("South,y3,Total,2", "South,y3,Total,1", "row 8: the count is not the sum"),
    "a margin of nothing": ("B,Total,Total,0", "B,Total,Total,1", "row 9: the count is not the sum"),
    "an unknown code of a margin": ("South,y3,", "Süd,y3,", "row 8, column county: Süd is not one"),
    "zeros alone": (WITH_MARGINS, "county,age,sex,count\nA,y0,F,0\n", "it counts nobody"),
}
BAD_LINKED = {
    "a margin within a table": ("Total,Total,Total,4", "Total,Total,Total,5", "Total / Total / Total is not the sum"),
    "a margin of another table": ("Total,y0,F,1", "Total,y0,F,2", "is not the sum of its parts"),
    "a cell of no table": (
        "A,Total,F,1",
        "North,y3,Total,1",
        "row 2: no table of the SPEC has the cell North / Total / y3",
    ),
    "one cell under two names": ("North,Total", "South,Total,F,1\nNorth,Total", "row 8: South / F / Total holds the"),
}


def refused(good: str, wrong: tuple[str, str, str]) -> str:
    assert wrong[0] in good
    with pytest.raises(DisclosureError) as refusal:
        cell_counts(good.replace(wrong[0], wrong[1], 1))
    return str(refusal.value)


@pytest.mark.parametrize("what", BAD_RECORDS)
def test_bad_microdata_are_refused_with_the_place_and_no_name(what: str) -> None:
    message = refused(RECORDS, BAD_RECORDS[what])
    assert message.startswith("data.csv") and BAD_RECORDS[what][2] in message and "Secret" not in message


@pytest.mark.parametrize("what", BAD_COUNTS)
def test_bad_counts_are_refused_with_the_place(what: str) -> None:
    message = refused(WITH_MARGINS, BAD_COUNTS[what])
    assert message.startswith("data.csv") and BAD_COUNTS[what][2] in message


@pytest.mark.parametrize("what", BAD_LINKED)
def test_linked_tables_that_contradict_each_other_are_refused_with_the_place(what: str) -> None:
    assert BAD_LINKED[what][2] in refused(LINKED, BAD_LINKED[what])
