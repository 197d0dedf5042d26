"""Identifiers stay home: whatever a run does and however it ends, nothing outside the store holds a person's value."""

import base64
import gzip
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from case_store.database import connect
from dashboards.accounts import create_demo_accounts, load_accounts
from dashboards.app import create_app
from pipelines.run.builds import current_build, current_serving
from pipelines.run.settings import CHECKOUT
from tests.support import sabotage
from tests.support.line import RUN, House
from tests.support.searching import MARK, Sought, encoded_forms, search
from tests.support.sentinels import FREE_TEXT, LOADED, broken_document, insert_sentinels, sought, text
from tests.support.small_store import insert_case

VALUE = text("a value in an error")


@pytest.fixture(scope="module")
def wanted() -> Sought:
    return sought()


@pytest.fixture(scope="module")
def store(new_store: Callable[[], str]) -> str:
    dsn = new_store()
    with connect(dsn) as connection:
        insert_sentinels(connection)
    return dsn


@pytest.fixture(scope="module")
def place(lanes: tuple[House, House], store: str) -> House:
    return lanes[0].begin_anew(store)


@pytest.fixture(scope="module")
def seen() -> dict[Path, tuple[int, int]]:
    return {}


@pytest.fixture
def house(place: House, wanted: Sought, seen: dict[Path, tuple[int, int]]) -> Iterator[House]:
    """The house of all these runs; when a test ends, everything in it that is new is searched."""
    yield place
    assert search(place.root, wanted, seen) == {}


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Path]:
    """Where a sabotage writes what an engine said; it must have repeated a sentinel, else the test proves nothing."""
    file = tmp_path / "witness.txt"
    yield file
    assert MARK in file.read_text("utf-8")


def fails(house: House, *words: str, spoilt: list[Callable[[], object]]) -> None:
    ended = house.run(*RUN, sabotage=[*spoilt, sabotage.keep_what_is_half_made])
    assert ended.code == 1, ended.printed
    for word in words:
        assert word in ended.printed


def test_a_strict_cast_in_the_snapshot(house: House, witness: Path) -> None:
    fails(house, "(ConversionException)", "withheld", spoilt=[partial(sabotage.read_strictly, witness)])


def test_a_value_that_postgresql_repeats_while_cases_are_read(house: House, witness: Path) -> None:
    fails(house, "cannot be read", spoilt=[partial(sabotage.ask_strictly, witness, "cases")])


def test_a_value_that_postgresql_repeats_while_lookups_are_compared(house: House, witness: Path) -> None:
    fails(house, "cannot be read", spoilt=[partial(sabotage.ask_strictly, witness, "lookups")])


@pytest.mark.parametrize(
    "what", ["pipelines.snapshot.snapshot_folder:SnapshotWriter.add", "pipelines.gates.check_tables:check_gate"]
)
def test_an_error_that_repeats_a_value_before_the_warehouse(house: House, what: str) -> None:
    fails(house, "(RuntimeError)", "withheld", spoilt=[partial(sabotage.fail_at, what, VALUE)])


