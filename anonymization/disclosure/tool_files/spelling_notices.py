"""Codes of a file that are the SPEC's in another spelling: told, so that nobody wonders what was counted where."""

from anonymization.disclosure.tool_files.csv_rows import open_csv
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE, Spec
from anonymization.disclosure.tool_files.spelling import Codes


def spelling_notices(text: str, file: str, spec: Spec) -> list[str]:
    """A sentence for each dimension whose rows spell a code differently from the SPEC, in the same letters."""
    rows, names = open_csv(text, file, []), list(spec.dimensions)
    names = [name for name in names if name in rows.columns]
    codes = [
        Codes(dict.fromkeys((*spec.dimensions[name].known, TOTAL_CODE, spec.total_of[name]), "")) for name in names
    ]
    numbers = [spec.dimensions[name].code_of for name in names]
    odd: dict[str, list[int]] = {}
    for number, values in rows.rows(names):
        for name, value, known, own in zip(names, values, codes, numbers, strict=True):
            if value not in known.known and value not in own and known.find(value) is not None:
                odd.setdefault(name, []).append(number)
    return [
        f"{file}, column {name}: in {len(rows):,} row{'s' if len(rows) > 1 else ''} (first: row {rows[0]}) a code has "
        "the same letters as one of the SPEC's but another spelling (composed or not, cedilla or comma below, spaces); "
        "it is read as the SPEC's."
        for name, rows in odd.items()
    ]
