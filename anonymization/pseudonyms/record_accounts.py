"""What became of every record of a range, as queries: coverage, quarantine, lost values and repeated rows."""

from collections.abc import Iterable

from anonymization.pseudonyms.snapshot_tables import TABLES, SnapshotTable

COUNTED = [table for table in TABLES if table.counts_records]


def coverage_sql() -> str:
    """table_name, outcome, reason, records: extracted = loaded + quarantined + excluded in every table."""
    return _together([_case_coverage(), *map(_coverage, COUNTED)])


def quarantine_sql() -> str:
    """table_name, case_pseudonym, reason, field: one row a record that was set aside, in a fixed order."""
    return _together([_case_quarantine(), *map(_quarantine, COUNTED)]) + " order by all"


def lost_values_sql() -> str:
    """table_name, field, reason: one row a value that cannot be used, of a record that is kept."""
    return _together([_case_losses(), *(_losses(table) for table in TABLES if table.subform)])


def repeated_rows_sql() -> str:
    """table_name, field: one row a row that repeats another one's id."""
    return _together(map(_repeated, COUNTED))


def filled_sql(columns: Iterable[str]) -> str:
    """One row: of the cases received, how many documents hold a value of each contract column, whatever it is.

    An empty list, as a subform without rows has, is no value.
    """
    counts = ", ".join(f"count(nullif({name}::varchar, '[]')) as {name}" for name in columns)
    return f"select {counts} from known semi join received_case using (case_id)"


def _together(queries: Iterable[str]) -> str:
    return " union all ".join(queries)


def _case_coverage() -> str:
    return """select 'cases' as table_name, 'extracted' as outcome, '' as reason, count(*) as records from received_case
    union all select 'cases', 'quarantined', quarantine_reason, count(*) from received_case
    where quarantine_reason is not null group by quarantine_reason
    union all select 'cases', 'excluded', exclusion_reason, count(*) from received_case
    where quarantine_reason is null and exclusion_reason is not null group by exclusion_reason
    union all select 'cases', 'loaded', '', count(*) from received_case where is_loaded"""


def _coverage(table: SnapshotTable) -> str:
    typed = f"(select quarantine_reason, {table.exclusion} as exclusion_reason from typed_{table.name})"
    name = table.name
    return f"""select '{name}', 'extracted', '', count(*) from {typed}
    union all select '{name}', 'quarantined', quarantine_reason, count(*) from {typed}
    where quarantine_reason is not null group by quarantine_reason
    union all select '{name}', 'excluded', exclusion_reason, count(*) from {typed}
    where quarantine_reason is null and exclusion_reason is not null group by exclusion_reason
    union all select '{name}', 'loaded', '', count(*) from {typed}
    where quarantine_reason is null and exclusion_reason is null"""


def _case_quarantine() -> str:
    return """select 'cases' as table_name, pseudonym('case', case_id) as case_pseudonym, quarantine_reason as reason,
    quarantined_field as field from received_case where quarantine_reason is not null"""


def _quarantine(table: SnapshotTable) -> str:
    return f"""select '{table.name}', pseudonym('case', case_id), quarantine_reason, quarantined_field
    from typed_{table.name} where quarantine_reason is not null"""


def _case_losses() -> str:
    return """select 'cases' as table_name, lost.field, lost.reason
    from (select unnest(lost) as lost from loaded_case)"""


def _losses(table: SnapshotTable) -> str:
    return f"""select '{table.name}', lost.field, lost.reason
    from typed_{table.name} where lost is not null and has_loaded_case and not is_repeated"""


def _repeated(table: SnapshotTable) -> str:
    return f"""select '{table.name}' as table_name, '{table.row_id or "referral_id"}' as field
    from typed_{table.name} where is_repeated and has_loaded_case"""
