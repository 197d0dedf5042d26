"""Records that no statistics may count: impossible dates and values not of their type, each form at least once."""

from dataclasses import replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from case_store.synthetic.plan import Kind, Plan
from case_store.synthetic.times import Days
from case_store.synthetic.tracks import Children

TEN_YEARS, TWENTY_FIVE_YEARS = 3_653, 9_131


class Broken(IntEnum):
    """What is wrong with a record of kind BROKEN: no usable registration date, and in some one odd value more."""

    NO_REGISTRATION_DATE = 0
    REGISTRATION_DATE_IN_WORDS = 1
    BIRTH_DATE_IN_WORDS = 2
    AGE_IN_WORDS = 3
    BIRTH_DATE_THAT_IS_NONE = 4


class Future(IntEnum):
    """Which dates of a record of kind FUTURE lie in the future: a slip in the decade."""

    REGISTRATION = 0
    REGISTRATION_AND_BIRTH = 1
    CLOSURE = 2


class Prenatal(IntEnum):
    """What happened before birth in a record of kind PRENATAL."""

    REGISTRATION = 0
    CLOSURE = 1


def has_form(plan: Plan, kind: Kind, form: IntEnum) -> npt.NDArray[np.bool_]:
    """The records of `kind` that take this form of disorder."""
    return (plan.kind == kind) & (plan.variant % len(type(form)) == form)


def spoil(plan: Plan, launch: int) -> Plan:
    """The plan with impossible dates in FUTURE and PRENATAL records; a broken record is never closed otherwise.

    What was registered or closed before birth was so before the launch, too: a lesser slip costs a date, not the child.
    """
    future_closure = has_form(plan, Kind.FUTURE, Future.CLOSURE)
    early_closure = has_form(plan, Kind.PRENATAL, Prenatal.CLOSURE)
    unborn = has_form(plan, Kind.PRENATAL, Prenatal.REGISTRATION)
    both = has_form(plan, Kind.FUTURE, Future.REGISTRATION_AND_BIRTH)
    registered = plan.registered + TEN_YEARS * (both | has_form(plan, Kind.FUTURE, Future.REGISTRATION))
    registered = np.where(unborn, _before(plan, launch) - 25 - plan.variant, registered)
    birth = plan.birth + TWENTY_FIVE_YEARS * both
    return replace(
        plan,
        registered=registered.astype(np.int32),
        birth=birth.astype(np.int32),
        is_closed=np.where(plan.kind >= Kind.BROKEN, future_closure | early_closure, plan.is_closed),
    )


def spoil_closure_dates(plan: Plan, launch: int, child: Children, day: Days) -> Days:
    """Closure dates of these children, moved into the future or before birth where the plan wants it."""
    future = has_form(plan, Kind.FUTURE, Future.CLOSURE)[child]
    early = has_form(plan, Kind.PRENATAL, Prenatal.CLOSURE)[child]
    return np.where(future, day + TEN_YEARS, np.where(early, _before(plan, launch)[child] - 20, day)).astype(np.int32)


def _before(plan: Plan, launch: int) -> Days:
    return np.minimum(plan.birth, launch).astype(np.int32)
