"""Gate 1, first: is the snapshot whole? Nothing may vanish between the case store and the statistics."""

from data_quality.rule import Rule, failing_rows

OUTCOMES_BY_TABLE = """(
    select
        table_name,
        coalesce(sum(records) filter (where outcome = 'extracted'), 0) as extracted,
        coalesce(sum(records) filter (where outcome = 'quarantined'), 0) as quarantined,
        coalesce(sum(records) filter (where outcome in ('loaded', 'quarantined', 'excluded')), 0) as accounted
    from snapshot.coverage
    group by table_name
)"""

COUNTED_TABLES = ("cases", "follow_ups", "care_arrangements", "caregivers", "referrals")
HELD = [f"select '{table}' as table_name, count(*) as n from snapshot.{table}" for table in COUNTED_TABLES]
ROWS_BY_TABLE = f"({' union all '.join(HELD)})"

LOADED_BY_TABLE = """(
    select table_name, sum(records) as n
    from snapshot.coverage
    where outcome = 'loaded'
    group by table_name
)"""

COMMONEST_QUARANTINED_FIELD = """(
    select table_name, mode(field order by field) as field from snapshot.quarantine group by table_name
)"""

RULES = (
    Rule(
        "SNP-01",
        "the snapshot says which run it belongs to",
        "error",
        "ref_run",
        "A snapshot has one row in ref_run with launch <= as_of <= known_at; every other rule reads its dates there. "
        "Make the snapshot again with a reference day after the launch, known no earlier than that day.",
        """
        select abs(count(*) - 1) + count(*) filter (where not is_in_order) as failing, greatest(count(*), 1) as total
        from (select coalesce(launch_date <= as_of and as_of <= known_at, false) as is_in_order from snapshot.ref_run)
        """,
    ),
    Rule(
        "SNP-02",
        "the snapshot holds children",
        "error",
        "cases",
        "No child was loaded: the case store is empty, or every case in it was left out. "
        "Look whether the connection leads to the right database, and at coverage for the reasons.",
        "select (count(*) = 0)::int as failing, 1 as total from snapshot.cases",
    ),
    Rule(
        "SNP-03",
        "every extracted record is accounted for",
        "error",
        "coverage",
        "In each table, extracted = loaded + quarantined + excluded. A table that does not add up has lost or "
        "doubled records on the way: do not publish from it, and report it as a defect of the extraction.",
        failing_rows(OUTCOMES_BY_TABLE, "extracted <> accounted"),
    ),
    Rule(
        "SNP-04",
        "the records loaded are the records held",
        "error",
        "coverage",
        "In each table, the records that coverage calls loaded are the rows of the table. "
        "If they differ, the snapshot was written in part: make it again.",
        f"""
        select coalesce(sum(abs(held.n - coalesce(loaded.n, 0))), 0) as failing, coalesce(sum(held.n), 0) as total
        from {ROWS_BY_TABLE} as held
        left join {LOADED_BY_TABLE} as loaded using (table_name)
        """,
    ),
    Rule(
        "SNP-05",
        "no more is quarantined than policy allows",
        "error",
        "coverage",
        "The share of quarantined records, in the table where it is greatest, is above the policy's limit, so the "
        "figures would be too low. Correct the records in the case store, by the findings of the snapshot.",
        f"""
        select quarantined as failing, extracted as total, coalesce(table_name || '.' || field, '') as place
        from (
            select quarantined, extracted, table_name from {OUTCOMES_BY_TABLE}
            union all by name
            select 0 as quarantined, 0 as extracted, '' as table_name
        )
        left join {COMMONEST_QUARANTINED_FIELD} using (table_name)
        order by quarantined / greatest(extracted, 1) desc, table_name desc
        limit 1
        """,
        limit="quarantined_share",
    ),
    Rule(
        "SNP-06",
        "no more values of a field are lost than policy allows",
        "error",
        "findings",
        "A value that cannot be read is lost, and its record counts as unknown there. The share of lost values, in the "
        "field where it is greatest, is above the policy's limit, so figures by it would mislead. Ask whether the "
        "field has changed in the case store, and correct its values there or its type in the profile.",
        f"""
        select coalesce(max_by(failing, share), 0) as failing, coalesce(max_by(total, share), 0) as total,
            coalesce(max_by(place, share), '') as place
        from (
            select
                sum(findings.records) as failing, any_value(loaded.n) as total,
                findings.table_name || '.' || findings.field as place,
                (sum(findings.records) / greatest(any_value(loaded.n), 1), findings.field) as share
            from snapshot.findings as findings
            inner join {LOADED_BY_TABLE} as loaded using (table_name)
            where findings.rule_id = 'SNP-VALUE'
            group by findings.table_name, findings.field
        )
        """,
        limit="lost_value_share",
    ),
)
