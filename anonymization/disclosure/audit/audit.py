"""The auditor: what can be computed from all that is published, and whether that is too much.

Written apart from the suppressor and importing nothing of it. A release is safe only when, for every small count, two
whole-number tables satisfy every published row and differ in it by the required width, shown by integer addition
(the audit problem: Fischetti and Salazar, Management Science 47 (2001); Hundepool et al., Statistical Disclosure
Control (2012), chapter 4). A budget, a time limit or a tolerance never makes anything safe.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.attackers import Attacker
from anonymization.disclosure.audit.contradiction import refusal
from anonymization.disclosure.audit.few_movements_search import search_few_movements
from anonymization.disclosure.audit.findings import public_report
from anonymization.disclosure.audit.homogeneity import Sensitive, group_disclosures
from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.many_attackers import Attacks
from anonymization.disclosure.audit.pool import Targets
from anonymization.disclosure.audit.reduction import Contradiction
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.audit.rule_knower import attack_of_rule_knower
from anonymization.disclosure.audit.short_movements import search_short_movements
from anonymization.disclosure.audit.system import System, describe_cell, public_system
from anonymization.disclosure.audit.width_search import Search, Undecided
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.known_facts import Facts
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.errors import DisclosureError

NOTHING = Sensitive()


def audit(
    model: JointModel,
    shown: Shown,
    required: Requirements,
    truth: np.ndarray | None = None,
    primary: np.ndarray | None = None,
    quantities: Quantities | None = None,
    only_told: Collection[str] = (),
    attackers: Sequence[Attacker] = (),
    sensitive: Sensitive = NOTHING,
    more: Sequence[Facts] = (),
    witnesses: Iterable[np.ndarray] = (),
    is_old: np.ndarray | None = None,
    limits: Limits = NO_LIMITS,
) -> AuditReport:
    """Attack what is shown of a joint model: as the public can, then as each attacker can.

    truth: the true atoms, if they are at hand; the public's verdict on cells is the same without. primary: mask of the
    distinct cells that are small; found from the truth when not given, and without either every hidden cell is taken to
    be small.
    quantities: further counts to protect; of these the small ones, or without the truth all that are not known to be
    large.
    only_told: kinds of quantities that are no gate. sensitive: dimensions of which no group's category may be certain.
    more: further rows that are known. witnesses: whole tables (int64 atoms) that may satisfy the system; each is
    checked. is_old: mask of the distinct cells published before; it says only where to look first.
    limits: how long it may go on; what is then open is not safe.
    Raises DisclosureError when the truth contradicts what is shown or `primary`, when no whole table agrees with what
    is shown (with the place), when not even one was found within the budget, and for attackers without the truth.

    Three counties, one of them small: hiding only the small count hides nothing, the total gives it away.

    >>> from anonymization.disclosure.threshold_rules import ThresholdRule
    >>> from anonymization.disclosure.tables.joint_model import build_model
    >>> from anonymization.disclosure.tables.requirements import requirements
    >>> from anonymization.disclosure.tables.shown import shown_when_hidden
    >>> from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
    >>> area = Dimension("area", {"COUNTY": {code: code for code in ("A0101", "A0102", "A0104")}})
    >>> model = build_model(TableSet((Table("T0", "children", (area,), ({"area": ("TOTAL", "COUNTY")},)),)))
    >>> required = requirements(model, ThresholdRule(threshold=5, width=4, knowledge="zeros_published"))
    >>> truth, hidden = np.array([3, 10, 20]), np.array([False, True, False, False])
    >>> report = audit(model, shown_when_hidden(model.cells @ truth, hidden, required), required, truth)
    >>> report.exact, report.verdict
    (1, 'unsafe')
    >>> hidden = np.array([False, True, True, False])
    >>> report = audit(model, shown_when_hidden(model.cells @ truth, hidden, required), required, truth)
    >>> report.narrow, report.verdict
    (0, 'safe')
    """
    if attackers and truth is None:
        raise DisclosureError(
            "What attackers know beyond the tables can be tried with the true counts only: give them."
        )
    system = public_system(model, shown, more)
    cells = np.flatnonzero(_primaries(system, required, truth, primary, shown) & shown.is_open)
    protected = quantities.chosen(quantities.small(truth)) if quantities and truth is not None else quantities
    known = [] if truth is None else [truth]
    search = _search(system, _targets(model, shown, required, cells, protected), [*known, *witnesses], limits)
    _decide(search, is_old)
    report = public_report(search, cells, shown, required, protected, only_told)
    groups = group_disclosures(system, shown, sensitive.dimensions, search.pool.tables, limits)
    report = replace(report, groups=tuple(groups), groups_gate=sensitive.gate)
    if truth is None or not attackers:
        return report
    attacks = Attacks(system, cells, required.width[cells], truth, search.pool.tables, limits)
    results, demands = attacks.carry_out([attacker for attacker in attackers if attacker.kind != "rule_knower"])
    results += [
        attack_of_rule_knower(attacks, search.reduced, shown.is_open, required.reason_below, attacker)
        for attacker in attackers
        if attacker.kind == "rule_knower"
    ]
    return replace(report, attacks=tuple(results), demands=tuple(demands))


def _decide(search: Search, is_old: np.ndarray | None) -> None:
    """The public's verdict on every target: the searches that are quick where they apply come first."""
    search_few_movements(search, is_old)
    search_short_movements(search)
    search.decide_in_fractions()
    search.decide_in_whole_numbers()


def _primaries(
    system: System, required: Requirements, truth: np.ndarray | None, primary: np.ndarray | None, shown: Shown
) -> np.ndarray:
    if truth is None:
        return shown.is_open if primary is None else primary
    broken = system.broken_by(truth)
    if len(broken):
        raise DisclosureError(f"What is shown is not what was counted: {system.describe(int(broken[0]))}.")
    small = required.primary(system.model.cells @ truth)
    if primary is not None and (primary != small)[shown.is_open].any():
        wrong = int(np.flatnonzero((primary != small) & shown.is_open)[0])
        raise DisclosureError(f"A cell's mark does not agree with its count: {describe_cell(system.model, wrong)}.")
    return small


def _targets(
    model: JointModel, shown: Shown, required: Requirements, cells: np.ndarray, quantities: Quantities | None
) -> Targets:
    """The cells first, then the quantities."""
    rows = sparse.csr_array(model.cells[cells]).astype(np.int64)
    if quantities is None or not len(quantities):
        return Targets(rows, required.width[cells], shown.lower[cells], shown.upper[cells])
    return Targets(
        sparse.csr_array(sparse.vstack([rows, quantities.matrix.astype(np.int64)], format="csr")),
        np.concatenate([required.width[cells], quantities.width]),
        np.concatenate([shown.lower[cells], np.full(len(quantities), -np.inf)]),
        np.concatenate([shown.upper[cells], np.full(len(quantities), np.inf)]),
    )


def _search(system: System, targets: Targets, witnesses: list[np.ndarray], limits: Limits) -> Search:
    try:
        return Search(system, targets, witnesses, limits)
    except Contradiction as contradiction:
        raise refusal(system, contradiction) from None
    except Undecided:
        raise DisclosureError(
            "The budget ended before one whole table was found that agrees with what is shown: nothing is proven, so "
            "nothing is safe. Publish coarser or fewer tables."
        ) from None
