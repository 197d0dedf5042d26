"""CELLS whose counts were changed: read with the method of the SPEC, and audited by the intervals that it states."""

import numpy as np

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.perturbation.perturbation_rules import PerturbationRule, status_of
from anonymization.disclosure.perturbation.readers_view import never_shown
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.tool_files.cell_keys import CellKeys, Key, first_key
from anonymization.disclosure.tool_files.cells_file import refuse_missing, two_marks
from anonymization.disclosure.tool_files.csv_rows import count_in, open_csv
from anonymization.disclosure.tool_files.file_audit import large_cells
from anonymization.errors import DisclosureError


def read_changed_cells(text: str, file: str, keys: CellKeys, rule: PerturbationRule) -> np.ndarray:
    """The shown count (int64) of every distinct cell.

    Raises DisclosureError with the place, as for other CELLS; also for another status than the method's, and for a
    count that the method never shows.
    """
    counts = np.full(int(keys.frame["cell"].max()) + 1, -1, dtype=np.int64)
    names, wanted, seen = [*keys.names, "count", "status"], status_of(rule), set[Key]()
    for number, (*codes, count, status) in open_csv(text, file, names).rows(names):
        key = keys.spelt(codes)
        cell, value = keys.find(key, file, number), count_in(count, file, number, "count")
        if status != wanted:
            raise DisclosureError(f"{file}, row {number}, column status: by the SPEC's method it must be {wanted}.")
        if key in seen:
            raise DisclosureError(
                f"{file}, row {number}: the cell {keys.said(key)} stands in an earlier row: keep one."
            )
        if counts[cell] not in (-1, value):
            raise DisclosureError(two_marks(file, number, keys.said(key)))
        seen.add(key)
        counts[cell] = value
    refuse_missing(keys, seen, file)
    odd = np.flatnonzero(never_shown(counts, rule))
    if len(odd):
        raise DisclosureError(f"{file}: the SPEC's method never shows a count like that of {first_key(keys, odd)}.")
    return counts


def audit_changed(
    shown: Shown, model: JointModel, required: Requirements, atoms: np.ndarray | None, limits: Limits
) -> AuditReport:
    """Attack changed counts by their intervals. atoms: the true atoms, when there are microdata.

    Without them every count that can be small must stay as open as a small one. Raises DisclosureError when a true
    count lies outside its interval, or when no true counts agree with all intervals.
    """
    if atoms is not None:
        return audit(model, shown, required, atoms, limits=limits)
    small = shown.is_open & (shown.lower < required.threshold) & (shown.upper > 0)
    first = audit(model, shown, required, primary=small, limits=limits)
    large = large_cells(first, required)
    if not large:
        return first
    small &= ~np.isin(np.arange(len(small)), large)
    return audit(model, shown, required, primary=small, witnesses=first.witnesses, limits=limits)
