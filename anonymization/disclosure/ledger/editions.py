"""Which release it is, how its populations stand in time, and the names that the past gets in a joint model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from anonymization.disclosure.tables.relations import Relation
from anonymization.errors import DisclosureError

Period = Literal["flow", "stock", "cumulative"]
PUBLIC = "public"
QUARTER = re.compile(r"\d{4}-Q[1-4]", re.ASCII)


@dataclass(frozen=True)
class LedgerEdition:
    """One vintage of one quarter, for one audience. known_at: ISO day up to which records had been received.

    Raises DisclosureError for a quarter that is none, and for a vintage below 1.
    """

    quarter: str
    vintage: int
    known_at: str
    audience: str = PUBLIC

    def __post_init__(self) -> None:
        if not QUARTER.fullmatch(self.quarter) or self.vintage < 1:
            raise DisclosureError(f"{self.quarter} v{self.vintage} is no edition: write a quarter such as 2023-Q4, v1.")

    @property
    def name(self) -> str:
        """Quarter and vintage: what its populations are known by later, whoever sees them."""
        return f"{self.quarter} v{self.vintage}"

    @property
    def label(self) -> str:
        """Quarter, vintage and, where it is not the public, audience: unique in a ledger."""
        return self.name if self.audience == PUBLIC else f"{self.name} {self.audience}"

    def population(self, population: str) -> str:
        """The name of one of its populations among those of other editions.

        >>> LedgerEdition("2023-Q4", 1, "2024-01-14").population("registrations")
        '2023-Q4 v1 registrations'
        """
        return f"{self.name} {population}"

    def table(self, table_id: str) -> str:
        """The id of one of its tables among those of other editions."""
        return f"{self.label} {table_id}"


@dataclass(frozen=True)
class Timing:
    """How a population's counts of different quarters hang together.

    period:   flow: events of the quarter, so quarters count different events; stock: who is there on the last day;
              cumulative: everyone since the launch.
    arrivals: of a cumulative population: the flow of the same release that counts who was added in the quarter.

    Raises DisclosureError for an unknown period, and for arrivals of what is not cumulative.
    """

    period: Period
    arrivals: str = ""

    def __post_init__(self) -> None:
        if self.period not in ("flow", "stock", "cumulative"):
            raise DisclosureError(f"{self.period!r} is no period: write flow, stock or cumulative.")
        if self.arrivals and self.period != "cumulative":
            raise DisclosureError("Only a cumulative population has arrivals: remove them, or correct its period.")


def edition_of(population: str) -> str:
    """The edition's name in a population's name among those of other editions.

    >>> edition_of("2023-Q4 v1 registrations")
    '2023-Q4 v1'
    """
    return " ".join(population.split(" ", 2)[:2])


def with_populations(relation: Relation, names: Mapping[str, str]) -> Relation:
    """The same relation between populations of other names; what `names` does not hold stays."""
    old = {field.name: getattr(relation, field.name) for field in fields(relation) if field.name != "dimension"}
    changed: dict[str, Any] = {name: names[value] for name, value in old.items() if value in names}
    return replace(relation, **changed)
