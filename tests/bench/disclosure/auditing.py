"""The auditor alone, on a pattern of the suppressor: yes or no, certificates, and every interval to its ends."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.pool import targets_of
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.width_search import Search
from anonymization.disclosure.ledger.history import History, Joint
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.terms import Terms
from tests.bench.disclosure.jobs import RULES, release_of

NO_BOUND = Terms(effort=Effort(bound=0))


def audited(job: str, rule: str, seed: int) -> Iterator[dict[str, Any]]:
    """CPU seconds of what the auditor does, each time from the joint model on, and its verdict from the public file."""
    found = protect(release_of(job, seed), History(), RULES[rule], NO_BOUND)
    joint, shown = found.joint, found.joint.shown(found.pattern.hidden)
    small = joint.required.primary(joint.counts)
    yield {"hidden": int(shown.is_open.sum()), "primary": int(small.sum())}
    yield _decisions(joint, shown, small)
    yield _intervals(joint, shown)
    yield _without_truth(joint, shown, small)


def _decisions(joint: Joint, shown: Shown, small: np.ndarray) -> dict[str, Any]:
    """Every primary decided: in fractions, then with two whole tables each."""
    began = time.process_time()
    search = _search(joint, shown, small)
    search.decide_in_fractions()
    decided = time.process_time()
    wide = int(search.is_wide_in_fractions.sum())
    linear = search.solves[0]
    search.decide_in_whole_numbers()
    return {
        "yes_no_cpu": round(decided - began, 2),
        "yes_no_programs": linear,
        "wide": wide,
        "certificates_cpu": round(time.process_time() - began, 2),
        "certified": int(search.pool.is_wide.sum()),
        "programs": list(search.solves),
    }


def _intervals(joint: Joint, shown: Shown) -> dict[str, Any]:
    """Both ends of every hidden cell."""
    began = time.process_time()
    search = _search(joint, shown, shown.is_open)
    search.settle(range(len(search.targets)))
    return {
        "intervals_cpu": round(time.process_time() - began, 2),
        "settled": int(search.settled.sum()),
        "interval_programs": search.solves[0],
    }


def _without_truth(joint: Joint, shown: Shown, small: np.ndarray) -> dict[str, Any]:
    began = time.process_time()
    report = audit(joint.model, shown, joint.required, primary=small)
    return {"public_file_cpu": round(time.process_time() - began, 2), "public_file_verdict": report.verdict}


def _search(joint: Joint, shown: Shown, cells: np.ndarray) -> Search:
    ours = Shown(shown.lower[cells], shown.upper[cells])
    targets = targets_of(joint.model.cells[np.flatnonzero(cells)], joint.required.width[cells], ours)
    return Search(public_system(joint.model, shown), targets, [joint.truth])
