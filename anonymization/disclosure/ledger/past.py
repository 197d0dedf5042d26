"""The past as the joint model takes it: earlier tables under other names, what was asked of them, what they show."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import networkx as nx
import numpy as np
import pandas as pd

from anonymization.disclosure.ledger.entry import BOUNDS, Entry, canonical, describe_counts, described
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.relations import Relation
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.tables.table_set import TOTAL, Release, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

# how whole tables differ from the truth: for each table a list of (atom, by how much), without zeros
Moves = tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, eq=False)
class Published:
    """One entry of the ledger with what stands behind it, inside only.

    counts: population -> true counts at the leaf codes, as `Release` takes them.
    """

    entry: Entry
    counts: Mapping[str, pd.DataFrame] = field(repr=False)

    def only(self, populations: set[str]) -> "Published":
        """The part of it that counts these populations, named as `Edition.population` does."""
        name = self.entry.edition.population
        tables = tuple(table for table in self.entry.tables if name(table.population) in populations)
        kept = {table.population for table in tables}
        cells = self.entry.cells
        used = TableSet(tables).dimension_names if tables else []
        columns = ["table_id", *used, "count", *(bound for bound in BOUNDS if bound in cells)]
        part = cells.loc[cells["table_id"].isin([table.table_id for table in tables]), columns]
        timings = {population: timing for population, timing in self.entry.timings.items() if population in kept}
        entry = replace(self.entry, tables=tables, timings=timings, cells=part)
        return Published(entry, {population: self.counts[population] for population in kept})


def related_groups(relations: Sequence[Relation], past: Sequence[Published], new: set[str]) -> list[set[str]]:
    """Populations that statements connect, old and new ones; those of different groups say nothing of each other."""
    graph = nx.Graph()
    graph.add_nodes_from(sorted(new))
    for published in past:
        entry = published.entry
        graph.add_nodes_from(entry.edition.population(population) for population in entry.timings)
    for relation in (*relations, *(statement for published in past for statement in published.entry.statements)):
        nx.add_path(graph, relation.populations)
    return [set(group) for group in nx.connected_components(graph)]


def related_past(past: Sequence[Published], new: set[str], relations: Sequence[Relation]) -> tuple[Published, ...]:
    """The parts of the past that a chain of relations connects with a new population."""
    groups = related_groups(relations, past, new)
    related = set().union(*(group for group in groups if group & new))
    return parts_of(past, related)


def parts_of(past: Sequence[Published], populations: set[str]) -> tuple[Published, ...]:
    """Of every entry the part that counts these populations, if it has one."""
    return tuple(
        published.only(populations)
        for published in past
        if any(published.entry.edition.population(name) in populations for name in published.entry.timings)
    )


def joined(release: Release | None, past: Sequence[Published], stated: Sequence[Relation]) -> Release:
    """All tables and counts together, with every relation among them; new tables come first and keep their names.

    Raises DisclosureError when one population has other counts in two editions.
    """
    tables = [*(release.table_set.tables if release else ())]
    counts = dict(release.counts) if release else {}
    relations = [*(release.table_set.relations if release else ()), *stated]
    for published in past:
        tables += published.entry.named_tables
        relations += published.entry.statements
        for population, frame in published.counts.items():
            name = published.entry.edition.population(population)
            if counts.setdefault(name, frame) is not frame:
                _refuse_two_counts(name, counts[name], frame)
    known = {table.population for table in tables}
    among = [relation for relation in dict.fromkeys(relations) if set(relation.populations) <= known]
    return Release(TableSet(tuple(tables), tuple(among)), counts)


def required_then(model: JointModel, now: Requirements, past: Sequence[Published]) -> Requirements:
    """What the rule of its time asks of each earlier cell, and `now` of all others."""
    found = {"threshold": now.threshold.copy(), "lower": now.lower.copy(), "width": now.width.copy()}
    is_named = now.is_named
    for published in past:
        entry = published.entry
        own = model.rows["table_id"].isin([table.table_id for table in entry.named_tables])
        cells = model.rows.loc[own, "cell"].unique()
        then = requirements(model, _rule_of(entry))
        for name, values in found.items():
            values[cells] = getattr(then, name)[cells]
        if then.is_named is not None or is_named is not None:
            is_named = np.zeros(len(now.width), dtype=bool) if is_named is None else is_named.copy()
            is_named[cells] = False if then.is_named is None else then.is_named[cells]
    return Requirements(**found, is_named=is_named)


def shown_then(model: JointModel, truth: np.ndarray, required: Requirements, past: Sequence[Published]) -> Shown:
    """What was shown of each earlier cell; from 0 to infinity for all others.

    Raises DisclosureError when the kept counts are not those that were published.
    """
    cells = model.cells.shape[0]
    lower, upper = np.zeros(cells), np.full(cells, np.inf)
    if past:
        rows = model.rows.merge(_cells_then(past, model.keys), on=model.keys)
        cell, count = rows["cell"].to_numpy(), rows["count"].to_numpy(dtype=float, na_value=np.nan)
        least, most = (rows[bound].to_numpy(dtype=float, na_value=np.nan) for bound in BOUNDS)
        least = np.where(np.isnan(least), np.where(np.isnan(count), required.lower[cell], count), least)
        most = np.where(np.isnan(most), np.where(np.isnan(count), np.inf, count), most)
        np.maximum.at(lower, cell, least)
        np.minimum.at(upper, cell, most)
    counts = model.cells @ truth
    if ((counts < lower) | (counts > upper)).any():
        raise DisclosureError("Counts kept with the ledger are not those that were published: put back its files.")
    return Shown(lower, upper)


def fingerprint(past: Sequence[Published]) -> str:
    """A hash of all that a verdict on these entries depends on; made from true counts too, so never published."""
    content = [[described(published.entry), describe_counts(published.counts)] for published in past]
    return hashlib.sha256(canonical(content)).hexdigest()


def _cells_then(past: Sequence[Published], keys: list[str]) -> pd.DataFrame:
    parts = []
    for published in past:
        cells = published.entry.cells
        missing = {name: TOTAL for name in keys if name not in cells}
        bounds = {bound: pd.Series(pd.NA, cells.index, "Int64") for bound in BOUNDS if bound not in cells}
        names = {table_id: published.entry.edition.table(table_id) for table_id in cells["table_id"].unique()}
        parts.append(cells.assign(**missing, **bounds, table_id=cells["table_id"].map(names)))
    return pd.concat(parts)[[*keys, "count", *BOUNDS]]


def _rule_of(entry: Entry) -> ThresholdRule:
    """The entry's rule, of tables under the names that they have among other editions."""
    named = entry.edition.table
    stricter = tuple(replace(rule, tables=tuple(named(table) for table in rule.tables)) for rule in entry.rule.stricter)
    by_table = {named(table): knowledge for table, knowledge in entry.rule.knowledge_by_table.items()}
    hide = tuple(replace(cells, tables=tuple(named(table) for table in cells.tables)) for cells in entry.rule.hide)
    return replace(entry.rule, stricter=stricter, knowledge_by_table=by_table, hide=hide)


def _refuse_two_counts(name: str, one: pd.DataFrame, other: pd.DataFrame) -> None:
    keys = [column for column in one.columns if column != "count"]
    same = set(one.columns) == set(other.columns)
    if not same or not _ordered(one, keys).equals(_ordered(other, keys)):
        raise DisclosureError(
            f"{name} has other counts for another audience: they are one edition, so they must agree."
        )


def _ordered(counts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    frame = counts.loc[counts["count"] > 0, [*keys, "count"]].astype({"count": "int64"})
    return frame.sort_values(keys, ignore_index=True)
