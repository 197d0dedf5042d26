"""Whole tables of earlier quarters made into whole tables of everything: the earlier atoms stay, the new ones are
solved.

So a long history is never solved again. Only where no table of the past can be extended is the full model needed.
"""

import numpy as np

from anonymization.audit.reduction import Contradiction, reduce
from anonymization.audit.search import Undecided, first_table
from anonymization.audit.system import System


def extend_witness(system: System, known: np.ndarray, likely: np.ndarray | None = None) -> np.ndarray | None:
    """A whole table (int64, all atoms) that has these atoms and satisfies the system; None when none was found.

    known: the value of each atom that is already decided, -1 for those to be found. likely: a table whose other atoms
    may do as they are, such as the true one; tried first, since most extensions need no solver. None proves nothing:
    another table of the past, or the full model, may still give one.
    """
    if likely is not None:
        table = np.where(known < 0, likely, known)
        if system.holds(table):
            return table
    try:
        return first_table(reduce(system, known))
    except (Contradiction, Undecided):
        return None
