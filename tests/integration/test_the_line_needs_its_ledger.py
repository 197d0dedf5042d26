"""The line over two vintages of a quarter: safe with its ledger, disclosing without it, and stopped by a bad past.

One region, invented: three children in Caraș-Severin, six in Arad, eight in Timiș. To hide the three, Arad is hidden
with them, as the cheapest. Five more in Arad are received late; then Timiș is the cheapest. Who reads both vintages
knows that five were added in all, all of them to Arad if only the new vintage counts, and so all but names the three.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.editions import PUBLIC, LedgerEdition, with_populations
from anonymization.disclosure.ledger.entry import Entry
from anonymization.disclosure.ledger.history import History, joint_history
from anonymization.disclosure.ledger.incident import LedgerIncidentError, incidents
from anonymization.disclosure.ledger.past import Published
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.relations import Relation, Revision
from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.errors import DisclosureError
from case_store.database import connect, create_indexes, create_schema
from case_store.profile import load_profile
from case_store.seeding import Seeding, mark_synthetic
from pipelines.release import protect_release as protection_stage
from pipelines.release.design_advice import advise_on_tables
from pipelines.release.drafts import approve, draft_release
from pipelines.release.ledger_folder import Record, open_ledger
from pipelines.release.protect_release import history_before, protect_cells
from pipelines.run.policy_in_force import policy_of, public_policy
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from publications.public_tables import TableSpec
from tests.support.marts_line import build_marts, settings_for
from tests.support.small_store import document, insert_case

QUARTER, AS_OF = "2023-Q3", date(2023, 9, 30)
FIRST, SECOND = date(2023, 9, 30), date(2023, 10, 31)  # known_at of the two vintages
IN_TIME = {"cs": 3, "ar": 6, "tm": 8, "cj": 20}
LATE = {"ar": 5}
SMALL = "RO422"  # Caraș-Severin


def _insert(connection: object, counties: dict[str, int], received: str) -> None:
    for county, children in counties.items():
        for _ in range(children):
            columns = {"residence": f"RO{county.upper()}", "owner_groups": [f"usergroup-{county}"]}
            times = {"registration_date": "2023-08-15", "created_at": "2023-08-15T10:00:00Z", "posted_at": received}
            insert_case(connection, document(**columns, **times))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def store(store_dsn: str) -> Iterator[str]:
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("create database two_vintages")
    dsn = store_dsn.replace("///caselight?", "///two_vintages?")
    with connect(dsn) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, sum(IN_TIME.values()), "hand-made"), is_complete=True)
        _insert(connection, IN_TIME, "2023-08-15T10:05:00Z")
        _insert(connection, LATE, "2023-10-03T10:05:00Z")
        create_indexes(connection)
    yield dsn
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("drop database two_vintages with (force)")


@pytest.fixture(scope="module")
def built(store: str, tmp_path_factory: pytest.TempPathFactory) -> dict[date, Settings]:
    """Snapshot, marts and advice of the quarter, by the day of knowledge."""
    found = {}
    for known_at in (FIRST, SECOND):
        folder = tmp_path_factory.mktemp("built")
        found[known_at] = settings_for(folder, store)
        build_marts(folder, store, AS_OF, known_at)
        advise_on_tables(public_policy(found[known_at]), found[known_at].building, time_of(known_at))
    return found


@pytest.fixture
def desk(built: dict[date, Settings], tmp_path: Path) -> "Desk":
    return Desk(built, settings_for(tmp_path, ""))


def time_of(known_at: date) -> ReferenceTime:
    return ReferenceTime(AS_OF, known_at, load_profile().time_zone)


@dataclass(frozen=True)
class Desk:
    """Where builds are protected and published, beside one ledger."""

    built: dict[date, Settings]
    settings: Settings

    def lay_down(self, known_at: date) -> None:
        """Puts the build of that day where a run would have made it."""
        for name in ("snapshots", "builds"):
            shutil.rmtree(self.settings.data / name, ignore_errors=True)
            shutil.copytree(self.built[known_at].data / name, self.settings.data / name)

    def protect(self, known_at: date) -> None:
        self.lay_down(known_at)
        protect_cells(self.settings, self.settings.building, time_of(known_at))

    def publish(self, known_at: date, vintage: str) -> None:
        self.protect(known_at)
        time = time_of(known_at)
        draft_release(self.settings, self.settings.building, self.settings.snapshots / time.folder, time)
        approve(self.settings, QUARTER, vintage, "Ana Sintetica", "Olena Vydumana", "invented", date(2023, 11, 15))

    @property
    def record(self) -> Record:
        with open_ledger(self.settings) as record:
            return record


def hidden_counties(entry: Entry) -> set[str]:
    """The counties without a count in T1b."""
    cells = entry.cells[(entry.cells["table_id"] == "T1") & entry.cells["count"].isna()]
    return {area for area in cells["area"] if len(area) == len(SMALL)}


def without_a_past(
    record: Record, edition: LedgerEdition, policy: DisclosurePolicy, specs: Sequence[TableSpec]
) -> History:
    """What a mistake would hand to the protection: the right edition, and nothing published before."""
    return replace(history_before(record, edition, policy, specs), published=(), witnesses={})


def show_what_is_small(*asked: Any) -> ProtectedRelease:
    """Protects, and then shows a small county all the same, past the door's own check."""
    protected = protect(*asked)
    cells = protected.cells
    cells.loc[(cells["table_id"] == "T1") & (cells["area"] == SMALL), ["count", "status"]] = IN_TIME["cs"], "published"
    return protected


