"""The linear program that both the push and the bound ask: how atoms may move, and what that does to cells.

Columns: how far each live atom moves, then how far each class of cells goes up, then how far it goes down. Rows: the
movement of the atoms adds up to that of the cells; then the facts.
"""

import highspy
import numpy as np
from scipy import sparse

from anonymization.disclosure.solver import linear_program
from anonymization.disclosure.suppression.reduced import REACH, Problem

OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    # the prices differ from each other enough; perturbing them makes nine times as many iterations (measured on J2)
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}

WHOLE_OPTIONS: dict[str, bool | int | float | str] = {
    "presolve": "on",
    "solver": "choose",
    "mip_rel_gap": 0.0,
    "mip_max_nodes": 2_000,
}


def flow_program(problem: Problem, prices: np.ndarray, whole: bool = False) -> highspy.Highs:
    """A solver that minimises prices x (up + down). `whole`: the atoms move by whole numbers."""
    highs = highspy.Highs()
    for name, value in OPTIONS.items():
        highs.setOptionValue(name, value)
    highs.passModel(_program(problem, prices))
    if whole:
        atoms = len(problem.atoms)
        kinds = np.full(atoms, highspy.HighsVarType.kInteger)
        highs.changeColsIntegrality(atoms, np.arange(atoms, dtype=np.int32), kinds)
        for name, value in WHOLE_OPTIONS.items():
            highs.setOptionValue(name, value)
    return highs


def solve(highs: highspy.Highs) -> highspy.HighsModelStatus:
    """Solve and say how it ended; an answer that is neither optimal nor impossible is asked for once more from anew."""
    highs.run()
    if highs.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
        highs.clearSolver()
        highs.run()
    return highs.getModelStatus()


def flow_columns(problem: Problem, classes: np.ndarray) -> np.ndarray:
    """The columns of these classes: up, then down."""
    size, atoms = problem.sums.shape
    return np.concatenate([atoms + classes, atoms + size + classes]).astype(np.int32)


def widest(problem: Problem) -> float:
    """Further than this nothing needs to move, and large bounds cost a solver its accuracy."""
    return float(REACH * problem.width.max(initial=1))


def furthest_fall(problem: Problem) -> np.ndarray:
    """How far each class may fall."""
    return np.minimum(problem.drop, widest(problem)).astype(float)


def lowest_move(problem: Problem) -> np.ndarray:
    """The lowest movement of each atom."""
    return -np.minimum(problem.atoms, widest(problem)).astype(float)


def _program(problem: Problem, prices: np.ndarray) -> highspy.HighsLp:
    classes, atoms = problem.sums.shape
    one = sparse.eye_array(classes)
    empty = sparse.csr_array((problem.facts.shape[0], 2 * classes))
    matrix = sparse.vstack(
        [sparse.hstack([problem.sums, -one, one]), sparse.hstack([problem.facts, empty])], format="csc"
    )
    nothing = np.zeros(classes)
    return linear_program(
        matrix,
        (np.concatenate([nothing, problem.facts_lower]), np.concatenate([nothing, problem.facts_upper])),
        (
            np.concatenate([lowest_move(problem), np.zeros(2 * classes)]),
            np.concatenate([np.full(atoms + classes, np.inf), furthest_fall(problem)]),
        ),
        np.concatenate([np.zeros(atoms), prices, prices]),
    )
