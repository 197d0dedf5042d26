"""A new release seen together with everything published before: one joint model, and what of it is already fixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from anonymization.disclosure.ledger.editions import PUBLIC, LedgerEdition, Timing, with_populations
from anonymization.disclosure.ledger.entry import BOUNDS, Entry
from anonymization.disclosure.ledger.past import (
    Moves,
    Published,
    fingerprint,
    joined,
    parts_of,
    related_groups,
    related_past,
    required_then,
    shown_then,
)
from anonymization.disclosure.ledger.statements import statements, unrelated
from anonymization.disclosure.tables.base import Base, build_base
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.known_facts import hidden_populations
from anonymization.disclosure.tables.relations import Relation
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.tables.table_set import TOTAL, Release
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError


@dataclass(frozen=True, eq=False)
class History:
    """Everything published before, and where in time the new release stands. Empty: there is no past.

    published: oldest first. edition, timings: of the new release; not needed where nothing was, or will be, published.
    multiple:  the figures of revisions and removals that we state are multiples of it.
    witnesses: fingerprint of a component of the past -> how the whole tables that proved it safe differ from the truth.
    """

    published: tuple[Published, ...] = ()
    edition: LedgerEdition | None = None
    timings: Mapping[str, Timing] = field(default_factory=dict)
    multiple: int = 1
    witnesses: Mapping[str, Moves] = field(default_factory=dict, repr=False)

    def seen_by(self, audience: str) -> tuple[Published, ...]:
        """What an audience has seen: its own editions and the public ones."""
        return tuple(past for past in self.published if past.entry.edition.audience in (PUBLIC, audience))


@dataclass(frozen=True, eq=False)
class Joint:
    """A release with all that was published before and is related to it. Masks and arrays are by distinct cell.

    model:    tables of the release keep their ids and populations; earlier ones have those of `LedgerEdition`.
    truth:    the true count of every atom.
    required: each cell by the rule that it was, or is to be, published under.
    is_old:   published before, shown or hidden. frozen: shown before, so it cannot be hidden. forced: hidden before, so
              it stays hidden. hidden_last_time: new cells whose like was hidden in the edition before.
    before:   of the old cells what their audience sees; of new ones nothing yet (0 to infinity).
    stated:   relations to publish with the release. unrelated: in words, which past no row relates to it.
    """

    model: JointModel
    truth: np.ndarray
    required: Requirements
    is_old: np.ndarray
    frozen: np.ndarray
    forced: np.ndarray
    hidden_last_time: np.ndarray
    before: Shown
    stated: tuple[Relation, ...]
    unrelated: tuple[str, ...]

    @property
    def counts(self) -> np.ndarray:
        """The true count of every distinct cell."""
        return np.asarray(self.model.cells @ self.truth)

    @property
    def old_primaries(self) -> np.ndarray:
        """Mask of the small counts that earlier releases hid: they stay to be protected."""
        return self.forced & self.required.primary(self.counts)

    @property
    def old_small_shown(self) -> np.ndarray:
        """Mask of the small counts that earlier releases show; the ledger discloses them."""
        return self.frozen & self.required.primary(self.counts)

    def shown(self, hidden: np.ndarray) -> Shown:
        """What is seen when of the new cells those of the mask are hidden and the others are published."""
        counts = self.counts
        lower = np.where(self.is_old, self.before.lower, np.where(hidden, self.required.lower, counts))
        upper = np.where(self.is_old, self.before.upper, np.where(hidden, np.inf, counts))
        return Shown(lower.astype(float), upper.astype(float))


@dataclass(frozen=True, eq=False)
class Component:
    """Parts of earlier entries that relations connect; what happens in another component cannot change its verdict."""

    past: tuple[Published, ...]

    @property
    def populations(self) -> set[str]:
        """Its populations, as `LedgerEdition.population` names them."""
        return {past.entry.edition.population(name) for past in self.past for name in past.entry.timings}

    @cached_property
    def fingerprint(self) -> str:
        """Equal for components with equal verdicts: the key under which a verdict may be remembered, inside only."""
        return fingerprint(self.past)

    @property
    def base(self) -> Base:
        """The base of its joint model, made alone."""
        table_set = joined(None, self.past, ()).table_set
        return build_base(table_set, hidden_populations(table_set.relations))

    def joint(self) -> Joint:
        """Its joint model, all of it old. Raises DisclosureError when kept counts are not those that were published."""
        everything = joined(None, self.past, ())
        model = build_model(everything.table_set)
        truth = model.tabulate(everything)
        required = required_then(model, requirements(model, self.past[0].entry.rule), self.past)
        before = shown_then(model, truth, required, self.past)
        old = np.ones(len(before.lower), dtype=bool)
        frozen = before.lower == before.upper
        return Joint(model, truth, required, old, frozen, ~frozen, ~old, before, (), ())


def joint_history(history: History, release: Release, rule: ThresholdRule) -> Joint:
    """The release together with its related past; without a past, the release alone.

    Raises DisclosureError when the past needs an edition or timings that are not given, when kept counts are not those
    that were published, or when a stated relation does not hold.
    """
    past, stated, apart = _related_past(history, release)
    everything = joined(release, past, stated)
    model = build_model(everything.table_set)
    truth = model.tabulate(everything)
    is_new = model.rows["table_id"].isin([table.table_id for table in release.table_set.tables])
    is_old = ~is_new.to_numpy()[model.first_row]
    required = required_then(model, requirements(model, rule), past)
    before = shown_then(model, truth, required, past)
    frozen = is_old & (before.lower == before.upper)
    last_time = _hidden_last_time(model, is_new, history)
    return Joint(model, truth, required, is_old, frozen, is_old & ~frozen, last_time, before, stated, apart)


def entry_of_release(
    history: History, release: Release, stated: Sequence[Relation], rule: ThresholdRule, cells: pd.DataFrame
) -> Entry:
    """The ledger's entry for a protected release. `cells`: at least the columns of `Entry.cells`; `stated`: of `Joint`.

    Raises DisclosureError without an edition, or when the cells are not those of the release.
    """
    if history.edition is None:
        raise DisclosureError("Only an edition can stand in the ledger: say which quarter and vintage this release is.")
    table_set, name = release.table_set, history.edition.population
    names = {population: name(population) for population in table_set.populations}
    relations = [with_populations(relation, names) for relation in (*table_set.relations, *stated)]
    among = tuple(relation for relation in relations if len(set(relation.populations)) > 1)
    columns = ["table_id", *table_set.dimension_names, "count", *(bound for bound in BOUNDS if bound in cells)]
    ours = cells[columns].astype({"count": "Int64"}).reset_index(drop=True)
    return Entry(history.edition, table_set.tables, dict(history.timings), among, rule, ours)


def _related_past(
    history: History, release: Release
) -> tuple[tuple[Published, ...], tuple[Relation, ...], tuple[str, ...]]:
    if not history.published and not history.timings:
        return (), (), ()
    edition, timings, new = history.edition, history.timings, set(release.table_set.populations)
    if edition is None or set(timings) != new:
        raise DisclosureError(
            "Beside a past, a release needs its edition, and of each population whether it is a flow or a stock."
        )
    seen = history.seen_by(edition.audience)
    pairs = [(past.entry, past.counts) for past in seen]
    stated = statements(edition, timings, release.counts, pairs, history.multiple)
    past = related_past(seen, new, (*release.table_set.relations, *stated))
    return past, stated, unrelated(edition, timings, pairs)


def _hidden_last_time(model: JointModel, is_new: pd.Series, history: History) -> np.ndarray:
    """Mask of the new cells whose like, of the same table and codes, was hidden when it was last published."""
    found = np.zeros(model.cells.shape[0], dtype=bool)
    latest = _latest_cells(history)
    if latest is not None:
        rows = model.rows[is_new]
        absent = {name: TOTAL for name in model.keys if name not in latest}
        hidden = latest[latest["count"].isna()].assign(**absent)[model.keys]
        found[rows.merge(hidden, on=model.keys)["cell"]] = True
    return found


def _latest_cells(history: History) -> pd.DataFrame | None:
    """The cells of every table as its audience last saw them up to the new edition's quarter; None without any."""
    edition = history.edition
    parts: dict[str, pd.DataFrame] = {}
    if edition is not None:
        seen = [
            past.entry for past in history.seen_by(edition.audience) if past.entry.edition.quarter <= edition.quarter
        ]
        for entry in sorted(seen, key=lambda e: (e.edition.quarter, e.edition.vintage)):
            parts |= {str(table_id): cells for table_id, cells in entry.cells.groupby("table_id")}
    return pd.concat(parts.values()).fillna(dict.fromkeys(_codes(parts), TOTAL)) if parts else None


def whole_ledger(published: Sequence[Published], audience: str = PUBLIC) -> tuple["Component", ...]:
    """Everything that an audience has seen, in components that no relation connects, so each is audited by itself."""
    seen = History(tuple(published)).seen_by(audience)
    groups = related_groups((), seen, set())
    return tuple(Component(parts_of(seen, group)) for group in groups)


def _codes(parts: Mapping[str, pd.DataFrame]) -> Sequence[str]:
    return [name for part in parts.values() for name in part.columns if name not in ("count", "lower", "upper")]
