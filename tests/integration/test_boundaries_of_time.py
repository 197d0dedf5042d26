"""Records exactly on a boundary: known_at ends at midnight in Bucharest, which is 22:00 UTC in winter.

Each child registers on a day of its own, by which it is found again; all of them are invented.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from case_store.database import connect, create_indexes, create_schema
from case_store.profile import load_profile
from case_store.seeding import Seeding, mark_synthetic
from pipelines.run.reference_time import ReferenceTime
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.marts_line import settings_for
from tests.support.small_store import document, insert_case, insert_history, insert_transition, key

DAY = date(2023, 12, 31)
LAST, END = "2023-12-31T21:59:59.999999", "2023-12-31T22:00:00"  # UTC: the last moment of the day, and its end
CHANGE = {key("risk"): {"from": "low", "to": "high"}}


def registered(day: str, **columns: Any) -> dict[str, Any]:
    return document(
        registration_date=day, created_at=f"{day}T08:00:00Z", **{"posted_at": f"{day}T08:05:00Z", **columns}
    )


def fill(connection: Any) -> None:
    """One child a case to be looked at; the first two differ only in the moment of receipt."""
    insert_case(connection, registered("2023-03-01", posted_at=f"{LAST}Z"))
    insert_case(connection, registered("2023-03-02", posted_at=f"{END}Z"))
    for day, moment in (("2023-03-03", LAST), ("2023-03-04", END)):
        insert_history(connection, insert_case(connection, registered(day, risk="high")), moment, CHANGE)
    for day, moment in (("2023-03-05", LAST), ("2023-03-06", END)):
        case_id = insert_case(connection, registered(day))
        insert_transition(connection, case_id, created_at=moment, service="registration_service")
    for day, moment in (("2023-03-07", LAST), ("2023-03-08", END)):
        case_id = insert_case(connection, registered(day))
        insert_transition(connection, case_id, responded_at=moment, service="registration_service")
    # eight at registration, nine at closure; closed by a script, so only the document says when
    insert_case(
        connection, registered("2023-03-09", birth_date="2014-06-15", status="closed", closure_date="2023-08-31")
    )


@pytest.fixture
def snapshot(new_database: Callable[[], str], tmp_path: Path) -> Path:
    dsn = new_database()
    with connect(dsn) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, 9, "hand-made"), is_complete=True)
        fill(connection)
        create_indexes(connection)
    settings = settings_for(tmp_path, dsn)
    settings.make_data_folder()
    return take_snapshot(settings, ReferenceTime(DAY, DAY, load_profile().time_zone))


def of_child(snapshot: Path, day: int, table: str, columns: str) -> list[tuple[Any, ...]]:
    """Rows of the child registered on that day of March, in order."""
    return duckdb.sql(
        f"""select {columns} from '{snapshot}/{table}.parquet' as rows
        semi join (from '{snapshot}/cases.parquet' where registration_date = date '2023-03-0{day}') as child
        using (case_pseudonym) order by all"""
    ).fetchall()


def test_what_comes_in_before_the_day_ends_is_known_and_at_its_end_is_not(snapshot: Path) -> None:
    assert [len(of_child(snapshot, day, "cases", "1")) for day in (1, 2)] == [1, 0]


def test_a_change_before_the_day_ends_holds_and_at_its_end_is_undone(snapshot: Path) -> None:
    risks = [of_child(snapshot, day, "case_states", "value, field") for day in (3, 4)]
    assert [{value for value, field in held if field == "risk"} for held in risks] == [{"low", "high"}, {"low"}]


def test_a_referral_before_the_day_ends_counts_and_at_its_end_does_not(snapshot: Path) -> None:
    assert [len(of_child(snapshot, day, "referrals", "1")) for day in (5, 6)] == [1, 0]


def test_an_answer_before_the_day_ends_is_known_and_at_its_end_is_not(snapshot: Path) -> None:
    answers = [of_child(snapshot, day, "referrals", "status") for day in (7, 8)]
    assert answers == [[("accepted",)], [("in_progress",)]]


def test_a_closing_has_the_stated_day_and_the_age_of_that_day(snapshot: Path) -> None:
    events = of_child(snapshot, 9, "status_events", "event_no, status, event_date, age")
    assert events == [(1, "open", date(2023, 3, 9), 8), (2, "closed", date(2023, 8, 31), 9)]
