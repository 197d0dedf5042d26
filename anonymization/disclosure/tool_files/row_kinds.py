"""What a row of a file is: one record, or the count of a combination. What could be either is refused."""

from collections import Counter
from collections.abc import Sequence

from anonymization.disclosure.tool_files.csv_rows import CsvText, looks_like_a_number, shown
from anonymization.disclosure.tool_files.spec_file import WEIGHTS, Spec
from anonymization.disclosure.tool_files.spelling import folded
from anonymization.errors import DisclosureError

COUNT = "count"
FEW = 3  # rows; of fewer it says nothing that every combination occurs once
MOSTLY = 0.5
LIKE_A_COUNT = {COUNT, "counts", "freq", "frequency", "n", "n_obs", "obs_value", *WEIGHTS}


def count_column(rows: CsvText, names: Sequence[str], spec: Spec) -> str | None:
    """The column that holds the counts; None when each row is a record. names: the columns of the dimensions.

    Raises DisclosureError, with the lines of the SPEC that would be right, when neither is certain: another column
    holds numbers, or every combination occurs once.
    """
    if spec.count:
        rows.refuse_missing([spec.count])
        return spec.count
    if spec.rows == "records" or spec.record_id:
        return None
    unused = [name for name in rows.columns if name not in {*names, COUNT}]
    if COUNT in rows.columns:
        _refuse_rivals(rows, unused)
        return COUNT
    if spec.rows == "counts":
        known = ", ".join(rows.columns)
        raise DisclosureError(
            f"{rows.file}: which column holds the counts? Its columns: {known}. Add to the SPEC `count: NAME`."
        )
    _refuse_numbers(rows, unused)
    _refuse_all_once(rows, names)
    return None


def _refuse_rivals(rows: CsvText, unused: Sequence[str]) -> None:
    rivals = [name for name in unused if name.lower() in LIKE_A_COUNT and name in _with_numbers(rows, [name])]
    if rivals:
        raise DisclosureError(
            f"{rows.file}: column {shown(rivals[0])} looks like a count or a weight beside {COUNT}. Weights are not "
            f"supported. If the counts are in {COUNT}, add to the SPEC `count: {COUNT}`; else name their column there."
        )


def _refuse_numbers(rows: CsvText, unused: Sequence[str]) -> None:
    numeric = _with_numbers(rows, unused)
    if not numeric:
        return
    named = ", ".join(shown(name) for name in numeric)
    either = " or ".join(f"`count: {name}`" for name in numeric)
    raise DisclosureError(
        f"{rows.file}: no column is called {COUNT}, but the SPEC does not use {named}, which hold"
        f"{'s' if len(numeric) == 1 else ''} numbers. If each row is a combination and they count its records, add to "
        f"the SPEC {either}; if each row is one record, add `rows: records`. Weights are not supported."
    )


def _with_numbers(rows: CsvText, columns: Sequence[str]) -> list[str]:
    """Those columns of which half the values that are not empty, or more, are numbers."""
    filled, numbers = Counter[str](), Counter[str]()
    for _, values in rows.rows(columns):
        for name, value in zip(columns, values, strict=True):
            filled[name] += bool(value)
            numbers[name] += looks_like_a_number(value)
    return [name for name in columns if numbers[name] and numbers[name] >= MOSTLY * filled[name]]


def _refuse_all_once(rows: CsvText, names: Sequence[str]) -> None:
    seen = Counter(tuple(folded(value) for value in values) for _, values in rows.rows(names))
    if len(seen) >= FEW and max(seen.values()) == 1:
        others = ", ".join(shown(name) for name in rows.columns if name not in names)
        where = f"one of the columns {others} holds the counts" if others else "the column of counts is missing"
        combined = ", ".join(names)
        raise DisclosureError(
            f"{rows.file}: each of its {len(seen):,} rows is another combination of {combined}, as in tabulated "
            f"counts. If {where}, add to the SPEC `count: NAME`; if each row is one record, add `rows: records`."
        )
