"""Seeding a real PostgreSQL: what the generator promises is what the tables hold."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from case_store.case_source import open_source
from case_store.database import create_indexes, create_schema
from case_store.errors import CaseStoreError
from case_store.lookups import changed_labels
from case_store.profile import load_profile
from case_store.synthetic.load import seed_store
from case_store.synthetic.record_histories import make_population
from case_store.synthetic.spells import CLOSED, MARKED_DUPLICATE

CHILDREN, SEED = 400, 3


@pytest.fixture
def store(new_database: Callable[[], str]) -> str:
    dsn = new_database()
    with psycopg.connect(dsn) as connection:
        create_schema(connection)
        seed_store(connection, load_profile(), CHILDREN, SEED)
        create_indexes(connection)
    return dsn


def _value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_the_tables_hold_the_population(store: str) -> None:
    population = make_population(load_profile(), CHILDREN, SEED)
    size = len(population.plan)
    queries = {
        "select count(*) from cases": size,
        "select count(*) from cases where (data ->> 'caselight_synthetic')::boolean": size,
        "select count(*) from record_histories where action = 'create'": size,
        "select count(*) from incidents": 0,
        "select count(*) from user_groups": 47,
        "select count(*) from locations where 'RO' @> hierarchy_path": 197,
        "select count(*) from locations where nlevel(hierarchy_path) = admin_level + 1": 197,
        "select count(*) from fields": 56,
        "select count(*) from roles": 3,
        "select count(distinct role_id) from users": 3,
        "select count(*) from user_groups_users where user_group_id is null": 0,
    }
    assert {query: _value(store, query) for query in queries} == queries
    assert 390 <= int(str(_value(store, "select count(*) from users"))) <= 420


def test_what_the_columns_say_stands_in_the_documents(store: str) -> None:
    parts = list(make_population(load_profile(), CHILDREN, SEED).histories())
    queries = {
        "select count(*) from cases where data ->> 'status' = 'closed'": sum(
            int((part.tracks["status"].current == CLOSED).sum()) for part in parts
        ),
        "select count(*) from transitions where type = 'Referral'": sum(len(part.referrals.child) for part in parts),
        "select count(*) from cases where duplicate_case_id is not null": sum(
            int((part.tracks["status"].current == MARKED_DUPLICATE).sum()) for part in parts
        ),
        """
        select count(*) from cases, jsonb_array_elements(nullif(data -> 'followup_subform_section', 'null')) as entry
        where entry ->> 'followup_date' is not null
        """: sum(int((part.follow_ups.done >= 0).sum()) for part in parts),
        "select count(*) from record_histories where record_id not in (select id::text from cases)": 0,
    }
    assert {query: _value(store, query) for query in queries} == queries


def test_later_rows_get_free_ids(store: str) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("insert into agencies (unique_id, agency_code) values ('new', 'new')")
        connection.execute("insert into record_histories (record_id, action) values ('x', 'update')")


def test_lookups_carry_the_reviewed_labels(store: str) -> None:
    with open_source(store) as source:
        labels = source.configuration()["labels"]
    assert labels.num_rows > 200
    assert changed_labels(labels, load_profile().reference_tables()["ref_codes"], date(2023, 12, 31)) == []
    with psycopg.connect(store) as connection:
        disabled = """
            select count(*) from lookups, jsonb_array_elements(lookup_values_i18n) as entry
            where (entry ->> 'disabled')::boolean
        """
        assert connection.execute(disabled).fetchone() == (2,)


def test_progress_rises_to_the_whole(new_database: Callable[[], str]) -> None:
    told: list[tuple[int, int]] = []
    with psycopg.connect(new_database()) as connection:
        create_schema(connection)
        seed_store(connection, load_profile(), CHILDREN, SEED, lambda done, total: told.append((done, total)))
    assert told
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > CHILDREN


def test_too_few_children_are_refused(new_database: Callable[[], str]) -> None:
    with psycopg.connect(new_database()) as connection, pytest.raises(CaseStoreError, match="at least"):
        create_schema(connection)
        seed_store(connection, load_profile(), 5, SEED)
