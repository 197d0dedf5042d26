"""Related populations written as sums of parts that are free of each other.

Whom a later quarter counts are those of the quarter before, without those who went, with those who came. Told so, a
relation needs no rows: what remains to be known is that each own part is a count of persons, never negative. Nothing is
lost or added; the problem is the same and much smaller.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.base import Base, Block
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.kinds import name_of
from anonymization.disclosure.tables.known_facts import fell_between, removed_between, rose_between
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Flows, Relation, Revision, Subset


@dataclass(frozen=True, eq=False)
class Following:
    """An atom's count is its own part and the sum of the atoms that it follows.

    own: atoms x atoms (int64), the own part of each atom. all_steps: its inverse, how all atoms move with each of them.
    leaders: the atoms that have an own part, a count of persons; that of all others is known to be nobody.
    follows: mask of the atoms that follow others in time, and not as a whole follows a part that is tabulated too.
    """

    own: sparse.csr_array
    all_steps: sparse.csr_array
    leaders: np.ndarray
    follows: np.ndarray

    @property
    def steps(self) -> sparse.csr_array:
        """How all atoms move with each leader's own part (atoms x leaders)."""
        return sparse.csr_array(self.all_steps[:, self.leaders])

    def completed(self, movement: np.ndarray, is_given: np.ndarray) -> np.ndarray:
        """A movement of some atoms, and of all that follow them (int64, one an atom; `is_given`: mask)."""
        return np.asarray(self.all_steps @ np.where(is_given, self.own @ movement, 0))


@dataclass(frozen=True)
class _Rule:
    """A population is the sum of others, once counted in or once out, and of an own part or nobody else."""

    parents: Mapping[str, int]
    has_own_part: bool = False
    is_of_part: bool = False


def following(model: JointModel) -> Following:
    """How the atoms of a model follow each other, by its relations."""
    base = model.base
    rules = _rules(model.table_set.relations, base)
    parents = _parents(rules, base)
    sizes = [block.size for block in base.blocks]
    found = [rules.get(block.population) for block in base.blocks]
    leaders = np.flatnonzero(np.repeat([rule is None or rule.has_own_part for rule in found], sizes))
    follows = np.repeat([rule is not None and not rule.is_of_part for rule in found], sizes)
    everything = sparse.eye_array(base.size, dtype=np.int64, format="csr")
    steps, further = everything, parents
    while further.nnz:
        steps, further = steps + further, further @ parents
    return Following(sparse.csr_array(everything - parents), sparse.csr_array(steps), leaders, follows)


def _rule_of(relation: Relation, base: Base) -> tuple[str, _Rule] | None:
    match relation:
        case Cumulative():
            arrived = {relation.arrivals: 1} if relation.arrivals else {}
            went = dict.fromkeys(_leaving(relation, base) or _removed(relation), -1)
            return relation.later, _Rule({relation.earlier: 1, **arrived, **went}, has_own_part=True)
        case Accumulation():
            return relation.later, _Rule({relation.earlier: 1, relation.arrivals: 1})
        case Revision():
            if any(relation in kinds.relations for kinds in base.kinds):
                left = dict.fromkeys(_leaving(relation, base), -1)
                return relation.second, _Rule({relation.first: 1, **left}, has_own_part=relation.at_most > 0)
            return relation.second, _Rule({relation.first: 1, rose_between(relation): 1, fell_between(relation): -1})
        case Flows():
            return relation.closing, _Rule({relation.opening: 1, relation.inflow: 1, relation.outflow: -1})
        case Subset():
            return relation.whole, _Rule({relation.part: 1}, has_own_part=True, is_of_part=True)
    return None


def _removed(relation: Cumulative) -> list[str]:
    return [removed_between(relation)] if relation.removals else []


def _leaving(relation: Relation, base: Base) -> list[str]:
    """The kinds of persons in the first population and not in the second, where kinds are held apart."""
    return [
        name_of(kind)
        for kinds in base.kinds
        for other, leaves in zip(kinds.relations, kinds.leaving, strict=True)
        if other == relation
        for kind, leaves_it in zip(kinds.every, leaves, strict=True)
        if leaves_it
    ]


def _rules(relations: Iterable[Relation], base: Base) -> dict[str, _Rule]:
    """One rule at most for each population, and none that leads back to it; a part of it is followed last."""
    rules: dict[str, _Rule] = {}
    graph = nx.DiGraph()
    for relation in sorted(relations, key=lambda relation: isinstance(relation, Subset)):
        found = _rule_of(relation, base)
        if found is None or found[0] in rules or not _can_follow(*found, base):
            continue
        follower, rule = found
        edges = [(parent, follower) for parent in rule.parents]
        graph.add_edges_from(edges)
        if nx.is_directed_acyclic_graph(graph):
            rules[follower] = rule
        else:
            graph.remove_edges_from(edges)
    return rules


def _can_follow(follower: str, rule: _Rule, base: Base) -> bool:
    return all(_twin(block, parent, base) for block in base.of(follower) for parent in rule.parents)


def _twin(block: Block, population: str, base: Base) -> Block | None:
    """The block of another population that tells the same apart."""
    alike = (other for other in base.of(population) if (other.names, other.shape) == (block.names, block.shape))
    return next(alike, None)


def _parents(rules: Mapping[str, _Rule], base: Base) -> sparse.csr_array:
    """Atoms x atoms: those that each atom follows."""
    parts = [sparse.coo_array((base.size, base.size), dtype=np.int64)]
    for block in base.blocks:
        rule = rules.get(block.population)
        for parent, sign in rule.parents.items() if rule else ():
            twin = _twin(block, parent, base)
            if twin is not None:
                places = block.first + np.arange(block.size), twin.first + np.arange(block.size)
                parts.append(sparse.coo_array((np.full(block.size, sign), places), shape=parts[0].shape))
    return sparse.csr_array(sum(parts[1:], start=parts[0]))
