"""Random small sets of linked tables of SYNTHETIC children, for hypothesis: hierarchies, relations, rules."""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from anonymization.disclosure.tables.relations import Cumulative, Flows, MultiResponse, Relation, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import Stricter, ThresholdRule

COUNTS = (0, 0, 1, 2, 3, 4, 6, 9)
CARE = Dimension("care", {"CARE": {"SEP": "SEP", "UNACC": "UNACC"}})
CONCERN = Dimension("concern", {"CONCERN": {code: code for code in ("GBV", "HEALTH", "NEGLECT")}})


@st.composite
def rules(draw: st.DrawFn) -> ThresholdRule:
    """Thresholds of 3 to 6, both knowledges, sometimes a stricter cell, a wider width, one table with other zeros."""
    threshold, knowledge = draw(st.integers(3, 6)), draw(st.sampled_from(("nonnegative", "zeros_published")))
    least = {"nonnegative": 0, "zeros_published": 1}[knowledge]
    stricter = draw(st.sampled_from(((), (Stricter(threshold + 2, codes={"area": ("C0",)}),))))
    other = draw(st.sampled_from(({}, {"T0": "zeros_published"})))
    return ThresholdRule(threshold, threshold - least + draw(st.integers(0, 1)), knowledge, stricter, other)


@st.composite
def dimensions(draw: st.DrawFn) -> tuple[Dimension, ...]:
    """An area of one to four counties with a nested or a crossed grouping, and up to two more dimensions."""
    counties = [f"C{number}" for number in range(draw(st.integers(1, 4)))]
    levels = {"COUNTY": dict(zip(counties, counties, strict=True))}
    for level in draw(st.sampled_from(((), ("REGION",), ("REGION", "OTHER")))):  # two groupings need not nest
        groups = [draw(st.sampled_from("12")) for _ in counties]
        levels[level] = {county: level + group for county, group in zip(counties, groups, strict=True)}
    others = (Dimension("sex", {"SEX": {"F": "F", "M": "M"}}), CARE)
    return (Dimension("area", levels), *others[: draw(st.integers(0, 2))])


def margins_of(draw: st.DrawFn, table_dimensions: tuple[Dimension, ...]) -> tuple[dict, ...]:
    """One or two margins; most are whole crosses with totals."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        shown = {d.name: ("TOTAL", *d.levels)[draw(st.integers(0, 1)) :] for d in table_dimensions}
        left_out = draw(st.sampled_from((None, *shown)))
        found.append({name: levels for name, levels in shown.items() if name != left_out or len(shown) == 1})
    return tuple(found)


@st.composite
def tables_of(draw: st.DrawFn, population: str, known: tuple[Dimension, ...], first: int, most: int) -> list[Table]:
    """One to `most` tables of a population, each of one or more of its dimensions; together they use all."""
    found = []
    for number in range(draw(st.integers(1, most))):
        chosen = known if number == 0 else tuple(d for d in known if draw(st.booleans())) or known[:1]
        found.append(Table(f"T{first + number}", population, chosen, margins_of(draw, chosen)))
    return found


@st.composite
def releases(draw: st.DrawFn, most_tables: int = 3) -> Release:
    """One to three linked tables of one population."""
    known = draw(dimensions())
    tables = draw(tables_of("children", known, 0, most_tables))
    return Release(TableSet(tuple(tables)), {"children": draw(counts(known))})


@st.composite
def counts(draw: st.DrawFn, known: tuple[Dimension, ...]) -> pd.DataFrame:
    """A count for every combination of leaves."""
    leaves = list(product(*(d.leaves for d in known)))
    numbers = draw(st.lists(st.sampled_from(COUNTS), min_size=len(leaves), max_size=len(leaves)))
    return pd.DataFrame(leaves, columns=[d.name for d in known]).assign(count=numbers)


def plus(base: pd.DataFrame, change: np.ndarray) -> pd.DataFrame:
    """The same combinations with other counts."""
    return base.assign(count=base["count"].to_numpy() + change)


@st.composite
def related(draw: st.DrawFn, kinds: tuple[type, ...] = (Subset, Cumulative, Revision, MultiResponse)) -> Release:
    """Two populations (four for flows) that a relation connects, each with one or two tables."""
    kind, known = draw(st.sampled_from(kinds)), draw(dimensions())
    known = known[: {MultiResponse: 1, Flows: 2, Revision: 2}.get(kind, 3)]  # more takes ages
    base = draw(counts(known))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    size = len(base)
    if kind is MultiResponse:
        return draw(_multi_response(known, random))
    if kind is Flows:
        inflow = plus(base, -base["count"].to_numpy() + random.integers(0, 4, size))
        outflow = plus(inflow, random.integers(0, base["count"].to_numpy() + 1) - inflow["count"].to_numpy())
        closing = plus(base, inflow["count"].to_numpy() - outflow["count"].to_numpy())
        frames = {"opening": base, "inflow": inflow, "outflow": outflow, "closing": closing}
        return _joined(draw, frames, known, Flows(*frames), 1)
    if kind is Subset:
        return _joined(draw, {"part": base, "whole": plus(base, random.integers(0, 4, size))}, known,
                       Subset("part", "whole"), 2)  # fmt: skip
    gone = np.minimum(base["count"].to_numpy(), random.integers(0, 2, size))
    after = plus(base, random.integers(0, 3, size) - gone)
    moved = int(np.abs(after["count"] - base["count"]).sum())
    relation: Relation = Revision("first", "second", moved + draw(st.integers(0, 2)))
    if kind is Cumulative:
        relation = Cumulative("first", "second", int(gone.sum()) + draw(st.integers(0, 1)))
    return _joined(draw, {"first": base, "second": after}, known, relation, 2)


def _joined(
    draw: st.DrawFn, frames: dict[str, pd.DataFrame], known: tuple[Dimension, ...], relation: Relation, most: int
) -> Release:
    tables: list[Table] = []
    for population in frames:
        tables += draw(tables_of(population, known, len(tables), most))
    return Release(TableSet(tuple(tables), (relation,)), frames)


@st.composite
def _multi_response(draw: st.DrawFn, known: tuple[Dimension, ...], random: np.random.Generator) -> Release:
    """Children with one to three concerns each; `pairs` counts each child under each of them."""
    names = [d.name for d in known]
    people = draw(counts(known))
    people = people.loc[people.index.repeat(people["count"])].drop(columns="count").reset_index(drop=True)
    has = random.random((len(people), 3)) < 0.5
    has[np.arange(len(people)), random.integers(0, 3, len(people))] = True
    pairs = [people[has[:, place]].assign(concern=code) for place, code in enumerate(CONCERN.leaves)]
    frames = {
        "children": people.groupby(names).size().reset_index(name="count"),
        "pairs": pd.concat(pairs).groupby([*names, "concern"]).size().reset_index(name="count"),
    }
    tables = draw(tables_of("children", known, 0, 2))
    margin = {**{d.name: ("TOTAL", *d.levels) for d in known}, "concern": ("TOTAL", "CONCERN")}
    tables.append(Table("P", "pairs", (*known, CONCERN), (margin,)))
    return Release(TableSet(tuple(tables), (MultiResponse("children", "pairs", "concern"),)), frames)
