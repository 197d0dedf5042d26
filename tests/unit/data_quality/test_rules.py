"""Every rule holds for four sound children, and fails, by the right count, for one thing wrong."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from data_quality.gate import RuleFinding, check_rules
from data_quality.registry import RULES
from data_quality.rule import Rule
from pipelines.gates.cell_views import create_case_codes, create_cell_views
from pipelines.release.populations import PASSPORTS

DATASET = Path(__file__).with_name("quality_dataset.sql").read_text(encoding="utf-8")
LIMITS = {"quarantined_share": 0.2, "lost_value_share": 0.2}

# (rule, what goes wrong, how many rows fail)
FOUND = "insert into snapshot.findings values ('{}', 'warning', '{}', '{}', '{}', {})"

EXAMPLES = [
    ("SNP-01", "delete from snapshot.ref_run", 1),
    ("SNP-01", "update snapshot.ref_run set known_at = date '2023-12-30'", 1),
    ("SNP-01", "insert into snapshot.ref_run from snapshot.ref_run", 1),
    ("SNP-02", "delete from snapshot.cases", 1),
    ("SNP-03", "update snapshot.coverage set records = 7 where table_name = 'cases' and outcome = 'extracted'", 1),
    ("SNP-03", "delete from snapshot.coverage where table_name = 'follow_ups' and outcome = 'loaded'", 1),
    ("SNP-04", "delete from snapshot.cases where sex = 'male'", 2),
    ("SNP-04", "insert into snapshot.referrals from snapshot.referrals", 2),
    ("SNP-04", "delete from snapshot.coverage", 12),
    ("SNP-05", "update snapshot.coverage set records = 2 where outcome = 'quarantined'", 2),
    ("SNP-05", "insert into snapshot.coverage values ('follow_ups', 'quarantined', 'FUTURE_DATE', 1)", 1),
    ("SNP-06", "insert into snapshot.findings values ('SNP-VALUE', 'warning', 'cases', 'x', 'BROKEN_TYPE', 1)", 1),
    ("SNP-06", "insert into snapshot.findings values ('SNP-VALUE', 'warning', 'referrals', 'x', 'BROKEN_TYPE', 2)", 2),
    ("SNP-10", "update snapshot.cases set case_pseudonym = 'case 17' where sex = 'male'", 2),
    ("SNP-10", "update snapshot.cases set case_pseudonym = null where birth_year = 2015", 1),
    ("SNP-11", "update snapshot.cases set registered_by_pseudonym = 'a.popescu' where birth_year = 2015", 1),
    ("SNP-11", "update snapshot.caregivers set caregiver_pseudonym = upper(caregiver_pseudonym)", 2),
    ("SNP-12", "update snapshot.cases set case_pseudonym = repeat('1', 64) where birth_year = 2013", 1),
    ("SNP-13", "update snapshot.cases set registration_date = date '2022-07-24' where birth_year = 2015", 1),
    ("SNP-13", "update snapshot.cases set registration_date = date '2024-01-01' where birth_year = 2015", 1),
    ("SNP-14", "update snapshot.cases set age_at_registration = 18 where birth_year = 2015", 1),
    ("SNP-15", "update snapshot.cases set age_at_registration = -1 where birth_year = 2015", 1),
    ("SNP-15", "update snapshot.cases set age_as_of = -1 where birth_year = 2015", 1),
    ("SNP-16", "update snapshot.cases set age_as_of = 6 where birth_year = 2015", 1),
    ("SNP-17", "update snapshot.cases set birth_month = 13 where birth_year = 2015", 1),
    ("SNP-17", "update snapshot.cases set birth_month = null where birth_year = 2015", 1),
    ("SNP-18", "update snapshot.follow_ups set age = -1", 2),
    ("SNP-18", "update snapshot.status_events set age = -1 where event_no = 4", 1),
    ("SNP-20", "update snapshot.cases set sex = 'M' where sex = 'male'", 2),
    ("SNP-20", "update snapshot.cases set sex = null where sex = 'male'", 2),
    ("SNP-20", "update snapshot.cases set nationality = ['ua', 'zz'] where sex = 'male'", 2),
    ("SNP-20", "update snapshot.cases set entry_point = 'male'", 4),
    ("SNP-23", "update snapshot.case_concerns set concern = 'zz' where concern = 'income'", 1),
    ("SNP-24", "update snapshot.care_arrangements set care_type = 'zz'", 2),
    ("SNP-25", "update snapshot.caregivers set relation = 'zz'", 2),
    ("SNP-26", "update snapshot.referrals set service = 'zz' where service = 'health'", 1),
    ("SNP-27", "update snapshot.status_events set closure_reason = null where closure_reason = 'left'", 1),
    ("SNP-28", "update snapshot.case_states set value = 'ROTM' where value = 'RO424'", 3),
    ("SNP-28", "update snapshot.case_states set value = 'high' where field = 'intention'", 1),
    ("SNP-28", "update snapshot.case_states set field = 'mood' where field = 'risk'", 1),
    ("SNP-29", "update snapshot.referrals set status = 'done' where status = 'accepted'", 1),
    ("SNP-30", "delete from snapshot.status_events where event_no = 1 and age = 7", 1),
    ("SNP-30", "update snapshot.status_events set event_date = date '2022-08-11' where age = 7", 1),
    ("SNP-31", "update snapshot.status_events set status = 'open' where event_no = 2", 1),
    ("SNP-31", "delete from snapshot.status_events where event_no in (2, 3)", 1),
    ("SNP-31", "insert into snapshot.status_events from snapshot.status_events where event_no = 4", 1),
    ("SNP-32", "update snapshot.status_events set closure_reason = 'left' where event_no = 3", 1),
    ("SNP-33", "update snapshot.case_states set entry_no = 0 where entry_no = 1", 1),
    ("SNP-33", "update snapshot.case_states set entry_no = 1 where field = 'risk'", 1),
    ("SNP-33", "update snapshot.case_states set entry_no = -1 where field = 'risk'", 1),
    ("SNP-34", "insert into snapshot.case_concerns from snapshot.case_concerns", 3),
    ("SNP-35", "update snapshot.status_events set event_date = date '2023-01-14' where event_no = 2", 1),
    ("SNP-36", "update snapshot.follow_ups set done_date = date '2024-01-16' where age = 7", 1),
    ("SNP-37", "update snapshot.follow_ups set due_date = date '2022-08-09' where age = 7", 1),
    ("SNP-40", "update snapshot.case_states set case_pseudonym = repeat('8', 64) where field = 'risk'", 1),
    ("SNP-41", "update snapshot.status_events set case_pseudonym = repeat('8', 64) where age = 7", 1),
    ("SNP-42", "update snapshot.case_concerns set case_pseudonym = repeat('8', 64) where concern = 'income'", 1),
    ("SNP-43", "update snapshot.follow_ups set case_pseudonym = null where age = 7", 1),
    ("SNP-44", "update snapshot.care_arrangements set case_pseudonym = repeat('8', 64)", 2),
    ("SNP-45", "update snapshot.caregivers set case_pseudonym = repeat('8', 64)", 2),
    ("SNP-46", "update snapshot.referrals set case_pseudonym = repeat('8', 64)", 2),
    ("SNP-50", "update snapshot.cases set sex = '_U' where birth_year = 2015", 1),
    ("SNP-51", "update snapshot.cases set age_at_registration = null where birth_year = 2015", 1),
    ("SNP-52", "update snapshot.cases set nationality = ['_U'] where birth_year = 2015", 1),
    ("SNP-52", "update snapshot.cases set nationality = null where sex = 'male'", 2),
    ("SNP-53", "update snapshot.cases set entry_point = '_U' where sex = 'male'", 2),
    ("SNP-60", FOUND.format("SNP-FIELD", "cases", "shoe_size", "UNKNOWN_FIELD", 3), 3),
    ("SNP-61", FOUND.format("SNP-CODE", "case_states", "risk", "UNKNOWN_CODE", 2), 2),
    ("SNP-62", FOUND.format("SNP-OTHER", "cases", "birth_date", "ANY_REASON", 1), 1),
    ("MRT-01", "update marts.registrations set children = 2 where age = 'Y7'", 1),
    ("MRT-01", "delete from marts.registrations", 4),
    ("MRT-02", "delete from marts.children_by_risk where not is_open", 1),
    ("MRT-03", "update marts.children_by_risk set is_open = true", 1),
    ("MRT-04", "update marts.travel_intention set children = 3 where age = 'Y8'", 2),
    ("MRT-05", "delete from marts.closures", 1),
    ("MRT-06", "delete from marts.child_concern_pairs where county = 'RO321'", 1),
    ("MRT-06", "delete from marts.children_with_concern where county = 'RO424'", 1),
    ("MRT-07", "update marts.child_concern_pairs set pairs = 2 where county = 'RO321'", 1),
    ("MRT-08", "update marts.children_with_concern set children = 3", 2),
    ("MRT-09", "insert into marts.unaccompanied_separated values ('RO424', 'M', 'Y8', 'UNACC', 'FOSTER', 1)", 1),
    ("MRT-09", "delete from marts.unaccompanied_separated where county = 'RO321'", 1),
    ("MRT-10", "insert into marts.placed_children values ('RO424', 'F', 'Y2', 1)", 1),
    ("MRT-11", "update marts.referred_children set children = 3", 2),
    ("MRT-12", "update marts.follow_ups_on_time set on_time = 2", 2),
    ("MRT-13", "update marts.caregivers set caregivers = 3 where county = 'RO424'", 1),
    ("MRT-13", "delete from marts.caregivers where county = '_T' and relation = '_T'", 4),
    ("MRT-14", "delete from marts.caregivers where county = 'RO321'", 1),
    ("MRT-20", "update marts.closures set closures = -1", 2),
    ("MRT-20", "update marts.follow_ups_on_time set on_time = null", 2),
    ("MRT-22", "update marts.travel_intention set entry_point = null where age = 'Y2'", 1),
    ("MRT-23", "insert into marts.closures from marts.closures", 2),
    ("MRT-24", "update marts.open_cases set owner_county = 'RO42' where age = 'Y2'", 1),
    ("MRT-24", "update marts.closures set county = 'ROTM'", 2),
    ("MRT-25", "update marts.registrations set age = 'Y18' where age = 'Y7'", 1),
    ("MRT-30", "update marts.registrations set sex = 'boy' where age = 'Y7'", 1),
    ("MRT-30", "update marts.open_cases set citizenship = 'UNACC' where age = 'Y2'", 1),
    ("MRT-30", "update marts.closures set care_status = 'zz'", 2),
    ("MRT-30", "update marts.unaccompanied_separated set care_type = 'zz' where age = 'Y8'", 1),
    ("MRT-30", "update marts.child_concern_pairs set concern = 'C33' where concern = 'C28'", 1),
    ("MRT-30", "update marts.travel_intention set intention = 'zz' where age = 'Y2'", 1),
    ("MRT-30", "update marts.children_by_risk set risk = 'zz' where age = 'Y8'", 1),
    ("MRT-30", "update marts.travel_intention set entry_point = 'siret'", 3),
    ("MRT-30", "update marts.closures set closure_reason = 'left' where month = '2023-11'", 1),
    ("MRT-30", "update marts.caregivers set relation = 'AUNT' where relation = 'PARENT'", 1),
    ("MRT-40", "update marts.closures set quarter = '2023-Q3' where month = '2023-11'", 1),
    ("MRT-40", "update marts.follow_ups_on_time set month = '2021-12' where county = 'RO321'", 1),
    ("MRT-41", "update marts.registrations set month = '2022-06' where age = 'Y7'", 1),
    ("MRT-41", "update marts.registrations set month = '2024-01' where age = 'Y7'", 1),
    ("MRT-42", "update marts.closures set month = '2024-01' where month = '2023-11'", 1),
    ("MRT-50", "delete from marts.registrations where month = '2023-12'", 1),
    ("MRT-51", "update marts.registrations set children = if(sex = 'M', 28, 22)", 1),
    ("MRT-51", "update marts.registrations set children = if(sex = 'M', 22, 28)", 1),
    ("MRT-52", "update marts.registrations set county = 'RO321'", 1),
    ("MRT-60", "update marts.open_cases set county = '_U' where age = 'Y2'", 1),
    ("MRT-61", "update marts.open_cases set owner_county = '_U' where age = 'Y2'", 1),
    ("MRT-62", "update marts.open_cases set care_status = '_U' where age = 'Y2'", 1),
    ("MRT-63", "update marts.open_cases set risk = '_U' where sex = 'F'", 2),
    ("MRT-64", "update marts.open_cases set intention = '_U' where sex = 'F'", 2),
    ("MRT-70", FOUND.format("SNP-CODE", "cases", "sex", "UNKNOWN_CODE", 4), 4),
]

# What is unusual and yet right: the named rule still holds.
SOUND = [
    ("SNP-06", "insert into snapshot.findings values ('SNP-CODE', 'warning', 'cases', 'x', 'UNKNOWN_CODE', 4)"),
    ("SNP-05", "update snapshot.coverage set records = 0 where outcome = 'quarantined'"),
    ("SNP-05", "delete from snapshot.coverage"),
    ("SNP-11", "update snapshot.caregivers set caregiver_pseudonym = null"),
    ("SNP-13", "update snapshot.cases set registration_date = date '2022-07-25' where birth_year = 2015"),
    ("SNP-13", "update snapshot.cases set registration_date = date '2023-12-31' where birth_year = 2015"),
    ("SNP-17", "update snapshot.cases set birth_year = null, birth_month = null"),
    ("SNP-20", "update snapshot.cases set sex = '_U'"),
    ("SNP-20", "update snapshot.cases set nationality = ['_U'] where sex = 'male'"),
    ("SNP-20", "update snapshot.cases set nationality = null"),
    ("SNP-27", "update snapshot.status_events set closure_reason = '_U' where status = 'closed'"),
    ("SNP-28", "update snapshot.case_states set value = '_U'"),
    ("SNP-53", "update snapshot.cases set entry_point = '_U' where birth_year = 2015"),
    ("MRT-05", "update marts.closures set closures = 5"),
    ("MRT-13", "delete from marts.caregivers"),
    ("MRT-24", "update marts.closures set county = '_U'"),
    ("MRT-25", "update marts.open_cases set age = 'Y_GE18' where age = 'Y8'"),
    ("MRT-51", "update marts.registrations set children = if(sex = 'M', 55, 45)"),
    ("MRT-51", "update marts.registrations set sex = 'F'"),
]


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(DATASET)
        fields = connection.sql("from snapshot.ref_fields").to_arrow_table().to_pylist()
        create_case_codes(connection, fields)
        create_cell_views(connection, [passport.stem for passport in PASSPORTS.glob("*.yml")])
        yield connection


@pytest.fixture
def dataset(store: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    store.begin()
    yield store
    store.rollback()


def findings_of(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> list[RuleFinding]:
    def query(sql: str) -> tuple[int, int]:
        row = connection.execute(sql).fetchone()
        return row[0], row[1]

    return check_rules(rules, query, LIMITS)


def finding_of(connection: duckdb.DuckDBPyConnection, rule_id: str) -> RuleFinding:
    return findings_of(connection, [rule for rule in RULES if rule.rule_id == rule_id])[0]


def test_every_rule_holds_for_sound_data(dataset: duckdb.DuckDBPyConnection) -> None:
    assert [finding for finding in findings_of(dataset, RULES) if not finding.passed] == []


@pytest.mark.parametrize(("rule_id", "mutation", "failing"), EXAMPLES)
def test_a_rule_fails_by_the_right_count(
    dataset: duckdb.DuckDBPyConnection, rule_id: str, mutation: str, failing: int
) -> None:
    dataset.execute(mutation)
    finding = finding_of(dataset, rule_id)
    assert not finding.passed
    assert finding.failing == failing


@pytest.mark.parametrize(("rule_id", "mutation"), SOUND)
def test_a_rule_holds_for_what_is_unusual_and_right(
    dataset: duckdb.DuckDBPyConnection, rule_id: str, mutation: str
) -> None:
    dataset.execute(mutation)
    assert finding_of(dataset, rule_id).passed


def test_every_rule_has_an_example_that_fails() -> None:
    assert {rule_id for rule_id, _, _ in EXAMPLES} == {rule.rule_id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_a_rule_gives_two_counts_and_no_value(dataset: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    result = dataset.execute(rule.sql)
    assert [column[0] for column in result.description] in (["failing", "total"], ["failing", "total", "place"])
    rows = result.fetchall()
    assert len(rows) == 1
    assert all(int(count) == count and count >= 0 for count in rows[0][:2])
    assert all(re.fullmatch(r"([a-z_]+\.[a-z_]+)?", place) for place in rows[0][2:])


@pytest.mark.parametrize("schema", ["snapshot", "marts"])
def test_every_rule_can_run_on_empty_tables(dataset: duckdb.DuckDBPyConnection, schema: str) -> None:
    tables = dataset.execute("select table_name from duckdb_tables() where schema_name = ?", [schema]).fetchall()
    for (table,) in tables:
        dataset.execute(f"delete from {schema}.{table}")
    assert [finding.rule_id for finding in findings_of(dataset, RULES) if finding.failing is None] == []
