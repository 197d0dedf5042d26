"""Record keys for the cell-key method, from the column of the microdata that names each record."""

import pandas as pd

from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.disclosure.perturbation.record_keys import record_keys, sums_of_keys
from anonymization.disclosure.tables.table_set import TableSet
from anonymization.disclosure.tool_files.csv_rows import code_in, open_csv
from anonymization.disclosure.tool_files.row_kinds import COUNT
from anonymization.disclosure.tool_files.spec_file import Spec
from anonymization.disclosure.tool_files.spelling import Codes
from anonymization.errors import DisclosureError
from anonymization.keys import PseudonymKey


def read_sums_of_keys(
    text: str, file: str, spec: Spec, table_set: TableSet, rule: CellKey, key: PseudonymKey
) -> pd.DataFrame:
    """The sum of the record keys for each combination of codes that occurs, as the door wants it.

    Raises DisclosureError with the row, and never with the name: for counts instead of records, a record without a
    name, one name for two records.
    """
    names = table_set.dimension_names
    rows = open_csv(text, file, [spec.record_id, *names])
    if spec.count or (spec.rows != "records" and COUNT in rows.columns):
        raise DisclosureError(f"{file}: cell_key needs a row a record, not tabulated counts.")
    known = [Codes(spec.dimensions[name].code_of) for name in names]
    first_row: dict[str, int] = {}
    found: list[list[str]] = []
    for number, (name, *values) in rows.rows([spec.record_id, *names]):
        if not name or first_row.setdefault(name, number) != number:
            what = "is empty" if not name else f"stands in row {first_row[name]} too"
            raise DisclosureError(f"{file}, row {number}, column {spec.record_id}: it {what}: name each record once.")
        triples = zip(values, known, names, strict=True)
        found.append([code_in(code, codes, file, number, column) for code, codes, column in triples])
    keys = record_keys(pd.Series(list(first_row), dtype=object), key, rule.key_bits)
    return sums_of_keys(pd.DataFrame(found, columns=names).assign(key=keys), names, rule.key_bits)
