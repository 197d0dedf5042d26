"""Snapshots that are kept tell as few birthdays as they can, and the documentation says how many they tell."""

import calendar
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from case_store.profile import load_profile
from pipelines.run.builds import start_build
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.serving.current_build import finish_build
from pipelines.snapshot.kept_snapshots import remove_unneeded_snapshots
from pipelines.snapshot.take_snapshot import take_snapshot
from publications.errors import PublicationError
from publications.folders import PRIVATE, PUBLIC, checksums, write_folder
from tests.support.marts_line import settings_for

CHILDREN, SEED = 700, 11
ZONE = load_profile().time_zone
PUBLISHED = [date(2023, 9, 30), date(2023, 12, 31)]
NIGHTS = [date(2024, 1, 26) + timedelta(days=n) for n in range(8)]
AGES = {  # table -> (age, its day); None: the day of the snapshot
    "cases": [("age_at_registration", "registration_date"), ("age_as_of", None)],
    "status_events": [("age", "event_date")],
    "follow_ups": [("age", "due_date")],
    "referrals": [("age", "referred_on")],
}


@pytest.fixture(scope="module")
def kept(seeded_store: Callable[[int, int], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """What lies on disk after two quarters were published and eight nights went by."""
    settings = settings_for(tmp_path_factory.mktemp("kept"), seeded_store(CHILDREN, SEED))
    settings.make_data_folder()
    for day in PUBLISHED:
        _night(settings, day)
        publish_empty(settings, day)
    for day in NIGHTS:
        _night(settings, day)
    return settings


def _night(settings: Settings, day: date) -> None:
    time = ReferenceTime(day, day, ZONE)
    start_build(settings.building)
    take_snapshot(settings, time)
    finish_build(settings, time)


def publish_empty(settings: Settings, day: date) -> None:
    """A publication of no table, made from the snapshot of that day."""
    quarter = ReferenceTime(day, day, ZONE).quarter
    times = {"as_of": str(day), "known_at": str(day)}
    files = {"metadata.json": json.dumps(times).encode()}
    record = json.dumps({**times, "files": checksums(files)}).encode()
    folder = settings.publications / quarter / "v1"
    write_folder(folder, {**files, "release.json": record}, settings.data / "staging", PUBLIC)


def on_disk(settings: Settings) -> list[str]:
    return sorted(str(path.relative_to(settings.snapshots)) for path in settings.snapshots.glob("*/*"))


def same(day: date) -> str:
    return f"{day}/{day}"


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_snapshots_of_publications_and_of_the_two_kept_builds_stay(kept: Settings) -> None:
    assert on_disk(kept) == [same(day) for day in (*PUBLISHED, *NIGHTS[-2:])]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Snapshots of four days, of which nothing was made yet."""
    made = settings_for(tmp_path, "")
    for day in NIGHTS[:4]:
        (made.snapshots / same(day)).mkdir(parents=True)
        (made.snapshots / same(day) / "manifest.json").write_text("{}")
    return made


def test_a_draft_keeps_its_snapshot_and_one_that_was_touched_does_not(settings: Settings) -> None:
    for quarter, day in zip(("2023-Q3", "2023-Q4"), NIGHTS, strict=False):
        metadata = json.dumps({"as_of": str(day), "known_at": str(day)}).encode()
        write_folder(settings.drafts / quarter / "v1", {"metadata.json": metadata}, settings.data / "staging", PRIVATE)
    (settings.drafts / "2023-Q4" / "v1" / "metadata.json").write_text("{}")
    assert remove_unneeded_snapshots(settings) == 3
    assert on_disk(settings) == [same(NIGHTS[0])]


def test_the_running_snapshot_stays_and_what_killed_runs_left_goes(settings: Settings) -> None:
    for state in ("making", "replaced", "leaving"):
        (settings.snapshots / str(NIGHTS[0]) / f".{NIGHTS[0]}.{state}").mkdir()
    assert remove_unneeded_snapshots(settings, running=same(NIGHTS[1])) == 3
    assert on_disk(settings) == [same(NIGHTS[1])]
    assert [path.name for path in settings.snapshots.iterdir()] == [str(NIGHTS[1])]


def test_two_days_of_knowledge_are_two_snapshots(settings: Settings) -> None:
    (settings.snapshots / str(NIGHTS[0]) / str(NIGHTS[1])).mkdir()
    (settings.builds / f"{NIGHTS[0]}_{NIGHTS[1]}_0123456789ab").mkdir(parents=True)
    remove_unneeded_snapshots(settings)
    assert on_disk(settings) == [f"{NIGHTS[0]}/{NIGHTS[1]}"]


def test_nothing_is_removed_when_a_publication_was_touched(settings: Settings) -> None:
    publish_empty(settings, date(2023, 12, 31))
    (settings.publications / "2023-Q4" / "v1" / "metadata.json").write_text("{}")
    with pytest.raises(PublicationError, match="2023-Q4/v1"):
        remove_unneeded_snapshots(settings)
    assert len(on_disk(settings)) == 4


@pytest.mark.parametrize("linked", ["", str(NIGHTS[0]), same(NIGHTS[0])])
def test_nothing_is_removed_through_a_link(settings: Settings, linked: str) -> None:
    place = settings.snapshots / linked
    elsewhere = place.rename(settings.data / "elsewhere")
    place.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    remove_unneeded_snapshots(settings)
    assert sorted(elsewhere.rglob("*")) == before and place.is_symlink()


def test_what_is_no_snapshot_is_left_alone(settings: Settings) -> None:
    (settings.snapshots / "notes").mkdir()
    (settings.snapshots / "notes" / "of an operator").write_text("mine")
    remove_unneeded_snapshots(settings)
    assert on_disk(settings) == ["notes/of an operator"]


# --- what is told ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """An age that a snapshot tells: how the policy treats it, of which day, and the child's day of registration."""

    exact: bool
    day: date
    registered: date
    age: int


Birth = tuple[int, int]


def completed_years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def last_month_end(day: date) -> date:
    return day if (day + timedelta(days=1)).day == 1 else day.replace(day=1) - timedelta(days=1)


def is_as_told(told: Told, born: date) -> bool:
    """Whether a child born that day would have been given this age."""
    if told.exact:
        return completed_years(born, told.day) == told.age
    ages = [completed_years(born, last_month_end(told.day))]
    if told.day >= told.registered:
        ages.append(completed_years(born, told.registered))
    elif (told.day.year, told.day.month) == (born.year, born.month):
        ages.append(0)
    return max(ages) == told.age


def read(folder: Path) -> Iterator[tuple[str, Birth, set[Told]]]:
    """Every child of a snapshot whose month of birth is known, with all ages that it tells."""
    policy, as_of = policy_of(load_profile()).snapshot, date.fromisoformat(folder.parent.name)
    cases = {row["case_pseudonym"]: row for row in pq.read_table(folder / "cases.parquet").to_pylist()}
    told: dict[str, set[Told]] = defaultdict(set)
    for table, columns in AGES.items():
        for row in pq.read_table(folder / f"{table}.parquet").to_pylist():
            registered = cases[row["case_pseudonym"]]["registration_date"]
            for age, day_column in columns:
                day = row[day_column] if day_column else as_of
                if row[age] is not None:
                    exact = policy[table][age].keep
                    told[row["case_pseudonym"]].add(Told(exact, day, registered, row[age]))
    for child, row in cases.items():
        if row["birth_month"]:
            yield child, (row["birth_year"], row["birth_month"]), told[child]


def days_left(birth: Birth, told: set[Told]) -> set[int]:
    """The days of the month that a reader of the snapshot must still hold possible."""
    days = range(1, calendar.monthrange(*birth)[1] + 1)
    return {day for day in days if all(is_as_told(one, date(*birth, day)) for one in told)}


def narrowed(folders: list[Path]) -> tuple[int, int]:
    """Of how many children these snapshots together tell more of the birthday than its month, and of how many in all.

    Where two snapshots contradict each other, because a date was corrected between them, the later one is believed.
    """
    left: dict[str, tuple[Birth, set[int]]] = {}
    for folder in folders:
        for child, birth, told in read(folder):
            days = days_left(birth, told)
            assert days, "no birthday explains these ages: this test and the snapshot have different rules"
            before = left.get(child, (birth, days))
            left[child] = birth, (before[1] & days if before[0] == birth else days) or days
    found = sum(len(days) < calendar.monthrange(*birth)[1] for birth, days in left.values())
    return found, len(left)


def test_the_documentation_says_of_how_many_children_kept_snapshots_tell_the_birthday(kept: Settings) -> None:
    found, known = narrowed([kept.snapshots / name for name in on_disk(kept)])
    text = " ".join((CHECKOUT / "docs" / "methods.md").read_text("utf-8").split())
    assert f"of {known} synthetic children whose birth month is known, they narrow the birthday of {found}" in text


def test_only_ages_that_figures_count_narrow_a_birthday(kept: Settings) -> None:
    """Ages at follow-ups and referrals, and the age as of the day, tell nothing beyond the birth month."""
    exact = {
        (table, age) for table in AGES for age, _ in AGES[table] if policy_of(load_profile()).snapshot[table][age].keep
    }
    assert exact == {("cases", "age_at_registration"), ("status_events", "age")}


def test_no_age_rises_between_two_nights_of_a_month(seeded_store, tmp_path) -> None:
    settings = settings_for(tmp_path, seeded_store(CHILDREN, SEED))
    settings.make_data_folder()
    nights = [date(2024, 2, 27), date(2024, 2, 28), date(2024, 2, 29)]
    ages = []
    for day in nights:
        folder = take_snapshot(settings, ReferenceTime(day, date(2024, 3, 15), ZONE))
        rows = pq.read_table(folder / "cases.parquet", columns=["case_pseudonym", "age_as_of"]).to_pylist()
        ages.append({row["case_pseudonym"]: row["age_as_of"] for row in rows})
    risen = [sum(age != before.get(child, age) for child, age in after.items()) for before, after in pairwise(ages)]
    assert risen[0] == 0 < risen[1], "within the month nobody has a birthday; at its end all of the month have"
