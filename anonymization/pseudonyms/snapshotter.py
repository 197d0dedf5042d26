"""The way in: records of a range of cases become pseudonymised tables, in memory, before anything is written.

Every record is loaded, quarantined or excluded for a listed reason, and the three add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

import duckdb
import pyarrow as pa

from anonymization.errors import PolicyError, SnapshotError
from anonymization.keys import PseudonymKey
from anonymization.pseudonyms.allow_list import (
    AllowList,
    change_sql,
    faults_sql,
    known_sql,
    malformed_change_sql,
    subform_sql,
)
from anonymization.pseudonyms.coded_fields import CodedFields
from anonymization.pseudonyms.pseudonymise import define_pseudonym
from anonymization.pseudonyms.record_accounts import (
    coverage_sql,
    filled_sql,
    lost_values_sql,
    quarantine_sql,
    repeated_rows_sql,
)
from anonymization.pseudonyms.snapshot_policy import SnapshotPolicy
from anonymization.pseudonyms.snapshot_tables import SQL_FOLDER, TABLES, SnapshotTable
from anonymization.pseudonyms.treatment import treated_columns

MARKED = "yes_or_no(is_synthetic)"  # true only where a record says that it is synthetic
ODDLY_MARKED = "yes_no_fault(is_synthetic, 'odd') is not null"  # where it holds a mark that says neither
IS_A_CHILDS = "plausible_date(registration_date) is not null"  # else it is no record of a child, and is set aside


class ReferenceTime(Protocol):
    """`as_of`: events dated up to this day; `known_at`: received by its end (`known_until`, UTC, exclusive)."""

    @property
    def as_of(self) -> date: ...
    @property
    def known_at(self) -> date: ...
    @property
    def known_until(self) -> datetime: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True)
class DocumentFields:
    """Keys of a document: `known` ones raise no finding; of the others only `configured` ones are called by name."""

    known: frozenset[str]
    configured: frozenset[str]

    def tables(self) -> dict[str, pa.Table]:
        return {
            "known_field": pa.table({"name": pa.array(sorted(self.known), pa.string())}),
            "configured_field": pa.table({"name": pa.array(sorted(self.configured), pa.string())}),
        }


@dataclass(frozen=True)
class SnapshotRange:
    """What one range of cases became: tables at rest, and `coverage`, `findings`, `quarantine` beside them.

    `filled`: of the cases received, how many fill each contract column.
    `marked`, `unmarked`: how many of all cases read say that they are synthetic, and how many do not.
    `unmarked_children`: those of the latter that are records of a child at all: they hold a registration date.
    `oddly_marked`: how many records of a child hold a mark that is neither true nor false, such as 1.
    """

    tables: Mapping[str, pa.Table]
    coverage: pa.Table
    findings: pa.Table
    quarantine: pa.Table
    marked: int
    unmarked: int
    unmarked_children: int
    oddly_marked: int
    filled: Mapping[str, int]


class Snapshotter:
    """Pseudonymises range after range in one private in-memory DuckDB that may neither spill nor load anything."""

    def __init__(
        self,
        policy: SnapshotPolicy,
        key: PseudonymKey,
        allow_list: AllowList,
        reference: Mapping[str, pa.Table],
        time: ReferenceTime,
        modules: Sequence[str],
        launch_date: date,
        fields: "DocumentFields",
        flagged_duplicates: Literal["load", "exclude"] = "load",
        memory_limit: str = "2GB",
    ) -> None:
        self._policy = policy
        self._allow_list = allow_list
        self._coded = CodedFields.of(reference["ref_fields"].to_pylist())
        settings: dict[str, Any] = {
            "temp_directory": "",
            "memory_limit": memory_limit,
            "autoinstall_known_extensions": "false",
            "threads": 1,  # a range is one row group, so a second thread would only wait, which costs too
        }
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        define_pseudonym(self._connection, key, policy.pseudonyms.hexadecimal_digits)
        self._define_run(time, modules, launch_date, flagged_duplicates)
        for name, table in {**reference, **fields.tables()}.items():
            self._connection.register(name, table)
        self._run_file("macros")
        self._create("valid_code", (SQL_FOLDER / "valid_codes.sql").read_text("utf-8"))
        self._create("status_meaning", "select *, role as meaning from valid_code where column_name = 'status'")

    def _define_run(
        self, time: ReferenceTime, modules: Sequence[str], launch_date: date, flagged_duplicates: str
    ) -> None:
        intake = self._policy.intake
        self._connection.execute(
            """create temp table run as select $as_of::date as as_of, $known_at::date as known_at,
            $known_until::timestamp as known_until, $time_zone as time_zone, $modules::varchar[] as modules,
            $launch_date::date as launch_date, $unknown_status as unknown_status,
            $adult_age::smallint as adult_age, $oldest_age::smallint as oldest_age,
            $withheld::boolean as excludes_withheld_consent, $consent::boolean as excludes_unknown_consent,
            $age::boolean as excludes_unknown_age, $status::boolean as excludes_unknown_status,
            $flagged::boolean as excludes_flagged_duplicates""",
            {
                "as_of": time.as_of,
                "known_at": time.known_at,
                "known_until": time.known_until.replace(tzinfo=None),
                "time_zone": time.time_zone,
                "modules": list(modules),
                "launch_date": launch_date,
                "unknown_status": intake.unknown_status,
                "adult_age": intake.adult_age,
                "oldest_age": intake.oldest_age,
                "withheld": intake.consent_withheld == "exclude",
                "consent": intake.consent_unknown == "exclude",
                "age": intake.age_unknown == "exclude",
                "status": intake.unknown_status == "exclude",
                "flagged": flagged_duplicates == "exclude",
            },
        )

    def pseudonymise(self, sources: Mapping[str, pa.Table]) -> SnapshotRange:
        """`cases(id, data)`, `record_histories(...)`, `transitions(...)` of one range -> what may be written.

        Raises SnapshotError with the step's name only: what a database engine says may repeat a person's value.
        """
        step = "reading the documents"
        try:
            self._read(sources)
            for table in TABLES:
                step = f"making {table.name}"
                self._make(table)
            step = "applying the policy"
            return self._result()
        except duckdb.Error as error:
            failure = type(error).__name__
        raise SnapshotError(
            f"the snapshot stopped while {step} ({failure}); details are withheld because they may hold personal data"
        )

    def _read(self, sources: Mapping[str, pa.Table]) -> None:
        for name, table in sources.items():
            self._connection.register(f"source_{name}", _with_duplicate_ids(table) if name == "cases" else table)
        known_by_then = "is_usable_moment(datetime) and datetime < (select known_until from run)"
        self._create("change", change_sql(self._allow_list, self._coded.events, known_by_then))
        self._create("known", known_sql(self._allow_list))
        self._create("received_case", self._filled("typed_cases").replace("{faults}", faults_sql(self._allow_list)))
        self._create("loaded_case", "select * from received_case where is_loaded")
        self._create("case_key", "select case_id, pseudonym('case', case_id) as case_pseudonym from loaded_case")
        self._create("typed_cases", self._filled("cases"))
        self._create(
            "owner_group_list",
            """select distinct owner_groups as source_value from known where owner_groups is not null
            union select owner_groups['to'] from change where owner_groups['to'] is not null
            union select owner_groups['from'] from change where owner_groups['from'] is not null""",
        )
        self._create("listed_value", (SQL_FOLDER / "listed_values.sql").read_text("utf-8"))

    def _make(self, table: SnapshotTable) -> None:
        if table.subform:
            rows = subform_sql(self._allow_list, table.subform, table.row_id)
            self._create("subform", f"select * from ({rows}) semi join received_case using (case_id)")
        self._create(f"typed_{table.name}", self._filled(table.name))

    def _result(self) -> SnapshotRange:
        tables = {"cases": self._treated("cases", "typed_cases", "true", "case_pseudonym")}
        for table in TABLES:
            kept = f"quarantine_reason is null and ({table.exclusion}) is null" if table.counts_records else "true"
            tables[table.name] = self._treated(table.name, f"typed_{table.name}", kept, table.key)
        self._create("lost_value", lost_values_sql())
        self._create("repeated_row", repeated_rows_sql())
        return SnapshotRange(
            tables=tables,
            coverage=self._fetch(coverage_sql()),
            findings=self._fetch(self._findings_sql()),
            quarantine=self._fetch(quarantine_sql()),
            marked=self._count(f"select count(*) from known where {MARKED}"),
            unmarked=self._count(f"select count(*) from known where {MARKED} is not true"),
            unmarked_children=self._count(f"select count(*) from known where {MARKED} is not true and {IS_A_CHILDS}"),
            oddly_marked=self._count(f"select count(*) from known where {ODDLY_MARKED} and {IS_A_CHILDS}"),
            filled=self._fetch(filled_sql(self._allow_list.keys)).to_pylist()[0],
        )

    def _treated(self, name: str, relation: str, kept: str, key: str) -> pa.Table:
        if name not in self._policy.snapshot:
            raise PolicyError(f"policy.yml: snapshot.{name} is missing, so nothing of it may leave; add its treatments")
        columns = treated_columns(self._policy.snapshot[name], self._coded.columns)
        return self._fetch(
            f"select {columns} from {relation} inner join case_key using (case_id) where {kept} order by {key}"
        )

    def _findings_sql(self) -> str:
        return self._filled("findings").replace("{malformed}", malformed_change_sql(self._allow_list))

    def _filled(self, name: str) -> str:
        return self._coded.fill((SQL_FOLDER / f"{name}.sql").read_text("utf-8"))

    def _create(self, name: str, query: str) -> None:
        self._connection.execute(f"create or replace temp table {name} as {query}")

    def _run_file(self, name: str) -> None:
        self._connection.execute((SQL_FOLDER / f"{name}.sql").read_text("utf-8"))

    def _fetch(self, query: str) -> pa.Table:
        return self._connection.sql(query).to_arrow_table()

    def _count(self, query: str) -> int:
        ((counted,),) = self._connection.execute(query).fetchall()
        return int(counted)

    def close(self) -> None:
        self._connection.close()


def _with_duplicate_ids(cases: pa.Table) -> pa.Table:
    """`cases` with `duplicate_case_id`, a column that not every deployment has or grants."""
    if "duplicate_case_id" in cases.schema.names:
        return cases
    return cases.append_column("duplicate_case_id", pa.nulls(cases.num_rows, pa.string()))
