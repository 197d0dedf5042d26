"""The proof of a pattern: it is audited, and hides more for as long as the audit finds something."""

import numpy as np

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.ledger.history import Joint
from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.suppress import Suppressor
from anonymization.disclosure.tables.demands import Demand
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.terms import Terms

MOST_REPAIRS = 12  # audits after which a release that is still unsafe is refused


def proven(
    suppressor: Suppressor,
    joint: Joint,
    quantities: Quantities,
    terms: Terms,
    budget: Budget,
    witnesses: list[np.ndarray],
) -> AuditReport:
    """The audit of the pattern, which hides more for as long as the audit finds something."""
    can_mend = not terms.sensitive.gate
    limits = Limits(budget.is_over, terms.effort.proof if can_mend else np.inf, budget.report)
    for _ in range(MOST_REPAIRS):
        hidden = suppressor.pattern(budget).hidden
        shown = joint.shown(hidden)
        report = audit(
            joint.model, shown, joint.required, truth=joint.truth, quantities=quantities, only_told=terms.only_told,
            sensitive=terms.sensitive, attackers=terms.attackers(joint.model, joint.truth, shown.is_open),
            witnesses=witnesses, is_old=joint.is_old, limits=limits,
        )  # fmt: skip
        demands = [*_public_demands(report, joint), *_demands_of(report, quantities, terms), *report.demands]
        if not demands or budget.is_over():
            break
        suppressor.meet(demands, budget)
        witnesses = [*report.witnesses, *suppressor.tables]
    return report


def _public_demands(report: AuditReport, joint: Joint) -> list[Demand]:
    nothing = np.zeros(0, dtype=np.int64)
    narrow = [finding.cell for finding in report.findings if finding.cell is not None and finding.reason != "shown"]
    return [Demand(cell, int(joint.required.width[cell]), nothing) for cell in narrow]


def gates_of(quantities: Quantities, terms: Terms) -> np.ndarray:
    """Mask of the quantities that are gates, not only told."""
    return np.array([kind not in terms.only_told for kind in quantities.kinds], dtype=bool)


def _demands_of(report: AuditReport, quantities: Quantities, terms: Terms) -> list[Demand]:
    """What quantities that are gates must still be given, numbered among these."""
    nothing, number = np.zeros(0, dtype=np.int64), np.cumsum(gates_of(quantities, terms)) - 1
    narrow = [finding.quantity for finding in report.findings if finding.quantity is not None and finding.gate]
    return [Demand(int(number[one]), int(quantities.width[one]), nothing, is_quantity=True) for one in narrow]
