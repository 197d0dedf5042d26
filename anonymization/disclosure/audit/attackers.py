"""Who attacks: people who know more than the public, each as the cells or rows that they know exactly.

Public registers of attackers in Hundepool et al., Statistical Disclosure Control (2012), chapter 4.3 (singletons,
contributors); siblings, audiences and caseworkers are those of our own tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.known_facts import Facts
from anonymization.errors import DisclosureError

Kind = Literal["contributor", "siblings", "audience", "caseworker", "rule_knower"]
MOST_PAIRS = 2_000  # of siblings


@dataclass(frozen=True, eq=False)
class Attacker:
    """Someone who knows the true counts of some cells, and perhaps further rows.

    known: distinct cells whose counts they know exactly. rows: further rows that hold for the truth.
    demand: `exact`: no primary that they do not know may become exact; `width`: each must keep its width.
    gate: a success makes the release unsafe; otherwise it is only reported.
    """

    name: str
    kind: Kind
    known: np.ndarray
    demand: Literal["exact", "width"]
    gate: bool
    rows: Facts | None = field(default=None, repr=False)


def contributors(model: JointModel, truth: np.ndarray, hidden: np.ndarray, largest: int, gate: bool) -> list[Attacker]:
    """Children who know their own hidden cells of at most `largest` children: one attacker for each such child's set.

    A child stands in every cell that holds its atom, and knows all of them that are so small: one cell inside another.
    """
    counts = model.cells @ truth
    small = np.flatnonzero(hidden & (counts > 0) & (counts <= largest))
    by_atom = sparse.csc_array(model.cells[small])
    sets: dict[tuple[int, ...], None] = {}
    for atom in np.flatnonzero(truth):
        inside = by_atom.indices[by_atom.indptr[atom] : by_atom.indptr[atom + 1]]
        if len(inside):
            sets[tuple(sorted(small[inside].tolist()))] = None
    return [
        Attacker(f"contributor {number}", "contributor", np.array(known), "exact", gate)
        for number, known in enumerate(sets, start=1)
    ]


def siblings(model: JointModel, truth: np.ndarray, hidden: np.ndarray, gate: bool) -> list[Attacker]:
    """Two children who tell each other: both in one hidden cell of 2, or each alone in one of two neighbouring hidden
    cells.

    Neighbours stand in one grouping of one table and differ in one code. At most MOST_PAIRS are tried, cells of 2
    first, then in the order of the tables. Raises DisclosureError when there are more and they are a gate.
    """
    counts = model.cells @ truth
    found: dict[tuple[int, ...], None] = {(int(cell),): None for cell in np.flatnonzero(hidden & (counts == 2))}
    for pair in _neighbours(model, np.flatnonzero(hidden & (counts == 1))):
        found[pair] = None
    if gate and len(found) > MOST_PAIRS:
        raise DisclosureError(
            f"{len(found):,} pairs of siblings are too many to be tried as a gate (at most {MOST_PAIRS:,}): have them "
            "reported, or publish coarser tables."
        )
    chosen = list(found)[:MOST_PAIRS]
    return [
        Attacker(f"siblings {number}", "siblings", np.array(known), "exact", gate)
        for number, known in enumerate(chosen, start=1)
    ]


def _neighbours(model: JointModel, cells: np.ndarray) -> Iterable[tuple[int, int]]:
    """Pairs of these cells that stand in one grouping and differ in one code."""
    names = model.table_set.dimension_names
    rows = model.rows[model.rows["cell"].isin(cells)]
    for left_out in names:
        others = ["table_id", "grouping", *(name for name in names if name != left_out)]
        for _, together in rows.groupby(others, sort=False)["cell"]:
            yield from combinations(sorted({int(cell) for cell in together}), 2)


def audience(
    model: JointModel, name: str, sees: Mapping[str, Iterable[str]], demand: Literal["exact", "width"], gate: bool
) -> Attacker:
    """An audience that sees exactly every cell with these codes: `{"county": ("CJ",)}` for the coordinator of one
    county.
    """
    rows = model.rows
    seen = np.ones(len(rows), dtype=bool)
    for dimension, codes in sees.items():
        seen &= rows[dimension].isin(list(codes)).to_numpy()
    return Attacker(name, "audience", np.unique(rows["cell"].to_numpy()[seen]), demand, gate)


def rule_knower(gate: bool) -> Attacker:
    """Someone who knows the rule: some small count must be the reason for what is hidden."""
    return Attacker("rule knower", "rule_knower", np.zeros(0, dtype=np.int64), "width", gate)


def caseworker(model: JointModel, name: str, caseload: np.ndarray, gate: bool) -> Attacker:
    """Someone who knows their own children: no atom has fewer. caseload: of each atom, how many children (int64)."""
    atoms = np.flatnonzero(caseload)
    rows = sparse.csr_array((np.ones(len(atoms), dtype=np.int64), (np.arange(len(atoms)), atoms)),
                            shape=(len(atoms), model.atoms))  # fmt: skip
    facts = Facts(
        rows, caseload[atoms].astype(float), np.full(len(atoms), np.inf), (f"{name}'s caseload",) * len(atoms)
    )
    return Attacker(name, "caseworker", np.zeros(0, dtype=np.int64), "exact", gate, facts)
