"""The one door out: small counts are hidden, or all counts changed, then audited, for a whole release with its history.

Nothing leaves without a safe audit: `ProtectedRelease` itself refuses any other, and any cells but the audited ones.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.pattern_knower import (
    Published,
    has_small_part,
    refuse_what_is_learnt,
    with_pattern_knower,
    without_pattern_knower,
)
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.doubtful import without_doubts
from anonymization.disclosure.headline import headline_of, shown_where_possible
from anonymization.disclosure.ledger.history import History, Joint, joint_history
from anonymization.disclosure.ledger.witnesses import earlier_witnesses
from anonymization.disclosure.perturbation.beside_history import (
    changed_cells,
    refuse_gate_below_rule,
    required_by_gate,
    shown_beside_history,
)
from anonymization.disclosure.perturbation.perturb import perturb
from anonymization.disclosure.perturbation.perturbation_rules import Gate, PerturbationRule, status_of
from anonymization.disclosure.perturbation.perturbed import Perturbed
from anonymization.disclosure.suppression.budget import Budget, Effort
from anonymization.disclosure.suppression.proof import gates_of, proven
from anonymization.disclosure.suppression.reduced import Choice
from anonymization.disclosure.suppression.suppress import Pattern, Suppressor
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.quantities import Quantities, find_quantities
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError


@dataclass(frozen=True, eq=False)
class ProtectedRelease:
    """Cells that may be published, with the audit that says so.

    cells: one row per table and cell: table_id, a column per dimension of the release (`_T` where totalled or absent),
    count (Int64, missing when hidden), status (published, primary or secondary; inside only: the public mark is one).
    Where counts are changed, count is the shown one, then come `lower` and `upper` (Int64), between which the true one
    lies, and status is `rounded` or `perturbed` in every row.
    audited: the fingerprint of the cells that were audited. pattern: how they were found; it hides none where counts
    are changed. joint: with which history. perturbed: how counts were changed; None where they were not.
    notes: what the verdict says besides, such as which grand total is hidden, in sentences.

    Raises DisclosureError when the audit is not safe, or when the cells are not the audited ones.
    """

    cells: pd.DataFrame
    audit: AuditReport
    audited: str
    pattern: Pattern
    joint: Joint
    perturbed: Perturbed | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.audit.verdict != "safe":
            raise DisclosureError(_why_unsafe(self.audit))
        if fingerprint(self.cells) != self.audited:
            raise DisclosureError("These cells are not the ones that were audited: protect the release again.")


def fingerprint(cells: pd.DataFrame) -> str:
    """SHA-256 of what is shown of the cells, whatever marks them inside."""
    return hashlib.sha256(cells.drop(columns="status").to_csv(index=False).encode()).hexdigest()


def protect(
    release: Release, history: History, rule: ThresholdRule, terms: Terms | None = None, budget: Budget | None = None
) -> ProtectedRelease:
    """Hide small counts and what would give them away, jointly with everything published before, and prove it.

    history: everything published before; `History()` when there is nothing. Grand totals stay shown where a safe
    pattern is found that shows them, and cells of `terms.keep` always. Raises DisclosureError when the history cannot
    be modelled, when a small count cannot be protected, when safety is not proven, and when a cell of `keep` would have
    to be hidden.

    >>> from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
    >>> area = Dimension("area", {"COUNTY": {code: code for code in ("A0101", "A0102", "A0104")}})
    >>> counts = pd.DataFrame({"area": ["A0101", "A0102", "A0104"], "count": [3, 10, 20]})
    >>> table = Table("T0", "children", (area,), ({"area": ("TOTAL", "COUNTY")},))
    >>> release = Release(TableSet((table,)), {"children": counts})
    >>> protected = protect(release, History(), ThresholdRule(threshold=5, width=4, knowledge="zeros_published"))
    >>> print(protected.cells.to_string(index=False))
    table_id  area  count    status
          T0    _T     33 published
          T0 A0101   <NA>   primary
          T0 A0102   <NA> secondary
          T0 A0104     20 published
    """
    terms, budget = terms or Terms(), budget or Budget()
    joint = joint_history(history, release, rule)
    _refuse_incident(joint)
    report, pattern = _hide(joint, history, terms, budget)
    if terms.pattern_knower is not None and report.verdict == "safe":
        published = Published(joint.model, joint.required, joint.truth, joint.shown(pattern.hidden), pattern.hidden)
        report = _with_pattern_knower(report, published, joint, history, terms, budget, pattern)
        refuse_what_is_learnt(report)
    cells = _cells(joint, pattern.hidden, release)
    notes = (*headline_of(joint, terms.keep).notes(pattern.hidden), *pattern.notes)
    return ProtectedRelease(cells, report, fingerprint(cells), pattern, joint, notes=notes)


def attacked_by_repeating(
    report: AuditReport, published: Published, release: Release, rule: ThresholdRule, terms: Terms, budget: Budget
) -> AuditReport:
    """The report of an audit of hidden cells, with the attack of someone who repeats the protection that hid them.

    The protection is only run where a part of the hidden cells is small enough; where it hides other cells of the true
    counts, it is not the one that was used, and nothing is tried.
    """
    if terms.pattern_knower is None:
        return report
    is_gate = terms.pattern_knower == "gate"
    if not has_small_part(published):
        return with_pattern_knower(report, published, lambda _: None, 0, is_gate)
    joint = joint_history(History(), release, rule)
    try:
        pattern = _hide(joint, History(), terms, budget)[1]
    except DisclosureError:
        return without_pattern_knower(report, published, is_gate)
    if not np.array_equal(pattern.hidden, published.hidden):
        return without_pattern_knower(report, published, is_gate)
    return _with_pattern_knower(report, published, joint, History(), terms, budget, pattern)


def _with_pattern_knower(
    report: AuditReport,
    published: Published,
    joint: Joint,
    history: History,
    terms: Terms,
    budget: Budget,
    pattern: Pattern,
) -> AuditReport:
    repeat, is_gate = partial(_hidden_for, joint, history, terms, budget), terms.pattern_knower == "gate"
    is_late = budget.is_over if pattern.is_reproducible else lambda: True
    repeats = terms.effort.repeat // max(pattern.iterations, 1)
    return with_pattern_knower(report, published, repeat, repeats, is_gate, is_late)


def _hide(joint: Joint, history: History, terms: Terms, budget: Budget) -> tuple[AuditReport, Pattern]:
    """The pattern for the truth of a joint model, with its audit."""
    small = find_quantities(joint.model, joint.required, terms.quantities, joint.truth, only_told=terms.only_told)
    look, hide = terms.doubtful, partial(_hide_with, joint, history, terms, budget)
    found = hide(small)
    if look is None:
        return found
    if budget.has_enough():
        return found[0], replace(found[1], is_reproducible=False, has_doubts=True)
    report, pattern = without_doubts(small, found, hide, lambda one: look(joint.model, joint.truth, one[1].hidden))
    return report, replace(pattern, is_reproducible=budget.is_untouched)


def _hide_with(
    joint: Joint, history: History, terms: Terms, budget: Budget, quantities: Quantities
) -> tuple[AuditReport, Pattern]:
    gates = quantities.chosen(gates_of(quantities, terms))
    known = earlier_witnesses(history, joint)
    headline = headline_of(joint, terms.keep)

    def found(kept: np.ndarray, effort: Effort) -> tuple[AuditReport, Pattern]:
        cost = headline.costs(terms.costs, kept)
        choice = Choice(cost, joint.frozen, joint.forced, joint.hidden_last_time, kept)
        suppressor = Suppressor(joint.model, joint.truth, joint.required, gates, choice, known)
        suppressor.run(effort, budget)
        report = proven(suppressor, joint, quantities, terms, budget, known)
        if report.verdict != "safe":
            raise DisclosureError(_why_unsafe(report))
        return report, suppressor.pattern(budget)

    return shown_where_possible(headline, found, terms.effort, budget)


def _hidden_for(joint: Joint, history: History, terms: Terms, budget: Budget, truth: np.ndarray) -> np.ndarray | None:
    """What would be hidden of another truth; None where nothing safe is found."""
    try:
        report, pattern = _hide(replace(joint, truth=truth), history, terms, Budget(budget.is_over))
    except DisclosureError:
        return None
    return pattern.hidden if report.verdict == "safe" else None


def protect_by_perturbation(
    release: Release,
    history: History,
    rule: ThresholdRule,
    method: PerturbationRule,
    gate: Gate,
    keys: Mapping[str, pd.DataFrame] | None = None,
    budget: Budget | None = None,
) -> ProtectedRelease:
    """Change the counts instead of hiding small ones, and prove jointly with everything published before that the
    intervals which the method states leave every small count as open as the gate asks.

    What was published before stays as it was shown, and is held to its own rule. keys: sums of record keys by
    population, for the cell-key method (`record_keys.sums_of_keys`). Raises DisclosureError when the history cannot be
    modelled, when the method has no result, and when the gate is not passed; nothing is mended by hiding.
    """
    budget = budget or Budget()
    joint = joint_history(history, release, rule)
    _refuse_incident(joint)
    if history.edition is not None:
        refuse_gate_below_rule(joint, gate)
    model = build_model(release.table_set)
    perturbed = perturb(model, release, method, gate, requirements(model, rule), keys)
    cells = changed_cells(model, perturbed, release).assign(status=status_of(method))
    shown = shown_beside_history(joint, cells)
    known = earlier_witnesses(history, joint)
    required = required_by_gate(joint, gate)
    report = audit(
        joint.model, shown, required, truth=joint.truth, witnesses=known, is_old=joint.is_old,
        limits=Limits(budget.is_over, report=budget.report),
    )  # fmt: skip
    nothing_hidden = Pattern(np.zeros(len(joint.is_old), dtype=bool), 0.0, 0.0, (), not budget.was_late)
    return ProtectedRelease(cells, report, fingerprint(cells), nothing_hidden, joint, perturbed)


def _refuse_incident(joint: Joint) -> None:
    shown = int(joint.old_small_shown.sum())
    if shown:
        raise DisclosureError(
            f"An incident: {shown} small counts stand published in the ledger. Nothing new is published before that is "
            "dealt with; audit the earlier publications to see which."
        )


def _cells(joint: Joint, hidden: np.ndarray, release: Release) -> pd.DataFrame:
    ours = [table.table_id for table in release.table_set.tables]
    rows = joint.model.rows[joint.model.rows["table_id"].isin(ours)]
    cell = rows["cell"].to_numpy()
    status = np.select([~hidden, joint.required.primary(joint.counts)], ["published", "primary"], "secondary")
    cells = rows[["table_id", *release.table_set.dimension_names]].reset_index(drop=True)
    cells["count"] = pd.Series(joint.counts[cell], dtype="Int64").mask(hidden[cell])
    return cells.assign(status=status[cell])


def _why_unsafe(report: AuditReport) -> str:
    succeeding = sum(bool(attack.failing) for attack in report.attacks if attack.gate)
    return (
        f"The release is not safe: small counts shown: {report.shown_small}; one value left: {report.exact_integer}; "
        f"too closely known or undecided: {report.narrow_integer}; other counts too closely known: "
        f"{report.narrow_quantities}; attackers who succeed: {succeeding}. Publish coarser tables."
    )
