"""What is publicly known to relate a new release to earlier ones, and the figures that we state with it.

A relation is used only where it is certain. Vintages of one quarter differ by at most our revision figure. What counts
everyone since the launch holds what it held a quarter before, less at most our figure of removals. Two results of one
day of receipt need no figure: nothing came late and nothing went. Stocks of two days are related by the flows between
them, of which we publish none; flows of two quarters count different events.
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.ledger.entry import Entry
from anonymization.disclosure.tables.known_facts import excess, removed_persons
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset
from anonymization.errors import DisclosureError

Counts = Mapping[str, pd.DataFrame]  # population -> a row per combination of leaf codes, with `count`
UNRELATED = {
    "flow": "{now} and {before} count the events of different quarters: no row relates them.",
    "stock": "{now} and {before} are related only by what came and went in between, which is not published: no row.",
}


def stated_figure(persons: int, multiple: int) -> int:
    """The figure that is published for so many persons changed or removed: the next multiple, and never below one.

    So it does not tell whether there was any change at all. Raises DisclosureError for a multiple below 1.

    >>> [stated_figure(persons, 5) for persons in (0, 1, 5, 6)]
    [5, 5, 5, 10]
    """
    if multiple < 1:
        raise DisclosureError("A revision figure is a multiple of at least 1: correct it.")
    return multiple * max(1, -(-persons // multiple))


def statements(
    edition: LedgerEdition,
    timings: Mapping[str, Timing],
    counts: Counts,
    before: Sequence[tuple[Entry, Counts]],
    multiple: int,
) -> tuple[Relation, ...]:
    """The relations of a new release to itself and to earlier ones, with the figures to publish beside it.

    Its own populations keep their names, earlier ones have those of their edition. `counts`: of the new release, at the
    leaf codes; `before`: earlier entries that the same audience sees, each with its own counts.
    """
    found: list[Relation] = []
    for population, timing in timings.items():
        if timing.arrivals:
            found.append(Subset(timing.arrivals, population))
        found += _revisions(edition, population, counts, before, multiple)
        if timing.period == "cumulative":
            found += _growth(edition, population, timing, counts, before, multiple)
    return tuple(found)


def unrelated(
    edition: LedgerEdition, timings: Mapping[str, Timing], before: Sequence[tuple[Entry, Counts]]
) -> tuple[str, ...]:
    """In words, which populations of other quarters no row relates to the new ones, and why."""
    found = []
    for population, timing in timings.items():
        for entry, _ in before:
            if timing.period in UNRELATED and population in entry.timings and entry.edition.quarter != edition.quarter:
                names = {"now": f"{edition.name} {population}", "before": entry.edition.population(population)}
                found.append(UNRELATED[timing.period].format(**names))
    return tuple(dict.fromkeys(found))


def _revisions(
    edition: LedgerEdition, population: str, counts: Counts, before: Sequence[tuple[Entry, Counts]], multiple: int
) -> list[Relation]:
    """To the vintage before; and, where another audience got this very vintage, that both count the same persons."""
    same = _newest(before, population, lambda e: e.quarter == edition.quarter and e.vintage == edition.vintage)
    if same:
        twin = same[0].edition.population(population)
        return [Subset(twin, population), Subset(population, twin)]
    earlier = _newest(before, population, lambda e: e.quarter == edition.quarter and e.vintage < edition.vintage)
    if not earlier:
        return []
    entry, known = earlier
    changed = sum(
        int(excess(one, other)["count"].sum())
        for one, other in ((counts[population], known[population]), (known[population], counts[population]))
    )
    return [Revision(entry.edition.population(population), population, stated_figure(changed, multiple))]


def _growth(
    edition: LedgerEdition,
    population: str,
    timing: Timing,
    counts: Counts,
    before: Sequence[tuple[Entry, Counts]],
    multiple: int,
) -> list[Relation]:
    """To the quarter before, and to the next one where it was published from what was known on the same day."""
    found: list[Relation] = []
    earlier = _newest(before, population, lambda e: e.quarter < edition.quarter)
    if earlier:
        found += _since(edition, population, timing, counts, earlier, multiple)
    later = _newest(
        before, population, lambda e: e.quarter > edition.quarter and e.known_at == edition.known_at, first=True
    )
    if later:
        found.append(_until(edition, population, later[0]))
    return found


def _until(edition: LedgerEdition, population: str, entry: Entry) -> Relation:
    """To a later quarter known on the same day: nothing went, and what came is all that its flow counts."""
    end, arrivals = entry.edition.population(population), entry.timings[population].arrivals
    if arrivals and entry.edition.quarter == next_quarter(edition.quarter):
        return Accumulation(population, entry.edition.population(arrivals), end)
    return Cumulative(population, end)


def _since(
    edition: LedgerEdition,
    population: str,
    timing: Timing,
    counts: Counts,
    earlier: tuple[Entry, Counts],
    multiple: int,
) -> list[Relation]:
    entry, known = earlier
    start = entry.edition.population(population)
    is_same_day = entry.edition.known_at == edition.known_at
    if is_same_day and timing.arrivals and next_quarter(entry.edition.quarter) == edition.quarter:
        return [Accumulation(start, timing.arrivals, population)]
    growth = Cumulative(start, population, 0, timing.arrivals)
    if is_same_day:
        return [growth]
    removed = int(removed_persons(growth, {**counts, start: known[population]})["count"].sum())
    return [Cumulative(start, population, stated_figure(removed, multiple), timing.arrivals)]


def next_quarter(quarter: str) -> str:
    """The quarter after.

    >>> next_quarter("2023-Q4")
    '2024-Q1'
    """
    year, number = int(quarter[:4]), int(quarter[-1])
    return f"{year + number // 4}-Q{number % 4 + 1}"


def _newest(
    before: Sequence[tuple[Entry, Counts]],
    population: str,
    wanted: Callable[[LedgerEdition], bool],
    first: bool = False,
) -> tuple[Entry, Counts] | None:
    """Of the entries with this population that are wanted: the latest quarter (or the first), its latest vintage."""
    found = [(entry, counts) for entry, counts in before if population in entry.timings and wanted(entry.edition)]
    sign = -1 if first else 1
    return max(found, key=lambda pair: (sign * _number(pair[0].edition.quarter), pair[0].edition.vintage), default=None)


def _number(quarter: str) -> int:
    return 4 * int(quarter[:4]) + int(quarter[-1])