def test_two_vintages_by_the_line_disclose_nothing_together(desk: Desk) -> None:
    desk.publish(FIRST, "v1")
    desk.publish(SECOND, "v2")
    record = desk.record
    first, second = (link.entry for link in record.ledger.links)
    assert [entry.edition.label for entry in (first, second)] == ["2023-Q3 v1", "2023-Q3 v2"]
    assert any(isinstance(stated, Revision) for stated in second.statements)
    assert hidden_counties(first) == {SMALL, "RO421"}
    assert hidden_counties(second) == {SMALL, "RO421"}
    assert incidents(History(record.published)) == ()


def test_without_its_ledger_the_second_vintage_gives_the_first_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.publish(FIRST, "v1")
    with monkeypatch.context() as forgetting:
        forgetting.setattr(protection_stage, "history_before", without_a_past)
        desk.publish(SECOND, "v2")
    first, second = desk.record.published
    assert hidden_counties(second.entry) == {SMALL, "RO424"}
    timings, multiple = first.entry.timings, policy_of(load_profile()).disclosure[PUBLIC].revision.multiple
    release = Release(TableSet(second.entry.tables), second.counts)
    truth = joint_history(History((first,), second.entry.edition, timings, multiple), release, second.entry.rule)
    told = replace(second.entry, statements=(*second.entry.statements, *named(truth.stated, second.entry)))
    found = incidents(History((first, Published(told, second.counts))))
    assert [incident.editions for incident in found] == [("2023-Q3 v1", "2023-Q3 v2")]


def named(stated: tuple[Relation, ...], entry: Entry) -> tuple[Relation, ...]:
    """Relations with the populations of an entry, as the ledger keeps them."""
    return tuple(with_populations(r, {p: entry.edition.population(p) for p in entry.timings}) for r in stated)


def test_a_past_that_discloses_already_stops_the_next_vintage(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as careless:
        careless.setattr(protection_stage, "protect", show_what_is_small)
        careless.setattr(protection_stage, "witnesses_to_keep", lambda *_: {})
        desk.publish(FIRST, "v1")
    with pytest.raises(LedgerIncidentError, match="already discloses"):
        desk.protect(SECOND)


def test_a_past_that_was_altered_stops_the_next_vintage(desk: Desk) -> None:
    desk.publish(FIRST, "v1")
    kept = desk.settings.ledger / "internal" / "0001_2023-Q3_v1.json"
    kept.write_bytes(kept.read_bytes().replace(b"8", b"7", 1))
    with pytest.raises(DisclosureError, match="2023-Q3 v1"):
        desk.protect(SECOND)
