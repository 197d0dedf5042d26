"""The exact interval of hidden cells: what fractions of children would allow, two linear programs a cell at most."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from anonymization.audit.contradiction import refusal
from anonymization.audit.limits import NO_LIMITS, Limits
from anonymization.audit.pool import targets_of
from anonymization.audit.reduction import Contradiction
from anonymization.audit.search import Search, Undecided
from anonymization.audit.system import public_system
from anonymization.errors import DisclosureError
from anonymization.tables.joint_model import JointModel
from anonymization.tables.known_facts import Facts
from anonymization.tables.shown import Shown


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
