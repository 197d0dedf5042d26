"""What is known to relate two populations whatever is published: facts that an attacker may reckon with.

Every relation holds child by child, so it holds for every combination of codes that the populations share. A relation
that is not known for certain is no relation: it would make a model stronger than the truth.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Subset:
    """Every person of `part` also counts in `whole`, with the same codes: part <= whole in every cell."""

    part: str
    whole: str

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return self.part, self.whole


@dataclass(frozen=True)
class Cumulative:
    """`later` counts everyone since the launch, as `earlier` did, less at most `removals` persons in all.

    removals: erased, duplicates found, consent withdrawn; a published figure, 0 when it is stated that there are none.
    arrivals: the population, if one is tabulated, of those who were added in between: `later` holds them too.
    """

    earlier: str
    later: str
    removals: int = 0
    arrivals: str = ""

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return (self.earlier, self.later, self.arrivals) if self.arrivals else (self.earlier, self.later)


@dataclass(frozen=True)
class Accumulation:
    """earlier + arrivals = later, in every cell: all three known at one time, so nothing came late and nothing went."""

    earlier: str
    arrivals: str
    later: str

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return self.earlier, self.arrivals, self.later


@dataclass(frozen=True)
class Flows:
    """opening + inflow - outflow = closing, in every cell: a stock with its published flows."""

    opening: str
    inflow: str
    outflow: str
    closing: str

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return self.opening, self.inflow, self.outflow, self.closing


@dataclass(frozen=True)
class Revision:
    """`second` is a later vintage of `first`; the two differ by at most `at_most` persons, each moved, new or gone.

    at_most: our published revision figure: the sum over all cells of the finest combination of what rose and what fell.
    """

    first: str
    second: str
    at_most: int

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return self.first, self.second


@dataclass(frozen=True)
class MultiResponse:
    """`children` have at least one category of `dimension`; `pairs` counts each child once in each of its categories.

    So in every cell: the largest category <= children <= the sum of the categories.
    """

    children: str
    pairs: str
    dimension: str

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations it relates."""
        return self.children, self.pairs


Relation = Subset | Cumulative | Accumulation | Flows | Revision | MultiResponse
