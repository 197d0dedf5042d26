"""A ledger that already discloses something: told with what gives it away, never passed over."""

from dataclasses import dataclass

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.disclosure.ledger.history import Component, History, whole_ledger
from anonymization.disclosure.ledger.past import Moves
from anonymization.disclosure.ledger.witnesses import tables_of
from anonymization.errors import DisclosureError

TOLD = 5  # places named in one message


@dataclass(frozen=True, eq=False)
class Incident:
    """Earlier releases that together, or one by itself, disclose a small count.

    editions: that hang together. report: of the audit; its findings name each cell and what pins it. Inside only.
    """

    editions: tuple[str, ...]
    report: AuditReport


class LedgerIncidentError(DisclosureError):
    """What is published discloses a small count already; `incidents` hold what gives it away."""

    def __init__(self, message: str, incidents: tuple[Incident, ...] = ()) -> None:
        super().__init__(message)
        self.incidents = incidents


def incidents(history: History, audience: str = PUBLIC) -> tuple[Incident, ...]:
    """What the past discloses to an audience. Components whose verdict is remembered as safe are not audited again."""
    unknown = [c for c in whole_ledger(history.published, audience) if c.fingerprint not in history.witnesses]
    reports = [(component, audit_past(component)) for component in unknown]
    return tuple(Incident(_editions(c), report) for c, report in reports if report.verdict != "safe")


def audit_past(component: Component, kept: Moves = ()) -> AuditReport:
    """The attack on a part of the ledger, with nothing new beside it.

    kept: how witnesses of it differ from the truth; each is checked anew, and what they do not prove is searched for.
    """
    joint = component.joint()
    witnesses = tables_of(kept, joint.truth)
    return audit(joint.model, joint.before, joint.required, truth=joint.truth, witnesses=witnesses)


def refuse_disclosing_ledger(history: History, audience: str = PUBLIC) -> None:
    """Raises LedgerIncidentError when what was published before already discloses a small count."""
    found = incidents(history, audience)
    if found:
        raise LedgerIncidentError(" ".join(_in_words(incident) for incident in found), found)


def _in_words(incident: Incident) -> str:
    findings = incident.report.findings
    places = "; ".join(f"{finding.place} ({finding.reason})" for finding in findings[:TOLD])
    more = f", and {len(findings) - TOLD} more" if len(findings) > TOLD else ""
    return (
        f"An incident: what was published as {', '.join(incident.editions)} already discloses {places}{more}. Nothing "
        "new can be protected beside it. Tell the data-protection officer; withdrawing a release does not undo it."
    )


def _editions(component: Component) -> tuple[str, ...]:
    return tuple(dict.fromkeys(past.entry.edition.label for past in component.past))
