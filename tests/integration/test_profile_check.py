"""`caselight profile check` on a real store of each country: what was planted is found, with its cases."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from case_store.case_source import open_source
from case_store.database import connect, create_schema
from case_store.errors import CaseStoreError
from case_store.profile import Profile, load_profile
from case_store.profile_check import NOT_LISTED, ProfileFinding, check_profile
from case_store.synthetic.load import seed_store
from pipelines.commands.cli import app
from tests.support.profiles import NAMES

CHILDREN = 150
TODAY = date(2023, 12, 31)
SECRET = "a name that somebody typed"


@pytest.fixture(scope="module", params=NAMES)
def seeded(request: pytest.FixtureRequest, store_dsn: str) -> Iterator[tuple[Profile, str]]:
    """A country, and the name of a database with its store."""
    profile, name = load_profile(request.param), f"checked_{request.param}"
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute(f"create database {name}")
    with connect(store_dsn.replace("///caselight?", f"///{name}?")) as connection:
        create_schema(connection)
        seed_store(connection, profile, CHILDREN, 5)
    yield profile, name
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute(f"drop database {name} with (force)")


@pytest.fixture
def store(seeded: tuple[Profile, str], store_dsn: str) -> Iterator[tuple[Profile, str]]:
    """A copy that a test may change, as (profile, DSN)."""
    profile, template = seeded
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute(f"create database a_store template {template}")
    yield profile, store_dsn.replace("///caselight?", "///a_store?")
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("drop database a_store with (force)")


def found(store: tuple[Profile, str], *kinds: str) -> set[ProfileFinding]:
    profile, dsn = store
    with open_source(dsn) as source:
        return {finding for finding in check_profile(profile, source, TODAY) if not kinds or finding.kind in kinds}


def change(store: tuple[Profile, str], query: str, *values: Any) -> int:
    with connect(store[1]) as connection:
        return connection.execute(query, values).rowcount


def coded(profile: Profile, dimension: str) -> tuple[str, str, str]:
    """The field that holds a dimension's codes, the lookup that lists them, and one of them."""
    field = next(key for key, of in profile.dimensions_of_fields.items() if of == dimension)
    row = next(row for row in profile.codes.to_pylist() if row["dimension"] == dimension and not row["valid_to"])
    return field, row["lookup"], row["code"]


ENTRY = (
    "update lookups set lookup_values_i18n = (select jsonb_agg({0}) from jsonb_array_elements(lookup_values_i18n) e)"
)


def test_nothing_needs_a_review_as_the_store_was_made(store: tuple[Profile, str]) -> None:
    assert {finding.code for finding in found(store) if finding.needs_review} <= {NOT_LISTED}


def test_a_relabelled_code_is_found(store: tuple[Profile, str]) -> None:
    field, lookup, code = coded(store[0], "care_status")
    held = len(rows(store, field, code))
    entry = "case when e ->> 'id' = %s then jsonb_set(e, '{display_text,en}', '\"Neglected\"') else e end"
    change(store, ENTRY.format(entry) + " where unique_id = %s", code, lookup)
    assert found(store, "relabelled") == {ProfileFinding("relabelled", lookup, code, held, "Neglected")}


def rows(store: tuple[Profile, str], field: str, code: str | None = None) -> list[Any]:
    """The cases of the profile's modules that hold a code, or fill the field."""
    profile, dsn = store
    query = "select id from cases where data ->> %s = any(%s) and coalesce(data ->> %s, '') <> '' "
    with connect(dsn) as connection:
        return connection.execute(
            query + "and (%s::text is null or data ->> %s = %s)",
            (profile.source("module"), list(profile.modules), field, code, field, code),
        ).fetchall()


def test_a_retired_code_is_found(store: tuple[Profile, str]) -> None:
    field, lookup, code = coded(store[0], "sex")
    held = len(rows(store, field, code))
    entry = "case when e ->> 'id' = %s then e || '{\"disabled\": true}' else e end"
    change(store, ENTRY.format(entry) + " where unique_id = %s", code, lookup)
    assert found(store, "retired") == {ProfileFinding("retired", lookup, code, held)}
    assert held > 10


