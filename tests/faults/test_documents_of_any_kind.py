"""Every field with every odd value, in documents, subforms and histories of a store: no child is lost in silence."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import psycopg
import pyarrow.parquet as pq
import pytest

from case_store.database import connect
from case_store.errors import CaseStoreError
from case_store.profile import load_profile
from data_quality.rule import Gate
from pipelines.gates.check_tables import check
from pipelines.run.builds import start_build
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from pipelines.warehouse.build_warehouse import build_warehouse
from tests.support.line import write_key
from tests.support.small_store import CHILDREN, document, insert_case, insert_history, key, subform

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
SECRET = "wq8vzkx"  # stands in many of the odd values, and nowhere in what is written
PROFILE = load_profile()
ODD: tuple[Any, ...] = (
    *(True, False, 0, 1, -0.0, 1.5, 17.999, 10**30, 1682899200000),
    *("", "  ", "\u200b", "\ufeff", "null", "NULL", "None", "NaN", "Infinity", "nul"),
    *("true", "TRUE ", "Yes", "0", "1", "on"),
    *([], {}, [None], [[]], [""], [None, SECRET, None], [[[SECRET]]], {"a": SECRET}, {"from": 1}, [2023, 5, 1]),
    *("[", "{", "[1", '{"a"', '["male"', "[]]", "'", '"', '""', "'; drop table cases; --", "%s", "{0}", "$1"),
    *("\\u0000", "\\ud800", f"{SECRET}\u0001", "\u202e", "\u0085", "\U0001f600" * 50, SECRET * 20_000),
    *("2023-05-01T10:15+03:00", "2023-05-01T10:15:30.5Z", "2023-05-01 10:15:30", "2023-05-01t10:15:30z"),
    *("2023-05-01T23:59:59+14:00", "2023-05-01T00:00:00-12:00", "2023-05-01T10:15:30+24:00", "2023-03-26T03:30:00"),
    *("2023-02-31", "31/02/2023", "01/05/2023", "5/1/23", "2023-13-01T00:00Z", "2023-00-00", "20230501", "2023-121"),
    *("0001-01-01", "2566-05-01", "9999-12-31", "9999-12-31T23:59:59Z", "10000-01-01", "-0001-01-01", "May 1, 2023"),
    *(
        "\uff12\uff10\uff12\uff13-05-01",
        "2023\u221205\u221201",
        "today",
        "now",
        "epoch",
        "tomorrow",
        "9,5",
        "+9",
        "९",
        "9e0",
        "0009",
        ".9",
    ),
)
HELD = ("status", "risk", "concerns", "residence", "owner_groups", "closure_date", "registration_date", "sex")
ROW = {"text": "one", "date": "2023-05-01", "code": "x", "bool": True}


def odd_documents() -> Iterator[dict[str, Any]]:
    """The mark of synthetic records apart, each field of a case and each of a subform with each odd value."""
    for name, field in PROFILE.fields["case"].columns.items():
        yield from ({**document(), field.source: value} for value in ODD if name != "is_synthetic")
    for name, section in PROFILE.fields.items():
        if section.source is not None:
            yield from ({**document(), section.source: value} for value in ODD)
            row = {column: ROW[field.type] for column, field in section.columns.items()}
            for column in section.columns:
                for value in ODD:
                    rows = subform(name, {**row, column: value})
                    yield document() | rows
                    yield {**document(), section.source: rows[section.source][0]}  # an object instead of a list


def odd_changes() -> Iterator[dict[str, Any]]:
    for name in HELD:
        for value in ODD:
            before = document().get(key(name))
            for told in ({"from": value, "to": value}, {"from": before, "to": value}, {"from": value, "to": before}):
                yield {key(name): told}


def take(dsn: str, folder: Path) -> Path:
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), dsn)
    settings.make_data_folder()
    return take_snapshot(settings, TIME)


def outcomes(snapshot: Path) -> Counter[tuple[str, str]]:
    """Records by table and outcome, held against the files: the three add up, and what is loaded is there."""
    counts = Counter[tuple[str, str]]()
    for row in read_manifest(snapshot)["coverage"]:
        counts[row["table_name"], row["outcome"]] += row["records"]
    for table in {name for name, _ in counts}:
        parts = [counts[table, outcome] for outcome in ("loaded", "quarantined", "excluded")]
        assert counts[table, "extracted"] == sum(parts)
        assert counts[table, "loaded"] == pq.read_metadata(snapshot / f"{table}.parquet").num_rows
    return counts


def refuse_leak(snapshot: Path) -> None:
    for file in snapshot.iterdir():
        told = str(pq.read_table(file).to_pylist()) if file.suffix == ".parquet" else file.read_text("utf-8")
        assert SECRET not in told, f"{file.name} holds a value that nobody reviewed"


def test_every_odd_document_is_loaded_quarantined_or_excluded(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    documents = list(odd_documents())
    query = "copy cases (data) from stdin"
    with connect(dsn) as connection, connection.cursor() as cursor, cursor.copy(query) as copy:
        for told in documents:
            copy.write_row([json.dumps(told, ensure_ascii=False)])
    snapshot = take(dsn, tmp_path)
    counts = outcomes(snapshot)
    assert counts["cases", "extracted"] == CHILDREN + len(documents)
    # only what makes a record unusable sets it aside, beside another module and a disabled record
    aside = read_manifest(snapshot)["coverage"]
    reasons = {row["reason"] for row in aside if row["table_name"] == "cases" and row["records"] and row["reason"]}
    assert reasons == {"BROKEN_TYPE", "IMPLAUSIBLE_YEAR", "MISSING", "OTHER_MODULE", "DISABLED"}
    quarantined = [
        row for row in pq.read_table(snapshot / "quarantine.parquet").to_pylist() if row["table_name"] == "cases"
    ]
    assert {row["field"] for row in quarantined} == {"registration_date", "closure_date"}
    assert counts["cases", "loaded"] >= CHILDREN + len(documents) - 3 * len(ODD)
    refuse_leak(snapshot)


def test_every_odd_change_leaves_its_child_in_place(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    changes = list(odd_changes())
    with connect(dsn) as connection:
        for change in changes:
            insert_history(connection, insert_case(connection, document()), "2023-06-01T09:00:00", change)
        # of what came to be known later, the value before is read
        for change in changes[::7]:
            insert_history(connection, insert_case(connection, document()), "2024-06-01T09:00:00", change)
    snapshot = take(dsn, tmp_path)
    counts = outcomes(snapshot)
    added = len(changes) + len(changes[::7])
    assert counts["cases", "extracted"] == CHILDREN + added
    quarantined = [row["field"] for row in pq.read_table(snapshot / "quarantine.parquet").to_pylist()]
    assert set(quarantined) <= {"registration_date", "closure_date"}
    assert counts["cases", "loaded"] >= CHILDREN + len(changes)
    refuse_leak(snapshot)


def test_an_entry_without_an_action_is_read(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        closed = {key("status"): {"from": "open", "to": "closed"}}
        insert_history(connection, insert_case(connection, document(status="closed")), "2023-06-01T09:00:00", closed)
    before = closings(take(dsn, tmp_path / "before"))
    with connect(dsn) as connection:
        connection.execute("update record_histories set action = null where datetime = '2023-06-01 09:00'")
    assert closings(take(dsn, tmp_path / "after")) == before
    assert before[date(2023, 6, 1)] > 0


def closings(snapshot: Path) -> Counter[date]:
    rows = pq.read_table(snapshot / "status_events.parquet").to_pylist()
    return Counter(row["event_date"] for row in rows if row["status"] == "closed")


# What the store says of its codes and fields -------------------------------------------------------------------------

MALE = '{"id": "male", "display_text": {"en": "Male", "ro": "Masculin"}}'
OTHER_LABELS = (
    '[{"id": "male", "display_text": "Something else"}]',
    '[{"id": "male", "display_text": null}, {"id": "male"}]',
    '[{"id": "male", "display_text": ["Male"]}]',
    '[{"id": "male", "display_text": {"en": ["Male"]}}]',
)
SHAPES = (
    *(None, "null", "[]", "{}", '"male"', "7", '[null, 7, "male", [], {}]'),
    '[{"id": null, "display_text": {"en": "Male"}}]',
    '[{"id": 7, "display_text": {"en": "Male"}}, {"id": {"a": 1}}]',
    '[{"id": "male", "display_text": " Male "}]',
    *OTHER_LABELS,
)


@pytest.mark.parametrize("table", ["lookups", "fields", "lookups, fields, form_sections, locations"])
def test_a_store_whose_tables_of_codes_or_fields_are_empty_is_read(
    table: str, new_store: Callable[[], str], tmp_path: Path
) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        fill_configuration(connection)
        connection.execute(f"truncate {table} cascade")
    assert outcomes(take(dsn, tmp_path))["cases", "loaded"] == CHILDREN


def fill_configuration(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender', %s)", [f"[{MALE}]"]
    )
    connection.execute(
        "insert into fields (name, option_strings_text_i18n) values ('sex', %s), (null, null)", [f"[{MALE}]"]
    )
    connection.execute("insert into locations (location_code, hierarchy_path) values ('ROTM', 'RO.ROTM')")


@pytest.mark.parametrize("shape", SHAPES)
def test_code_lists_of_any_shape_are_read_or_refused_in_a_sentence(
    shape: str | None, new_store: Callable[[], str], tmp_path: Path
) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        insert = "insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender', %s)"
        connection.execute(insert, [shape])
        connection.execute("insert into fields (name, option_strings_text_i18n) values ('sex', %s)", [shape])
    if shape in OTHER_LABELS:
        with pytest.raises(CaseStoreError, match="The label of `male` of lookup-gender, `male` of sex has changed"):
            take(dsn, tmp_path)
    else:
        assert outcomes(take(dsn, tmp_path))["cases", "loaded"] == CHILDREN


def test_no_rule_but_the_limits_of_policy_closes_a_gate_on_odd_documents(
    new_store: Callable[[], str], tmp_path: Path
) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        for told in list(odd_documents())[::3]:
            insert_case(connection, told)
        for change in list(odd_changes())[::3]:
            insert_history(connection, insert_case(connection, document()), "2023-06-01T09:00:00", change)
    settings = Settings(tmp_path / "data", tmp_path / "state", write_key(tmp_path / "key"), dsn)
    settings.make_data_folder()
    snapshot = take_snapshot(settings, TIME)
    start_build(settings.building)
    build_warehouse(settings, snapshot)
    (first, second), policy = get_args(Gate), policy_of(PROFILE)
    findings = check(first, policy, snapshot).findings + check(second, policy, snapshot, settings.building).findings
    closed = {found.rule_id for found in findings if found.severity == "error" and found.passed is False}
    assert closed == {"SNP-05", "SNP-06"}
