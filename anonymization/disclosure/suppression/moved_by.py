"""The same problem in other numbers: how often each of some movements is made, instead of how far each atom moves.

The classes stay the same, in the same order. Where parts move that are free of each other, the rows of relations are
hardly needed. A lower bound may be taken from it only when the movements are all that are possible.
"""

from dataclasses import replace

import numpy as np
from scipy import sparse

from anonymization.disclosure.suppression.reduced import Problem
from anonymization.disclosure.tables.few_movements import Movements


def moved_by(problem: Problem, movements: Movements) -> Problem:
    """The problem with the movements of its live atoms as its atoms. Fields of classes are the same.

    live: which movement each is.
    """
    chosen, stuck = _possible(problem, movements)
    steps, room = sparse.csr_array(movements.steps[problem.live][:, chosen]), movements.room[chosen]
    without_end, nothing = np.full(len(problem.atoms), np.inf), np.zeros(stuck.shape[0])
    rows = sparse.csr_array(sparse.vstack([problem.facts @ steps, steps, stuck[:, chosen]], format="csr"))
    lower = np.concatenate([problem.facts_lower, -problem.atoms, nothing])
    upper = np.concatenate([problem.facts_upper, without_end, nothing])
    needed = _not_implied(rows, lower, upper, room)
    return replace(
        problem,
        sums=sparse.csr_array(problem.sums @ steps),
        atoms=room,
        live=chosen,
        facts=rows[needed],
        facts_lower=lower[needed],
        facts_upper=upper[needed],
    )


def _possible(problem: Problem, movements: Movements) -> tuple[np.ndarray, sparse.csr_array]:
    """Places of the movements that may be made; rows over movements: atoms that may not move (their sum is 0)."""
    is_live = np.zeros(movements.steps.shape[0], dtype=bool)
    is_live[problem.live] = True
    moves_it = np.asarray(abs(movements.steps[is_live]).sum(axis=0)).ravel() > 0
    dead = sparse.csr_array(movements.steps[~is_live])
    only_rises = dead.minimum(0).sum(axis=1) == 0
    rises = np.asarray(dead[only_rises].sum(axis=0)).ravel() > 0  # from zero, where no other lets it fall
    chosen = np.flatnonzero(moves_it & ~(rises & (movements.room == 0)))
    return chosen, dead[np.diff(sparse.csr_array(dead[:, chosen]).indptr) > 0]


def _not_implied(rows: sparse.csr_array, lower: np.ndarray, upper: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """Places of the rows that say more than that no atom falls below zero."""
    rising, falling = rows.maximum(0), rows.minimum(0)
    least = np.where(np.diff(sparse.csr_array(falling).indptr) > 0, -np.inf, -(rising @ atoms))
    most = np.where(np.diff(sparse.csr_array(rising).indptr) > 0, np.inf, -(falling @ atoms))
    return np.flatnonzero((least < lower) | (most > upper))
