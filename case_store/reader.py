"""Reads a Primero database or replica: one connection, one REPEATABLE READ and READ ONLY transaction, Arrow out.

A large store is read in ranges of case ids, so memory is bounded by a range, whatever the number of children.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

import adbc_driver_postgresql.dbapi as postgres
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from case_store.database import why_unreadable
from case_store.errors import CaseStoreError

CASES_PER_RANGE = 40_000
# PostgreSQL knows infinity and years that Arrow cannot hold; these still tell an odd moment from none
FIRST_MOMENT, LAST_MOMENT = "0001-01-01", "9999-12-31"


@dataclass(frozen=True)
class CaseRange:
    """Case ids from `first` (included) to `next_first` (excluded); None means open-ended."""

    first: str | None
    next_first: str | None


class CaseReader:
    """A consistent view of the store for the time of one `with` block."""

    def __init__(self, dsn: str, cases_per_range: int = CASES_PER_RANGE) -> None:
        self._dsn = dsn
        self._cases_per_range = cases_per_range

    def __enter__(self) -> "CaseReader":
        try:
            self._connection = postgres.connect(self._dsn)
        except AdbcError:
            raise CaseStoreError(
                "The case store cannot be reached; check CASESTORE_DSN, or run 'caselight case-store start'."
            ) from None
        with self._connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set time zone 'UTC'")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def count_cases(self) -> int:
        """How many rows `cases` has, whatever their state."""
        return int(self._fetch("cases", "select count(*) as n from cases")["n"][0].as_py())

    def ranges(self) -> list[CaseRange]:
        """Ranges of about equal size that together hold every case once."""
        parts = -(-self.count_cases() // self._cases_per_range)
        if parts <= 1:
            return [CaseRange(None, None)]
        cuts = ", ".join(str(i / parts) for i in range(1, parts))
        found = self._fetch(
            "cases",
            f"select unnest(percentile_disc(array[{cuts}]) within group (order by id))::text as first from cases",
        )
        firsts = [None, *found["first"].to_pylist(), None]
        return [CaseRange(first, after) for first, after in itertools.pairwise(firsts)]

    def read(self, case_range: CaseRange, listed_keys: Sequence[str]) -> dict[str, pa.Table]:
        """The documents, the updates that touch a listed key, and the transitions of one range.

        Gives `cases(id, data, duplicate_case_id)`, `histories(record_id, datetime, id, record_changes)` and
        `transitions(id, record_id, type, status, service, created_at, responded_at)`; ids and JSON as text, timestamps
        in UTC without a zone, those outside the years 1 to 9999 at these bounds.
        Create entries are not read: they repeat the document, and every initial value follows from the updates.
        Raises CaseStoreError that names the table which cannot be read.
        """
        keys = ", ".join(f"'{key.replace(chr(39), chr(39) * 2)}'" for key in listed_keys)
        return {
            "cases": self._fetch(
                "cases",
                f"""select id::text as id, data::text as data, duplicate_case_id::text as duplicate_case_id
                from cases {_within(case_range, "id")}""",
            ),
            "histories": self._fetch(
                "record_histories",
                f"""select record_id::text as record_id, {_bounded("datetime")}, id::bigint as id,
                record_changes::text as record_changes
                from record_histories {_within(case_range, "record_id")} and record_type in ('Child', 'case')
                and action is distinct from 'create' and record_changes ?| array[{keys}]""",
            ),
            "transitions": self._fetch(
                "transitions",
                f"""select id::text as id, record_id::text as record_id, type, status, service,
                {_bounded("created_at")}, {_bounded("responded_at")}
                from transitions {_within(case_range, "record_id")} and record_type in ('Child', 'case')""",
            ),
        }

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query of ours, batch by batch (for measuring what plain reading costs)."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            yield from cursor.fetch_record_batch()

    def _fetch(self, table: str, query: str) -> pa.Table:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetch_arrow_table()
        except AdbcError as error:
            state = getattr(error, "sqlstate", None)
        # the driver's own words may repeat a value of the store
        raise CaseStoreError(f"The case store cannot be read: {why_unreadable(state, table)}.")


def _within(case_range: CaseRange, column: str) -> str:
    bounds: list[str] = ["true"]
    if case_range.first:
        bounds.append(f"{column} >= '{case_range.first}'")
    if case_range.next_first:
        bounds.append(f"{column} < '{case_range.next_first}'")
    within = " and ".join(bounds)
    # a row that names no case belongs to the first range, so that it is read once
    return f"where ({within})" if case_range.first else f"where ({within} or {column} is null)"


def _bounded(column: str) -> str:
    within = f"least(greatest({column}::timestamp, timestamp '{FIRST_MOMENT}'), timestamp '{LAST_MOMENT}')"
    return f"case when {column} is not null then {within} end as {column}"
