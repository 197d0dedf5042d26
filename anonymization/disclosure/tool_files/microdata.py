"""From microdata, one row a record, or tabulated counts to the counts of every finest combination."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.disclosure.tool_files.csv_rows import CsvText, code_in, open_csv
from anonymization.disclosure.tool_files.linked_counts import join_tables
from anonymization.disclosure.tool_files.row_kinds import count_column
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE, Spec
from anonymization.disclosure.tool_files.spec_tables import POPULATION
from anonymization.disclosure.tool_files.spelling import Codes
from anonymization.disclosure.tool_files.tabulated import CountedRow, check_margins, finest_rows, read_counts
from anonymization.errors import DisclosureError

Key = tuple[str, ...]


def read_release(text: str, file: str, spec: Spec, table_set: TableSet) -> Release:
    """The counts behind the tables, from a CSV: a row a record, or, with a column of counts, a row a combination.

    Other columns are not looked at, and the order of the rows does not matter. Raises DisclosureError with the place: a
    missing column, an unknown code, a total of a record, an odd count, a combination that is listed twice, margins
    that contradict each other.
    """
    names = table_set.dimension_names
    rows = open_csv(text, file, names)
    column = count_column(rows, names, spec)
    counts = as_frame(tally(rows, names, spec), names) if column is None else _counted(rows, column, spec, table_set)
    if counts.empty:
        raise DisclosureError(f"{file}: it counts nobody: there is nothing to protect.")
    return Release(table_set, {POPULATION: counts})


def is_of_margins_only(text: str, file: str, spec: Spec, table_set: TableSet) -> bool:
    """Whether a file is of counts none of which is of a finest combination, so that these are not known."""
    names, of_name = table_set.dimension_names, table_set.dimensions_of(POPULATION)
    rows = open_csv(text, file, names)
    column = count_column(rows, names, spec)
    if column is None:
        return False
    return not finest_rows(read_counts(rows, names, column, spec, of_name), [of_name[name] for name in names])


def tally(rows: CsvText, names: Sequence[str], spec: Spec) -> Counter[Key]:
    """How many records have each combination of codes."""
    codes = [Codes(spec.dimensions[name].code_of) for name in names]
    as_written: Counter[Key] = Counter()
    for number, values in rows.rows(names):
        key = tuple(values)
        if key not in as_written:
            _check_codes(key, names, codes, rows.file, number, spec)
        as_written[key] += 1
    found: Counter[Key] = Counter()
    for key, count in as_written.items():
        found[tuple(str(known.find(code)) for known, code in zip(codes, key, strict=True))] += count
    return found


def as_frame(counted: Counter[Key], names: Sequence[str]) -> pd.DataFrame:
    """A column for each dimension, and `count`, in the order of the codes."""
    keys = sorted(counted)
    counts = pd.Series([counted[key] for key in keys], dtype="int64")
    return pd.DataFrame(keys, columns=list(names)).assign(count=counts)


def _counted(rows: CsvText, column: str, spec: Spec, table_set: TableSet) -> pd.DataFrame:
    names, of_name = table_set.dimension_names, table_set.dimensions_of(POPULATION)
    dimensions = [of_name[name] for name in names]
    counted = read_counts(rows, names, column, spec, of_name)
    finest = finest_rows(counted, dimensions)
    if counted and not finest:
        return join_tables(counted, table_set, rows.file)
    frame = as_frame(Counter({row.key: row.count for row in finest}), names)
    check_margins(_without(counted, finest), frame, dimensions, rows.file)
    return frame[frame["count"] > 0].reset_index(drop=True)


def _without(rows: Sequence[CountedRow], finest: Sequence[CountedRow]) -> list[CountedRow]:
    kept = {row.key for row in finest}
    return [row for row in rows if row.key not in kept]


def _check_codes(key: Key, names: Sequence[str], codes: Sequence[Codes], file: str, row: int, spec: Spec) -> None:
    for code, known, name in zip(key, codes, names, strict=True):
        if code in (TOTAL_CODE, spec.total_of[name]):
            raise DisclosureError(
                f"{file}, row {row}, column {name}: {code} is the mark of a total, not a code of a record."
            )
        code_in(code, known, file, row, name)
