"""Two years of quarterly releases with corrections, protected in order: safe against everything ever published.

Protected each by itself, the same releases disclose small counts together; and a ledger that lacks a row is refused.
"""

import json
from dataclasses import replace

import pytest

from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.headline import Costs
from anonymization.disclosure.ledger.chain import Ledger, link_bytes, read_ledger, refuse_lost_entries
from anonymization.disclosure.ledger.entry import canonical
from anonymization.disclosure.ledger.history import History, entry_of_release, joint_history, whole_ledger
from anonymization.disclosure.ledger.incident import (
    LedgerIncidentError,
    audit_past,
    incidents,
    refuse_disclosing_ledger,
)
from anonymization.disclosure.ledger.past import Moves, Published
from anonymization.disclosure.ledger.witnesses import earlier_witnesses, witnesses_to_keep
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.terms import Terms
from anonymization.errors import DisclosureError
from tests.support.two_years import MULTIPLE, RULE, TIMINGS, two_years

TERMS = Terms(costs=Costs(country=1000, headline=50, hidden_before=0.5), effort=Effort(search=2_000, bound=0))
STEPS = list(two_years())


@pytest.fixture(scope="module")
def in_order() -> History:
    """All releases, each protected against those before it; and the witnesses that were kept."""
    past: tuple[Published, ...] = ()
    kept: dict[str, Moves] = {}
    for step in STEPS:
        history = History(past, step.edition, TIMINGS, MULTIPLE, kept)
        refuse_disclosing_ledger(history)
        protected = protect(step.release, history, RULE, TERMS)
        entry = entry_of_release(history, step.release, protected.joint.stated, RULE, protected.cells)
        past = (*past, Published(entry, step.release.counts))
        joined = whole_ledger(past)
        kept |= witnesses_to_keep(step.edition, protected.joint, protected.audit.witnesses, joined)
    return History(past, witnesses=kept)


@pytest.fixture(scope="module")
def each_by_itself() -> History:
    """The same releases, each protected as if nothing had been published before, but with the same statements."""
    past: tuple[Published, ...] = ()
    for step in STEPS:
        history = History(past, step.edition, TIMINGS, MULTIPLE)
        alone = protect(step.release, History((), step.edition, TIMINGS, MULTIPLE), RULE, TERMS)
        stated = joint_history(history, step.release, RULE).stated
        entry = entry_of_release(history, step.release, stated, RULE, alone.cells)
        past = (*past, Published(entry, step.release.counts))
    return History(past)


def test_protected_in_order_nothing_is_exact_and_nothing_narrow(in_order: History) -> None:
    reports = [audit_past(component) for component in whole_ledger(in_order.published)]
    assert sum(report.primary for report in reports) > 150
    for report in reports:
        assert (report.exact, report.narrow, report.exact_integer, report.narrow_integer) == (0, 0, 0, 0)
        assert report.verdict == "safe" and report.shown_small == 0


def test_something_is_still_shown(in_order: History) -> None:
    for published in in_order.published:
        assert published.entry.cells["count"].notna().mean() > 0.4


def test_what_was_found_safe_is_remembered_and_not_audited_again(in_order: History) -> None:
    assert {component.fingerprint for component in whole_ledger(in_order.published)} <= set(in_order.witnesses)
    assert incidents(in_order) == ()


def test_witnesses_of_the_past_are_carried_on_where_what_follows_is_hidden(in_order: History) -> None:
    place = max(number for number, step in enumerate(STEPS) if step.edition.vintage > 1)
    past, step = in_order.published[:place], STEPS[place]
    history = replace(in_order, published=past, edition=step.edition, timings=TIMINGS, multiple=MULTIPLE)
    joint = joint_history(history, step.release, RULE)
    carried = earlier_witnesses(history, joint)
    holds = public_system(joint.model, joint.shown(~joint.is_old & (joint.counts > 0))).holds
    assert sum(map(holds, carried)) > 5


def test_protected_each_by_itself_the_same_releases_are_an_incident(each_by_itself: History) -> None:
    found = incidents(each_by_itself)
    assert found and all(incident.report.narrow_integer > 0 for incident in found)
    assert max(len(incident.editions) for incident in found) > 1
    with pytest.raises(LedgerIncidentError, match=r"An incident: what was published as .*already discloses") as told:
        refuse_disclosing_ledger(each_by_itself)
    places = [finding.place for incident in told.value.incidents for finding in incident.report.findings]
    assert any("v1" in place for place in places)


def test_a_release_beside_such_a_past_is_refused(each_by_itself: History) -> None:
    past = each_by_itself.published[:-1]
    with pytest.raises(DisclosureError):
        protect(STEPS[-1].release, History(past, STEPS[-1].edition, TIMINGS, MULTIPLE), RULE, TERMS)


def test_a_ledger_that_lacks_one_row_is_refused(in_order: History) -> None:
    ledger = Ledger()
    for published in in_order.published:
        ledger = ledger.append(published.entry)
    files = [link_bytes(link) for link in ledger.links]
    seals = {link.entry.edition.label: link.seal for link in ledger.links}
    refuse_lost_entries(read_ledger(files), seals)
    for place, link in enumerate(ledger.links):
        content = json.loads(files[place])
        del content["entry"]["cells"]["rows"][place]
        shorter = [*files[:place], canonical(content) + b"\n", *files[place + 1 :]]
        with pytest.raises(DisclosureError, match=link.entry.edition.label):
            read_ledger(shorter)