def test_a_code_that_is_not_mapped_is_found_and_what_no_list_has_is_not_printed(store: tuple[Profile, str]) -> None:
    field, lookup, code = coded(store[0], "sex")
    change(
        store,
        "update lookups set lookup_values_i18n = lookup_values_i18n || %s::jsonb where unique_id = %s",
        '[{"id": "another", "display_text": {"en": "Another"}}]',
        lookup,
    )
    some = [row[0] for row in rows(store, field, code)]
    put = "update cases set data = jsonb_set(data, array[%s], to_jsonb(%s::text)) where id = any(%s)"
    change(store, put, field, "another", some[:3])
    change(store, put, field, SECRET, some[3:5])
    unmapped = {finding for finding in found(store, "unmapped") if finding.place == lookup}
    assert unmapped == {
        ProfileFinding("unmapped", lookup, "another", 3, "Another"),
        ProfileFinding("unmapped", lookup, NOT_LISTED, 2),
    }


def test_an_emptied_code_is_found(store: tuple[Profile, str]) -> None:
    field, lookup, code = coded(store[0], "sex")
    assert ProfileFinding("emptied", lookup, code, 0) not in found(store, "emptied")
    change(store, "update cases set data = data - %s where data ->> %s = %s", field, field, code)
    assert ProfileFinding("emptied", lookup, code, 0) in found(store, "emptied")


def test_a_relabelled_field_is_found(store: tuple[Profile, str]) -> None:
    field = store[0].source("sex")
    change(store, 'update fields set display_name_i18n = \'{"en": "Gender identity"}\' where name = %s', field)
    assert found(store, "relabelled") == {
        ProfileFinding("relabelled", field, "", len(rows(store, field)), "Gender identity")
    }


@pytest.mark.parametrize(
    "how", ["update fields set disabled = true where name = %s", "delete from fields where name = %s"]
)
def test_a_retired_field_is_found(store: tuple[Profile, str], how: str) -> None:
    field = store[0].source("care_status")
    change(store, how, field)
    assert {(f.place, f.code) for f in found(store, "retired")} == {(field, "")}


def test_a_field_that_is_not_mapped_is_found(store: tuple[Profile, str]) -> None:
    change(
        store,
        """insert into fields (name, type, form_section_id, display_name_i18n)
        select 'new_question', 'text_field', min(id), '{"en": "A new question"}' from form_sections""",
    )
    change(
        store,
        "update cases set data = data || %s::jsonb where id = any(%s)",
        f'{{"new_question": "{SECRET}"}}',
        [row[0] for row in rows(store, store[0].source("sex"))][:4],
    )
    assert ProfileFinding("unmapped", "new_question", "", 4, "A new question") in found(store, "unmapped")


def test_an_emptied_field_is_found(store: tuple[Profile, str]) -> None:
    field = store[0].source("birth_date")
    change(store, "update cases set data = data - %s", field)
    assert ProfileFinding("emptied", field, "", 0) in found(store, "emptied")


def test_the_command_prints_names_and_counts_and_no_value(
    store: tuple[Profile, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, dsn = store
    field, lookup, code = coded(profile, "sex")
    some = [row[0] for row in rows(store, field, code)][:3]
    change(
        store,
        "update cases set data = jsonb_set(data, array[%s], %s::jsonb) where id = any(%s)",
        field,
        f'"{SECRET}"',
        some,
    )
    monkeypatch.setenv("CASESTORE_DSN", dsn)
    monkeypatch.setenv("CASELIGHT_PROFILE", profile.name)
    ended = CliRunner().invoke(app, ["profile", "check"])
    assert ended.exit_code == 1, ended.output
    assert lookup in ended.output and NOT_LISTED in ended.output and SECRET not in ended.output
    assert "Unmapped: the store has it and the profile does not" in ended.output


def test_an_empty_database_is_refused(new_database: Callable[[], str]) -> None:
    with open_source(new_database()) as source, pytest.raises(CaseStoreError, match="no tables of a case store"):
        check_profile(load_profile(), source, TODAY)
