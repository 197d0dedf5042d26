"""What an attacker knows before reading a single count: rows over atoms that hold for every possible table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.disclosure.tables.base import Base, Block, rows_of, stack
from anonymization.disclosure.tables.kinds import Kinds
from anonymization.disclosure.tables.persons import counts_of_kinds
from anonymization.disclosure.tables.relations import (
    Accumulation,
    Cumulative,
    Flows,
    MultiResponse,
    Relation,
    Revision,
    Subset,
)
from anonymization.disclosure.tables.table_set import TableSet

FREE = np.inf
Counts = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Facts:
    """lower <= matrix x atoms <= upper for every possible table. `names`: what each row states, in words."""

    matrix: sparse.csr_array
    lower: np.ndarray
    upper: np.ndarray
    names: tuple[str, ...]

    def broken_by(self, atoms: np.ndarray) -> list[str]:
        """The statements that these atoms break, each once; empty when they are possible."""
        found = self.matrix @ atoms
        return list(
            dict.fromkeys(self.names[row] for row in np.flatnonzero((found < self.lower) | (found > self.upper)))
        )


def state_relations(relations: Iterable[Relation], base: Base) -> Facts:
    """The rows that hold blocks together, and those of every relation."""
    parts = [_Part("blocks agree on what they share", base.links(), 0.0, 0.0)]
    for relation in relations:
        if not (hidden_populations([relation]) and any(relation in kinds.relations for kinds in base.kinds)):
            parts.extend(_STATEMENTS[type(relation)](relation, base))
    for kinds in base.kinds:
        parts.extend(_of_kinds(kinds, base))
    return Facts(
        stack([part.matrix for part in parts], base.size),
        np.concatenate([np.full(part.matrix.shape[0], part.lower) for part in parts]),
        np.concatenate([np.full(part.matrix.shape[0], part.upper) for part in parts]),
        tuple(part.name for part in parts for _ in range(part.matrix.shape[0])),
    )


def hidden_populations(relations: Iterable[Relation]) -> dict[str, tuple[str, ...]]:
    """Populations that no table counts but a relation needs -> the tabulated ones between which they lie."""
    found: dict[str, tuple[str, ...]] = {}
    for relation in relations:
        if isinstance(relation, Cumulative) and relation.removals:
            found[removed_between(relation)] = relation.populations
        if isinstance(relation, Revision):
            found |= dict.fromkeys((rose_between(relation), fell_between(relation)), relation.populations)
    return found


def hidden_counts(table_set: TableSet, counts: Counts, base: Base) -> dict[str, pd.DataFrame]:
    """The least counts of the hidden populations that agree with the true counts, by the codes that both sides have;
    and of the kinds of persons that the base holds apart."""
    found: dict[str, pd.DataFrame] = {}
    for kinds in base.kinds:
        found |= counts_of_kinds(kinds, counts)
    for relation in table_set.relations:
        if isinstance(relation, Cumulative) and relation.removals:
            found[removed_between(relation)] = removed_persons(relation, counts)
        if isinstance(relation, Revision):
            found[rose_between(relation)] = excess(counts[relation.second], counts[relation.first])
            found[fell_between(relation)] = excess(counts[relation.first], counts[relation.second])
    return found


def removed_persons(relation: Cumulative, counts: Counts) -> pd.DataFrame:
    """The least that must have gone between the two, by the codes that both have; never below 0."""
    before = [counts[name] for name in (relation.earlier, relation.arrivals) if name]
    return excess(pd.concat(before, join="inner"), counts[relation.later])


def excess(counts: pd.DataFrame, over: pd.DataFrame) -> pd.DataFrame:
    """By how much one count is larger than another, for every combination of the codes that both have, or in all."""
    names = [name for name in counts.columns if name != "count" and name in over]
    signed = pd.concat([counts, over.assign(count=-over["count"])])
    if not names:
        return pd.DataFrame({"count": [signed["count"].sum()]}).query("count > 0")
    return signed.groupby(names, as_index=False, observed=True)["count"].sum().query("count > 0")


@dataclass(frozen=True, eq=False)
class _Part:
    name: str
    matrix: sparse.csr_array
    lower: float
    upper: float


def _atoms(block: Block, base: Base) -> sparse.csr_array:
    return rows_of(block, np.arange(block.size), base.size)


def _total(population: str, base: Base) -> sparse.csr_array:
    block = base.of(population)[0]
    return rows_of(block, np.zeros(block.size, dtype=np.int64), base.size)


def _matched(base: Base, *populations: str) -> list[tuple[sparse.csr_array, ...]]:
    """For every set of dimensions that some block of each holds, the margin of each population over it."""
    found = []
    shared = set.intersection(*({name for b in base.of(p) for name in b.names} for p in populations))
    wanted = [tuple(n for n in block.names if n in shared) for block in base.of(populations[0])]
    for names in dict.fromkeys(wanted):
        holders = [base.holding(population, names) for population in populations]
        found.append(tuple(rows_of(block, block.margin(names), base.size) for block in holders))
    return found


def _subset(relation: Subset, base: Base) -> list[_Part]:
    name = f"{relation.part} is part of {relation.whole}"
    pairs = _matched(base, relation.part, relation.whole)
    return [_Part(name, whole - part, 0.0, FREE) for part, whole in pairs]


def _cumulative(relation: Cumulative, base: Base) -> list[_Part]:
    name = _words(relation)
    gone = [removed_between(relation)] if relation.removals else []
    came = [relation.arrivals] if relation.arrivals else []
    parts = [_Part(name, _total(population, base), 0.0, relation.removals) for population in gone]
    for earlier, later, *others in _matched(base, relation.earlier, relation.later, *gone, *came):
        removed, arrived = others[: len(gone)], others[len(gone) :]
        parts += [_Part(name, later - earlier + sum(removed) - sum(arrived), 0.0, FREE)]
        parts += [_Part(name, earlier - left, 0.0, FREE) for left in removed]
    return parts


def _accumulation(relation: Accumulation, base: Base) -> list[_Part]:
    name = f"{relation.earlier} and {relation.arrivals} make {relation.later}"
    matched = _matched(base, relation.earlier, relation.arrivals, relation.later)
    return [_Part(name, earlier + arrived - later, 0.0, 0.0) for earlier, arrived, later in matched]


def _flows(relation: Flows, base: Base) -> list[_Part]:
    name = f"{relation.opening} and its flows give {relation.closing}"
    matched = _matched(base, relation.opening, relation.inflow, relation.outflow, relation.closing)
    return [_Part(name, start + arrived - left - end, 0.0, 0.0) for start, arrived, left, end in matched]


def _revision(relation: Revision, base: Base) -> list[_Part]:
    name = _words(relation)
    rose, fell = rose_between(relation), fell_between(relation)
    parts = [_Part(name, _total(rose, base) + _total(fell, base), 0.0, relation.at_most)]
    for first, second, up, down in _matched(base, relation.first, relation.second, rose, fell):
        # nobody falls out who was not in: without it, blocks that agree need not come from whole tables that do
        parts += [_Part(name, second - first - up + down, 0.0, 0.0), _Part(name, first - down, 0.0, FREE)]
    return parts


def _of_kinds(kinds: Kinds, base: Base) -> list[_Part]:
    parts = []
    for words, dimensions, terms, is_equal in kinds.statements():
        like = next(name for name in kinds.populations if kinds.dimensions[name] == dimensions)
        for block in base.of(like):
            margin = sum(times * _margin(name, block.names, base) for name, times in terms.items())
            parts.append(_Part(words, sparse.csr_array(margin), 0.0, 0.0 if is_equal else FREE))
    for relation, changed in zip(kinds.relations, kinds.changes, strict=True):
        if isinstance(relation, Cumulative | Revision) and changed.any():
            total = sum(times * _margin(name, (), base) for name, times in kinds.in_terms(changed).items())
            parts.append(_Part(_words(relation), sparse.csr_array(total), 0.0, _figure(relation)))
    return parts


def _margin(population: str, names: tuple[str, ...], base: Base) -> sparse.csr_array:
    block = base.holding(population, names)
    return rows_of(block, block.margin(names), base.size)


def _multi_response(relation: MultiResponse, base: Base) -> list[_Part]:
    name = f"{relation.pairs} are the categories of {relation.children}"
    parts = []
    categories = _number_of_leaves(relation.pairs, relation.dimension, base)
    for block in base.of(relation.pairs):
        names = [n for n in block.names if n != relation.dimension]
        holder = base.holding(relation.children, names)
        children = rows_of(holder, holder.margin(names), base.size)
        parts.append(_Part(name, rows_of(block, block.margin(names), base.size) - children, 0.0, FREE))
        if relation.dimension in block.names:
            place = block.margin(names)
            parts.append(_Part(name, children[place] - _atoms(block, base), 0.0, FREE))
        elif categories:  # nobody is counted more often than there are categories
            parts.append(_Part(name, categories * children - _atoms(block, base), 0.0, FREE))
    return parts


def _number_of_leaves(population: str, dimension: str, base: Base) -> int:
    """0 where no table tells codes of the dimension apart."""
    axes = (axis for block in base.of(population) for axis in block.axes if axis.name == dimension)
    return next((sum(len(members) for members in axis.leaves) for axis in axes), 0)


_STATEMENTS: Mapping[type, Callable[..., list[_Part]]] = {
    Subset: _subset,
    Cumulative: _cumulative,
    Accumulation: _accumulation,
    Flows: _flows,
    Revision: _revision,
    MultiResponse: _multi_response,
}


def _words(relation: Cumulative | Revision) -> str:
    if isinstance(relation, Cumulative):
        return f"{relation.later} holds {relation.earlier}, less {relation.removals} removed"
    return f"{relation.second} revises {relation.first} by at most {relation.at_most}"


def _figure(relation: Cumulative | Revision) -> int:
    return relation.removals if isinstance(relation, Cumulative) else relation.at_most


def removed_between(relation: Cumulative) -> str:
    """The name of the hidden population of those who went."""
    return f"removed between {relation.earlier} and {relation.later}"


def rose_between(relation: Revision) -> str:
    """The name of the hidden population of those who count in the later vintage only."""
    return f"rose from {relation.first} to {relation.second}"


def fell_between(relation: Revision) -> str:
    """The name of the hidden population of those who count in the earlier vintage only."""
    return f"fell from {relation.first} to {relation.second}"
