"""Kinds of persons: which of several related populations can count the same person.

Two statements about one population split it twice, as in: of everyone up to March, some came in March, and some are
removed in April. Tables that agree with both, margin by margin, need not come from whole tables that do. The kinds of
persons split it once, as finely as all statements together: each kind has a table of its own, bound by nothing but
that counts are not negative, and every population is the sum of its kinds. Margins of free tables always come from
whole ones, so a model that holds the kinds apart is exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import numpy as np

from anonymization.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset

MOST_KINDS = 500  # beyond it, one clique of all dimensions is no worse
Kind = frozenset[str]  # the populations that count a person of this kind
Dimensions = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of persons of populations that relations connect without a circle.

    order:      every population, the first one alone, each other one with one before it that a relation ties it to.
    dimensions: of each population. every: the kinds.
    """

    order: tuple[tuple[str, str], ...]
    dimensions: Dimensions
    relations: tuple[Relation, ...]
    every: tuple[Kind, ...]

    @cached_property
    def populations(self) -> tuple[str, ...]:
        """The populations, in order."""
        return tuple(name for name, _ in self.order)

    @cached_property
    def counts(self) -> np.ndarray:
        """Populations x kinds: 1 where a population counts the kind."""
        return np.array([[name in kind for kind in self.every] for name in self.populations], dtype=np.int64)

    @cached_property
    def rest(self) -> list[int]:
        """Places of the kinds that follow from the populations and all other kinds; those that never left come first,
        so that another quarter needs no kind apart that this one does not."""
        leaving = self.changes(leaving=True).sum(axis=0)
        return _independent(self.counts.T, np.argsort(leaving, kind="stable"))

    @cached_property
    def apart(self) -> list[int]:
        """Places of the kinds that need atoms of their own."""
        return [place for place in range(len(self.every)) if place not in self.rest]

    @property
    def with_atoms(self) -> list[Kind]:
        """The kinds that need atoms of their own."""
        return [self.every[place] for place in self.apart]

    @property
    def hidden(self) -> dict[str, tuple[str, ...]]:
        """The kinds that need atoms, by name -> their dimensions."""
        return {name_of(kind): self.dimensions_of(kind) for kind in self.with_atoms}

    def dimensions_of(self, kind: Kind) -> tuple[str, ...]:
        """Those of its population that has most."""
        return max((self.dimensions[name] for name in sorted(kind)), key=len)

    def changes(self, leaving: bool = False) -> np.ndarray:
        """Relations x kinds: 1 where a person of the kind is removed, or leaves or enters a vintage (`leaving` only)."""
        ends = [_ends(relation) for relation in self.relations]
        leave = np.array([[a in k and b not in k for k in self.every] for a, b in ends], dtype=np.int64)
        enter = np.array(
            [
                [isinstance(r, Revision) and r.second in k and r.first not in k for k in self.every]
                for r in self.relations
            ],
            dtype=np.int64,
        )
        return leave if leaving else leave + enter

    @property
    def are_stated(self) -> bool:
        """Whether the relations' own rows hold them apart already: each kind follows from what is counted and removed."""
        known = np.vstack([self.counts, self.changes(leaving=True)]) if self.relations else self.counts
        return int(np.linalg.matrix_rank(known)) == len(self.every)

    def in_terms(self, kinds: np.ndarray) -> dict[str, int]:
        """A sum of kinds (a number for each) as a sum of populations and of kinds with atoms: name -> how often."""
        rows = _independent(self.counts[:, self.rest], range(len(self.populations)))
        square = self.counts[np.ix_(rows, self.rest)]
        ours = np.rint(np.linalg.solve(square.T, kinds[self.rest])).astype(np.int64)
        others = kinds[self.apart] - ours @ self.counts[np.ix_(rows, self.apart)]
        names = [*(self.populations[row] for row in rows), *self.hidden]
        found = dict(zip(names, (int(n) for n in (*ours, *others)), strict=True))
        return {name: times for name, times in found.items() if times}

    def statements(self) -> list[tuple[str, tuple[str, ...], dict[str, int], bool]]:
        """Of each kind without atoms that it is not negative, and of each population that it is the sum of its kinds.

        Each in words, the dimensions it holds for, what of each name is added up, and whether that is 0.
        """
        units, found = np.eye(len(self.every), dtype=np.int64), []
        for place in self.rest:
            kind = self.every[place]
            words = f"what is stated of {', '.join(sorted(kind))}"
            terms = self.in_terms(units[place])
            if len(terms) > 1:  # otherwise it is a population, and no count is negative
                found.append((words, self.dimensions_of(kind), terms, False))
        for name, counted in zip(self.populations, self.counts, strict=True):
            terms = self.in_terms(counted)
            if terms != {name: 1}:
                words = f"what is stated of {', '.join(sorted({name, *terms}))}"
                found.append((words, self.dimensions[name], {**terms, name: terms.get(name, 0) - 1}, True))
        return found

    @property
    def are_whole(self) -> bool:
        """Whether every statement has whole numbers, and populations that tell its dimensions apart."""
        rows = _independent(self.counts[:, self.rest], range(len(self.populations)))
        known = {**self.dimensions, **self.hidden}
        return abs(abs(np.linalg.det(self.counts[np.ix_(rows, self.rest)])) - 1) < 0.5 and all(
            set(dimensions) <= set(known[name]) for _, dimensions, terms, _ in self.statements() for name in terms
        )


