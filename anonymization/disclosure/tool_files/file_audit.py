"""The audit of a file of cells: with the counts behind them, with marks that tell which are small, or with neither."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

import numpy as np

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.pool import targets_of
from anonymization.disclosure.audit.reduction import Contradiction
from anonymization.disclosure.audit.report import AuditReport, CountFinding
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.width_search import Search, Undecided
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.quantities import Quantities, find_quantities
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import Shown, shown_when_hidden
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.disclosure.tool_files.cell_keys import CellKeys, first_key
from anonymization.disclosure.tool_files.cells_file import PublishedCells
from anonymization.disclosure.tool_files.spec_attackers import attackers_of, quantities_of
from anonymization.disclosure.tool_files.spec_file import Spec
from anonymization.errors import DisclosureError

Source = Literal["microdata", "counts in the file", "marks in the file", "nothing but what is shown"]
TOLERANCE = 1e-6


def small_counts_from(cells: PublishedCells | None, atoms: np.ndarray | None) -> Source:
    """From what the audit knows which hidden cells are small. cells: None where counts are changed, not hidden."""
    if atoms is not None:
        return "microdata"
    if cells is None:
        return "nothing but what is shown"
    if cells.truth is not None:
        return "counts in the file"
    return "nothing but what is shown" if cells.primary is None else "marks in the file"


def audit_file(
    cells: PublishedCells,
    model: JointModel,
    required: Requirements,
    spec: Spec,
    atoms: np.ndarray | None,
    limits: Limits,
) -> AuditReport:
    """Attack the cells of a file. atoms: the true atoms, when there are microdata.

    The attackers of the SPEC who know true counts are tried when there are microdata only.

    Where nothing tells which hidden cells are small, those count as small that can be: a cell all of whose attainable
    values reach the threshold needs no protection. Raises DisclosureError when the cells contradict each other.
    """
    shown = shown_when_hidden(cells.counts, cells.hidden, required)
    named = quantities_of(spec)
    if atoms is not None:
        quantities, who = find_quantities(model, required, named, atoms), attackers_of(spec)(model, atoms, cells.hidden)
        return audit(model, shown, required, atoms, quantities=quantities, attackers=who, limits=limits)
    small = cells.primary if cells.truth is None else required.primary(cells.truth) & cells.hidden
    if small is not None:
        return attack_marked(cells, small, model, required, named, limits)[0]
    quantities = find_quantities(model, required, named, shown=shown)
    first = audit(model, shown, required, quantities=quantities, limits=limits)
    large = large_cells(first, required)
    if not large:
        return first
    can_be_small = cells.hidden & ~np.isin(np.arange(len(cells.hidden)), large)
    return audit(
        model,
        shown,
        required,
        primary=can_be_small,
        quantities=quantities,
        witnesses=first.witnesses,
        limits=limits,
    )


def attack_marked(
    cells: PublishedCells,
    small: np.ndarray,
    model: JointModel,
    required: Requirements,
    named: Named,
    limits: Limits,
    witnesses: Iterable[np.ndarray] = (),
) -> tuple[AuditReport, Quantities]:
    """The audit of cells that tell which hidden ones are small (mask), and the quantities that it finds too closely
    known: small for all that the file tells.
    """
    shown, marked = shown_when_hidden(cells.counts, cells.hidden, required), _as_marked(cells, small, required)
    quantities = find_quantities(model, required, named, shown=marked)
    found = audit(
        model, shown, required, primary=small, quantities=quantities, witnesses=witnesses, limits=limits
    )  # fmt: skip
    report = _without(found, _harmless(found, model, marked, quantities, limits))
    close = [finding.quantity for finding in report.findings if finding.quantity is not None]
    return report, quantities.chosen(np.isin(np.arange(len(quantities)), close))


def doubtful_of(
    spec: Spec, rule: ThresholdRule, limits: Limits = NO_LIMITS
) -> Callable[[JointModel, np.ndarray, np.ndarray], Quantities]:
    """What finds, for a model, its true atoms and the mask of hidden cells, the quantities that an audit of the cells
    without microdata would find too closely known.
    """

    def look(model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> Quantities:
        required, counts = requirements(model, rule), np.asarray(model.cells @ truth)
        cells = PublishedCells(np.where(hidden, np.nan, counts), hidden & required.primary(counts))
        small = cells.hidden & required.primary(counts)
        return attack_marked(cells, small, model, required, quantities_of(spec), limits, [truth])[1]

    return look


def _as_marked(cells: PublishedCells, small: np.ndarray, required: Requirements) -> Shown:
    """What the file tells of its cells: counts, or that a hidden one is below its threshold or not."""
    if cells.truth is not None:
        return Shown(cells.truth.astype(float), cells.truth.astype(float))
    shown = shown_when_hidden(cells.counts, cells.hidden, required)
    lower = np.where(cells.hidden & ~small, np.maximum(required.threshold, shown.lower), shown.lower)
    return Shown(lower, np.where(cells.hidden & small, required.threshold - 1, shown.upper))


def _harmless(
    report: AuditReport, model: JointModel, marked: Shown, quantities: Quantities, limits: Limits
) -> list[int]:
    """The quantities found too close that the file itself tells to be no small counts."""
    close = [finding.quantity for finding in report.findings if finding.quantity is not None]
    if not close:
        return []
    asked = quantities.chosen(np.isin(np.arange(len(quantities)), close))
    try:
        search = Search(public_system(model, marked), targets_of(asked.matrix, asked.width), limits=limits)
    except (Contradiction, Undecided):  # marks that do not fit the cells tell nothing
        return []
    search.settle(range(len(asked)))
    start = np.array([search.at_origin(place) for place in range(len(asked))])
    least, most = start + search.least, start + search.most
    large = search.settled & ((least > asked.threshold - 1 + TOLERANCE) | (most < TOLERANCE))
    return [one for one, is_large in zip(sorted(close), large, strict=True) if is_large]


def _without(report: AuditReport, harmless: list[int]) -> AuditReport:
    """The report without what was found of these quantities."""
    left_out = [finding for finding in report.findings if finding.quantity in harmless]
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if finding not in left_out),
        quantities=report.quantities - len(harmless),
        narrow_quantities=report.narrow_quantities - sum(finding.gate for finding in left_out),
        undecided=report.undecided - sum(finding.reason == "undecided" for finding in left_out),
    )


def large_cells(report: AuditReport, required: Requirements) -> list[int]:
    """Cells that the audit found too narrow, and of which the proven low end reaches the threshold: no harm is done."""
    return [found.cell for found in report.findings if found.cell is not None and _is_large(found, required)]


def _is_large(finding: CountFinding, required: Requirements) -> bool:
    """Whether the proven low end of a hidden cell reaches its threshold."""
    if finding.cell is None or finding.reason in ("shown", "undecided"):
        return False
    threshold, width = required.reason_below[finding.cell], required.width[finding.cell]
    if finding.whole_lower is not None and finding.whole_lower >= threshold:
        return True
    both_ends_known = finding.upper - finding.lower < width - TOLERANCE
    return bool(both_ends_known and np.ceil(finding.lower - TOLERANCE) >= threshold)


def refuse_hidden_zeros(
    cells: PublishedCells, truth: np.ndarray | None, required: Requirements, keys: CellKeys
) -> None:
    """Raises DisclosureError when a hidden count is less than the SPEC's knowledge allows, such as a hidden zero."""
    counts = cells.truth if truth is None else truth
    below = np.zeros(0) if counts is None else np.flatnonzero(cells.hidden & (counts < required.lower))
    if len(below):
        raise DisclosureError(
            f"The cell {first_key(keys, below)} is a zero and hidden, but the SPEC says that zeros are always shown: "
            "show it, or set knowledge to nonnegative."
        )


def wrong_marks(cells: PublishedCells, truth: np.ndarray, required: Requirements) -> int:
    """How many hidden cells are marked primary and are not small, or the other way round."""
    if cells.primary is None:
        return 0
    return int(((cells.primary != required.primary(truth)) & cells.hidden).sum())