def test_a_first_gate_that_closes_on_sentinels(place: House, house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        insert_sentinels(connection)
        for _ in range(10):
            insert_case(connection, {**broken_document(), **FREE_TEXT})
    fails(House(place.root, dsn), "SNP-05 closed the gate", spoilt=[])


def test_a_label_that_is_a_sentinel(place: House, house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    entry = json.dumps([{"id": "male", "display_text": {"en": text("label")}}, {"id": text("id"), "display_text": {}}])
    with connect(dsn) as connection:
        insert_sentinels(connection)
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender', %s)", [entry])
    fails(House(place.root, dsn), "The label of `male` of lookup-gender has changed", spoilt=[])


def test_a_dbt_model_that_fails(house: House, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(CHECKOUT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    model = project / "models" / "intermediate" / "int_closures.sql"
    model.write_text("select cast(case_pseudonym as integer) as closed from {{ ref('int_children') }}", "utf-8")
    fails(house, "the warehouse could not be built", "int_closures", spoilt=[partial(sabotage.break_a_model, project)])


def test_a_second_gate_that_closes(house: House) -> None:
    fails(house, "closed the gate", spoilt=[sabotage.spoil_a_mart])


def test_errors_that_repeat_a_value_in_the_warehouse(house: House) -> None:
    fails(house, "(RuntimeError)", spoilt=[partial(sabotage.fail_at, "dbt.cli.main:dbtRunner.invoke", VALUE)])


@pytest.mark.parametrize(
    "places",
    [
        ["pipelines.release.protect_release:protect", "pipelines.serving.serving_files:_write"],
        ["pipelines.release.rendering:files_in_every_format"],
        ["pipelines.serving.current_build:point_to"],
    ],
)
def test_errors_that_repeat_a_value_after_the_warehouse(house: House, places: list[str]) -> None:
    fails(house, "(RuntimeError)", "withheld", spoilt=[partial(sabotage.fail_at, what, VALUE) for what in places])
    assert not (house.builds / "current").exists()


def test_a_full_run_its_publication_and_its_pages(house: House) -> None:
    ended = house.run("publish", "2023-Q4")
    assert ended.code == 0, ended.printed
    assert house.run("release", "approve", "2023-Q4", "--by", "Synthetic One", "--second", "Synthetic Two").code == 0
    assert house.run("golden").code == 1
    pages = house.root / "pages"
    pages.mkdir()
    for number, page in enumerate(served_pages(house)):
        (pages / f"{number}.txt").write_bytes(page)
    coverage = (current_build(house.builds).parents[1] / "snapshots/2023-12-31/2023-12-31/manifest.json").read_text(
        "utf-8"
    )
    assert '"BROKEN_TYPE"' in coverage and '"UNKNOWN_CODE"' in coverage


def served_pages(house: House) -> Iterator[bytes]:
    """Everything that the pages answer, in three languages, to the country's user and a county's."""
    file = house.state / "accounts.json"
    passwords = create_demo_accounts(file, ["national", "RO424"], secrets.token_bytes)
    app = create_app(partial(current_serving, house.builds), load_accounts(file), secrets.token_bytes(32))
    for user, password in passwords.items():
        client = app.server.test_client()
        form = re.search(r'name="form" value="([^"]+)"', client.get("/sign-in").text)
        assert form
        client.post("/sign-in", data={"user": user, "password": password, "form": form[1]})
        for language in ("en", "ro", "uk"):
            for path in ("/", "/registrations"):
                inputs = {"pathname": path, "search": f"?lang={language}"}
                body = {
                    "output": "page.children",
                    "outputs": {"id": "page", "property": "children"},
                    "inputs": [{"id": "address", "property": name, "value": value} for name, value in inputs.items()],
                    "changedPropIds": [],
                }
                answer = client.post("/_dash-update-component", json=body)
                assert answer.status_code == 200
                yield answer.data
                yield client.get(f"{path}?lang={language}").data
            yield client.get(f"/registrations.csv?lang={language}").data


# The control: each form of a sentinel, in each kind of file, is found ----------------------------------------------


def write_text(file: Path, form: bytes) -> None:
    file.write_bytes(b"before " + form + b" after")


def write_gzip(file: Path, form: bytes) -> None:
    file.write_bytes(gzip.compress(form))


def write_zip(file: Path, form: bytes) -> None:
    """An archive within an archive, as a workbook would lie in a bundle."""
    with zipfile.ZipFile(file.with_suffix(".inner"), "w", zipfile.ZIP_DEFLATED) as inner:
        inner.writestr("xl/sharedStrings.xml", form)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as outer:
        outer.write(file.with_suffix(".inner"), "book.xlsx")
    file.with_suffix(".inner").unlink()


def write_parquet(file: Path, form: bytes) -> None:
    rows = [{"list": [{"x": form}] * 50}]
    pq.write_table(pa.Table.from_pylist(rows), file, compression="zstd")


def write_duckdb(file: Path, form: bytes) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create schema inside; create table inside.t as select $form::blob as cell from range(5000)", {"form": form}
        )


def write_duckdb_log(file: Path, form: bytes) -> None:
    """A database whose writer was killed: what it wrote last stands in the log only."""
    script = """import os, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("create table t (cell blob)")
connection.execute("checkpoint")
connection.execute("insert into t select $form::blob from range(3)", {"form": bytes.fromhex(sys.argv[2])})
os._exit(0)"""
    subprocess.run([sys.executable, "-c", script, str(file), form.hex()], check=True)
    assert file.with_name(f"{file.name}.wal").stat().st_size


def write_sqlite(file: Path, form: bytes) -> None:
    connection = sqlite3.connect(file)
    connection.execute("create table snapshots (body blob)")
    connection.execute("insert into snapshots values (?)", [zlib.compress(b'{"key": "' + form + b'"}')])
    connection.commit()
    connection.close()


WRITERS = [write_text, write_gzip, write_zip, write_parquet, write_duckdb, write_duckdb_log, write_sqlite]


@pytest.mark.parametrize("write", WRITERS)
def test_the_search_finds_every_form_in_every_kind_of_file(
    write: Callable[[Path, bytes], None], tmp_path: Path, wanted: Sought
) -> None:
    every = sorted(encoded_forms(MARK)) + [digest for digest, _ in wanted._digests()][:12]
    few = write in (write_duckdb, write_duckdb_log)  # each one is a database
    for number, form in enumerate(every[::9] if few else every):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder / "file.duckdb", form)
        assert search(folder, wanted, {}), form


def test_the_search_finds_a_sentinel_at_every_place_of_a_base64_text(tmp_path: Path, wanted: Sought) -> None:
    for before in range(6):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            (tmp_path / "file").write_bytes(encode(b"\xff" * before + text("somewhere").encode() + b"\xff"))
            assert search(tmp_path, wanted, {})


def test_the_search_finds_names_of_files_and_ids(tmp_path: Path, wanted: Sought) -> None:
    (tmp_path / f"{MARK}.txt").touch()
    (tmp_path / "ids.txt").write_text(LOADED.replace("-", ""), "utf-8")
    assert len(search(tmp_path, wanted, {})) == 2


def test_the_search_leaves_ordinary_files_in_peace(tmp_path: Path, wanted: Sought) -> None:
    (tmp_path / "file.txt").write_text("registered children by county\n" * 1000, "utf-8")
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 100)
    assert search(tmp_path, wanted, {}) == {}