def find_kinds(dimensions: Dimensions, relations: Sequence[Relation]) -> Kinds | None:
    """The kinds of persons of populations that relations connect, by name with their dimensions.

    None when they cannot be told one relation after another: there is a circle or a relation of another sort, kinds are
    too many, or populations hold so different dimensions that their persons are tied by some codes only.
    """
    order = _order(list(dimensions), relations)
    if order is None:
        return None
    kinds: list[Kind] = []
    done: set[str] = set()
    for name, tied in order:
        done.add(name)
        kinds += [kind | {name} for kind in kinds if tied in kind] + [frozenset({name})]
        kinds = [kind for kind in kinds if is_allowed(kind, relations, done)]
        if len(kinds) > MOST_KINDS:
            return None
    found = Kinds(tuple(order), dimensions, tuple(relations), tuple(sorted(kinds, key=sorted)))
    return (
        found if len(relations) < 2 or _have_like_dimensions(found) and (found.are_stated or found.are_whole) else None
    )


def name_of(kind: Kind) -> str:
    """What the population of such persons is called: every name in it stands after a blank, as the ledger needs."""
    return f"only in {' and in '.join(sorted(kind))}"


def is_allowed(kind: Kind, relations: Iterable[Relation], done: set[str]) -> bool:
    """Whether these relations let a person count in just these populations, as far as they are `done`."""
    return all(_allows(relation, kind) for relation in relations if set(relation.populations) <= done)


def reserved(later: str, earlier: str, relations: Iterable[Relation], done: set[str]) -> str:
    """The arrivals, not yet `done`, that are part of `later` and so cannot have been in `earlier`; or nothing."""
    for relation in relations:
        if isinstance(relation, Cumulative | Accumulation) and _ends(relation) == (earlier, later):
            if relation.arrivals and relation.arrivals not in done:
                return relation.arrivals
    return ""


def _allows(relation: Relation, kind: Kind) -> bool:
    one, other = _ends(relation)
    stays = one not in kind or other in kind
    if isinstance(relation, Subset):
        return stays
    if isinstance(relation, Revision):
        return relation.at_most > 0 or (one in kind) == (other in kind)
    assert isinstance(relation, Cumulative | Accumulation)
    came = relation.arrivals in kind
    if isinstance(relation, Accumulation):
        return (one in kind) + came == (other in kind)
    return (stays or relation.removals > 0) and not (came and (one in kind or other not in kind))


def _ends(relation: Relation) -> tuple[str, str]:
    """The two populations of which the second continues, or holds, the first."""
    if isinstance(relation, Cumulative | Accumulation):
        return relation.earlier, relation.later
    return relation.populations[0], relation.populations[1]


def _order(populations: list[str], relations: Iterable[Relation]) -> list[tuple[str, str]] | None:
    """Populations along a tree of ties, arrivals before what else is tied to theirs; None when there is a circle."""
    graph = nx.Graph()
    graph.add_nodes_from(populations)
    arrivals = set()
    for relation in relations:
        if not isinstance(relation, Subset | Cumulative | Accumulation | Revision):
            return None
        hub = _ends(relation)[1]
        graph.add_edges_from((name, hub) for name in relation.populations if name != hub)
        arrivals |= {getattr(relation, "arrivals", "")}
    if not nx.is_forest(graph):
        return None
    first = next((name for name in populations if name not in arrivals), populations[0])
    before = nx.dfs_predecessors(
        graph, first, sort_neighbors=lambda names: sorted(names, key=lambda n: n not in arrivals)
    )
    return [(first, ""), *before.items()]


def _on_all_shared(relation: Relation, dimensions: Dimensions) -> bool:
    """Whether the relation is stated on everything that each two of its populations share."""
    hub = _ends(relation)[1]
    shared = [set(dimensions[hub]) & set(dimensions[name]) for name in relation.populations if name != hub]
    return all(found == shared[0] for found in shared)


def _have_like_dimensions(kinds: Kinds) -> bool:
    """Whether what the relations say of some codes says all about persons of each kind.

    So it is when each is stated on all that two of its populations share, when one population of each kind has all its
    dimensions, and when those that have a dimension are tied by it.
    """
    tree = nx.Graph([pair for pair in kinds.order if pair[1]])
    return all(_on_all_shared(relation, kinds.dimensions) for relation in kinds.relations) and all(
        _hangs_together(kind, kinds.dimensions, tree) for kind in kinds.every
    )


def _hangs_together(kind: Kind, dimensions: Dimensions, tree: nx.Graph) -> bool:
    """Whether one of its populations has all its dimensions, and those with one dimension are tied by it."""
    names = set().union(*(dimensions[name] for name in kind))
    holders = [{name for name in kind if dimension in dimensions[name]} for dimension in names]
    widest = max(len(dimensions[name]) for name in kind)
    return widest == len(names) and all(len(held) == 1 or nx.is_connected(tree.subgraph(held)) for held in holders)


def _independent(rows: np.ndarray, order: Iterable[int]) -> list[int]:
    """Places of rows, taken in this order, that are linearly independent and span all."""
    found: list[int] = []
    for place in order:
        if len(found) < rows.shape[1] and np.linalg.matrix_rank(rows[[*found, int(place)]]) > len(found):
            found.append(int(place))
    return found
