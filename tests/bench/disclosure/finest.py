"""J3, which is too fine: what the advisor says, what protecting it costs all the same, and whether an audit ends."""

import time
from collections.abc import Iterator
from typing import Any

from anonymization.disclosure.advice.advisor import advise
from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.suppression.budget import Budget, Effort
from anonymization.disclosure.suppression.suppress import Suppressor
from tests.bench.disclosure.jobs import RULES, release_of
from tests.bench.disclosure.protecting import question
from tests.bench.disclosure.stages import StageClock

AUDIT_SECONDS = 1_800  # CPU; what is then open is not safe


def advised(seed: int) -> Iterator[dict[str, Any]]:
    """The advisor on J3."""
    release = release_of("J3", seed)
    began = time.process_time()
    advice = advise(release, RULES["R0"])
    spent = round(time.process_time() - began, 2)
    asked = advice.as_asked
    share = None if asked is None else round(asked.hidden_share, 3)
    yield {"cpu": spent, "too_fine": advice.is_too_fine, "hidden_share": share, "proposals": len(advice.proposals)}


def finest(seed: int) -> Iterator[dict[str, Any]]:
    """The suppressor on J3 at R0, then one audit of its pattern."""
    clock = StageClock()
    asked = question(release_of("J3", seed), RULES["R0"])
    joint, small = asked.joint, asked.joint.required.primary(asked.joint.counts)
    suppressor = Suppressor(joint.model, joint.truth, joint.required, asked.quantities, asked.choice)
    budget = Budget(report=clock.report)
    suppressor.run(Effort(), budget)
    hidden = suppressor.pattern(budget).hidden
    secondary = hidden & ~small
    yield {
        "cpu": clock.seconds(),
        "nonzero": int((joint.counts > 0).sum()),
        "primary": int(small.sum()),
        "secondary": int(secondary.sum()),
        "weight": int(joint.counts[secondary].sum()),
    }
    began = time.process_time()
    late = Budget(out_of_time=lambda: time.process_time() - began > AUDIT_SECONDS)
    report = audit(joint.model, joint.shown(hidden), joint.required, joint.truth, limits=Limits(late.out_of_time))
    found = ("exact", "narrow", "exact_integer", "narrow_integer", "undecided", "linear_solves", "whole_solves")
    yield {"audit_cpu": round(time.process_time() - began, 1), **{name: getattr(report, name) for name in found}}
