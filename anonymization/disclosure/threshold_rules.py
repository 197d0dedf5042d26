"""What must stay unknown about small counts, as `policy.yml` or a specification states it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from anonymization.errors import PolicyError

Knowledge = Literal["nonnegative", "zeros_published"]
LEAST_HIDDEN: Mapping[str, int] = {"nonnegative": 0, "zeros_published": 1}


@dataclass(frozen=True)
class Stricter:
    """A higher threshold for some cells: those of the tables, at the levels and with the codes that it names.

    tables: table ids, all when empty. levels: dimension -> level at which the cell must stand. codes: dimension ->
    codes of which the cell must have one. What is not named does not matter.
    """

    threshold: int
    tables: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ANY = "any"  # in place of a level: every level, the total too


@dataclass(frozen=True)
class NamedCells:
    """Cells named by definition: those of the tables, at the levels or with the codes that it names, else totalled.

    tables: table ids, all when empty. levels: dimension -> levels, one of which the cell must stand at (`any`: at every
    one). codes: dimension -> codes, one of which the cell must have. A dimension that neither names is totalled, so a
    definition that names nothing means the grand totals.
    """

    tables: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        twice = set(self.levels) & set(self.codes)
        if twice:
            raise PolicyError(f"{min(twice)} is named in levels and in codes: name it in one of them.")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that it names."""
        return (*self.levels, *self.codes)


@dataclass(frozen=True)
class ThresholdRule:
    """What one audience may learn about small counts; there are no defaults for the numbers.

    threshold: counts from 1 to threshold - 1 are hidden (5 hides 1, 2, 3 and 4).
    width:     the values that an attacker must still hold possible span at least this much.
    knowledge: `zeros_published`: every zero is shown, so a hidden count is known to be at least 1; `nonnegative`: the
               attacker is taken to know only that counts are not negative (weaker; for comparison).
    stricter:  cells with a higher threshold; their width grows with it.
    knowledge_by_table: tables whose zero rule is another one.
    hide: cells that are hidden whatever their count is, and protected like small counts.
    narrower_because: why the width may be less than threshold less the smallest hidden count.

    Raises PolicyError when the numbers contradict each other.
    """

    threshold: int
    width: int
    knowledge: Knowledge
    stricter: tuple[Stricter, ...] = ()
    knowledge_by_table: Mapping[str, Knowledge] = field(default_factory=dict)
    narrower_because: str = ""
    hide: tuple[NamedCells, ...] = ()

    def __post_init__(self) -> None:
        if self.threshold < 2 or any(rule.threshold <= self.threshold for rule in self.stricter):
            raise PolicyError("threshold must be at least 2, and a stricter one higher still: correct it.")
        unknown = {str(self.knowledge), *map(str, self.knowledge_by_table.values())} - set(LEAST_HIDDEN)
        if unknown:
            raise PolicyError(f"knowledge must be one of {', '.join(LEAST_HIDDEN)}: correct it.")
        if self.width < 1 or (self.spare < 0 and not self.narrower_because):
            raise PolicyError(
                "width must be at least threshold less the smallest hidden count, or an interval can end below the "
                "threshold: raise it, or say in narrower_because why less suffices."
            )

    @property
    def spare(self) -> int:
        """How much wider than needed the width is: added for every cell, whatever its threshold."""
        return self.width - (self.threshold - LEAST_HIDDEN[self.knowledge])

    def least_hidden(self, table_id: str) -> int:
        """The smallest count that a hidden cell of this table can have."""
        return LEAST_HIDDEN[self.knowledge_by_table.get(table_id, self.knowledge)]
