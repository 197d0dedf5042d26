"""A job protected through the door, and how near the best its cost is."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from anonymization.disclosure.ledger.history import History, Joint, joint_history
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.suppression.bound import bound
from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.reduced import Choice, reduce
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.quantities import Quantities, find_quantities
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from tests.bench.disclosure.jobs import RULES, release_of
from tests.bench.disclosure.stages import StageClock

BOUND_SECONDS = 600  # CPU
NO_END = 10**12  # simplex iterations; the clock ends it
VERDICTS = ("primary", "exact", "narrow", "exact_integer", "narrow_integer", "smallest_width")


def pattern(job: str, rule: str, seed: int) -> Iterator[dict[str, Any]]:
    """Everything about one protection with the default effort: loss, verdicts, CPU seconds by stage."""
    _, figures = protected(release_of(job, seed), History(), RULES[rule])
    yield figures


def protected(release: Release, history: History, rule: ThresholdRule) -> tuple[ProtectedRelease, dict[str, Any]]:
    """One release protected, and described. Weight: the sum of the hidden counts that are not small."""
    clock = StageClock()
    found = protect(release, history, rule, Terms(attackers=clock.attackers), Budget(report=clock.report))
    verdicts = {name: getattr(found.audit, name) for name in VERDICTS}
    return found, {**loss(found), "cpu": clock.seconds(), **verdicts}


def loss(found: ProtectedRelease) -> dict[str, Any]:
    """What is hidden beside the small counts, by distinct cell, and what is known of the least that must be."""
    counts = found.joint.counts
    secondary = found.pattern.hidden & ~found.joint.required.primary(counts)
    costs = {stage.name: round(stage.cost) for stage in found.pattern.stages}
    return {
        "cells": len(counts),
        "secondary": int(secondary.sum()),
        "weight": int(counts[secondary].sum()),
        "first_weight": costs["first pattern"],
        "bound": round(found.pattern.bound, 2),
        "proven": found.pattern.gap == 0,
        "repairs": sum(stage.name == "what the audit asked for" for stage in found.pattern.stages),
    }


@dataclass(frozen=True, eq=False)
class Question:
    """What the suppressor is asked where the door is gone round: nothing but the cells, each at its count."""

    joint: Joint
    quantities: Quantities
    choice: Choice


def question(release: Release, rule: ThresholdRule) -> Question:
    """A release without a past, and no further terms."""
    joint = joint_history(History(), release, rule)
    cost = joint.counts * ~joint.required.primary(joint.counts)
    choice = Choice(cost.astype(float), is_frozen=joint.frozen, is_forced=joint.forced, is_usual=joint.hidden_last_time)
    return Question(joint, find_quantities(joint.model, joint.required, Named(), joint.truth), choice)


def lower_bound(job: str, rule: str, seed: int) -> Iterator[dict[str, Any]]:
    """The best bound on the cost of any safe pattern that ten CPU minutes find."""
    asked = question(release_of(job, seed), RULES[rule])
    problem = reduce(asked.joint.model, asked.joint.truth, asked.joint.required, asked.quantities, asked.choice)
    began = time.process_time()
    budget = Budget(out_of_time=lambda: time.process_time() - began > BOUND_SECONDS)
    found = [bound(part, budget, NO_END) for part in problem.parts()]
    yield {
        "bound": round(sum(part.cost for part in found), 1),
        "is_whole": all(part.cheapest is not None for part in found),
        "cpu": round(time.process_time() - began, 1),
    }
