"""The exact interval of hidden cells: what fractions of children would allow, two linear programs a cell at most."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from anonymization.disclosure.audit.contradiction import refusal
from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.pool import targets_of
from anonymization.disclosure.audit.reduction import Contradiction
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.width_search import Search, Undecided
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.known_facts import Facts
from anonymization.disclosure.tables.shown import Shown
from anonymization.errors import DisclosureError


def exact_intervals(
    model: JointModel,
    shown: Shown,
    cells: np.ndarray | None = None,
    more: Sequence[Facts] = (),
    witnesses: Iterable[np.ndarray] = (),
    limits: Limits = NO_LIMITS,
) -> pd.DataFrame:
    """The outer interval of distinct cells, all hidden ones unless they are named.

    Out: cell, lower, upper (infinite: no end), settled (false where the budget ended: the interval is then at least so
    wide), and whole_lower, whole_upper, the ends among the whole tables that were found on the way.
    Raises DisclosureError when the tables contradict each other, or when no whole table was found within the budget.
    """
    chosen = np.flatnonzero(shown.is_open) if cells is None else cells
    ends = Shown(shown.lower[chosen], shown.upper[chosen])
    system = public_system(model, shown, more)
    try:
        search = Search(system, targets_of(model.cells[chosen], np.ones(len(chosen), dtype=np.int64), ends), witnesses,
                        limits)  # fmt: skip
    except Contradiction as contradiction:
        raise refusal(system, contradiction) from None
    except Undecided:
        raise DisclosureError("The budget ended before one whole table was found: publish coarser tables.") from None
    search.settle(range(len(chosen)))
    start = search.pool.values[0]
    return pd.DataFrame({
        "cell": chosen,
        "lower": start + search.least,
        "upper": start + search.most,
        "settled": search.settled,
        "whole_lower": search.pool.lowest,
        "whole_upper": search.pool.highest,
    })  # fmt: skip
