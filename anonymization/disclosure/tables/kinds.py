"""Kinds of persons: which of several related populations can count the same person.

Two statements about one population split it twice, as in: of everyone up to March, some came in March, and some are
removed in April. Tables that agree with both, margin by margin, need not come from whole tables that do. The kinds of
persons split it once, as finely as all statements together: each kind has a table of its own, bound by nothing but
that counts are not negative, and every population is the sum of its kinds. Margins of free tables always come from
whole ones, so a model that holds the kinds apart is exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision

Kind = frozenset[str]  # the populations that count a person of this kind
Dimensions = Mapping[str, tuple[str, ...]]
Statement = tuple[str, tuple[str, ...], dict[str, int], bool]


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
        """Places of the kinds that follow from the populations and all other kinds.

        Those that never left are taken first: what needs atoms now still needs them when another quarter follows.
        """
        return _independent(self.counts.T, np.argsort(self.leaving.sum(axis=0), kind="stable"))

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

    @cached_property
    def leaving(self) -> np.ndarray:
        """Relations x kinds: 1 where a person of the kind is in the first of its two populations, not in the second."""
        ends = [ends_of(relation) for relation in self.relations]
        return np.array([[a in kind and b not in kind for kind in self.every] for a, b in ends], dtype=np.int64)

    @property
    def changes(self) -> np.ndarray:
        """Relations x kinds: 1 where a person of the kind counts in the relation's figure of removals or changes."""
        ends = [ends_of(relation)[::-1] if isinstance(relation, Revision) else ("", "") for relation in self.relations]
        entering = [[a in kind and b not in kind for kind in self.every] for a, b in ends]
        return self.leaving + np.array(entering, dtype=np.int64)

    @property
    def are_stated(self) -> bool:
        """Whether the relations' own rows hold the kinds apart: each follows from what is counted and what left."""
        known = np.vstack([self.counts, self.leaving]) if self.relations else self.counts
        return int(np.linalg.matrix_rank(known)) == len(self.every)

    @cached_property
    def _rows(self) -> list[int]:
        """Places of populations that the others follow from."""
        return _independent(self.counts[:, self.rest], range(len(self.populations)))

    def in_terms(self, kinds: np.ndarray) -> dict[str, int]:
        """A sum of kinds (a number for each) as a sum of populations and of kinds with atoms: name -> how often."""
        square = self.counts[np.ix_(self._rows, self.rest)]
        ours = np.rint(np.linalg.solve(square.T, kinds[self.rest])).astype(np.int64)
        others = kinds[self.apart] - ours @ self.counts[np.ix_(self._rows, self.apart)]
        names = [*(self.populations[row] for row in self._rows), *self.hidden]
        return {name: int(times) for name, times in zip(names, (*ours, *others), strict=True) if times}

    def statements(self) -> list[Statement]:
        """Of each kind without atoms that it is not negative, and of other populations that their kinds make them up.

        Each in words, the dimensions it holds for, what of each name is added up, and whether that is 0.
        """
        units = np.eye(len(self.every), dtype=np.int64)
        found: list[Statement] = []
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
        known = {**self.dimensions, **self.hidden}
        is_unit = round(abs(np.linalg.det(self.counts[np.ix_(self._rows, self.rest)]))) == 1
        return is_unit and all(
            set(dimensions) <= set(known[name]) for _, dimensions, terms, _ in self.statements() for name in terms
        )


def name_of(kind: Kind) -> str:
    """What the population of such persons is called: every name in it stands after a blank, as the ledger needs."""
    return f"only in {' and in '.join(sorted(kind))}"


def ends_of(relation: Relation) -> tuple[str, str]:
    """The two populations of which the second continues, or holds, the first."""
    if isinstance(relation, Cumulative | Accumulation):
        return relation.earlier, relation.later
    return relation.populations[0], relation.populations[1]


def _independent(rows: np.ndarray, order: Iterable[int]) -> list[int]:
    """Places of rows, taken in this order, that are linearly independent and span all."""
    found: list[int] = []
    for place in order:
        if len(found) < rows.shape[1] and np.linalg.matrix_rank(rows[[*found, int(place)]]) > len(found):
            found.append(int(place))
    return found
