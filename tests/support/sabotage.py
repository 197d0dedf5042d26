"""What goes wrong inside a run: each function spoils exactly one thing in the process that calls it."""

import os
import signal
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any


def replace(owner: Any, name: str, instead: Any) -> None:
    """Put something else in a name's place, for the rest of this process."""
    getattr(owner, name)  # a name that is gone would make the sabotage idle
    setattr(owner, name, instead)


def no_postgresql() -> None:
    """A machine on which there is neither the wheel nor a server's programs."""
    from case_store import binaries

    replace(binaries, "WHEEL", "no_such_wheel")
    replace(binaries, "_machine_folders", lambda: iter(()))


def call_it_embedded(dsn: str) -> None:
    """Let a given store pass for our own server."""
    from case_store.server import StoreAddress
    from pipelines.snapshot import take_snapshot as snapshot_stage

    replace(snapshot_stage, "resolve_store", lambda *_: StoreAddress(dsn, is_embedded=True))


def wait_before_reading(reached: Path, gate: Path) -> None:
    """Say that the lock is held and the store is about to be read, then wait to be let on."""
    from pipelines.snapshot import take_snapshot as snapshot_stage

    real = snapshot_stage.open_source

    def open_source(*args: Any) -> Any:
        reached.write_bytes(b"")
        gate.read_bytes()
        return real(*args)

    replace(snapshot_stage, "open_source", open_source)


def read_strictly(witness: Path) -> None:
    """A parser that is strict about dates, as a careless change would make it; `witness` tells what DuckDB says."""
    import duckdb

    from anonymization.pseudonyms.snapshotter import Snapshotter

    define, create = Snapshotter._run_file, Snapshotter._create

    def run_file(self: Snapshotter, name: str) -> None:
        define(self, name)
        self._connection.execute("create or replace temp macro plausible_date(written) as cast(written as date)")

    def create_told(self: Snapshotter, name: str, query: str) -> None:
        try:
            create(self, name, query)
        except duckdb.Error as error:
            witness.write_text(str(error), "utf-8")
            raise

    replace(Snapshotter, "_run_file", run_file)
    replace(Snapshotter, "_create", create_told)


def ask_strictly(witness: Path, table: str) -> None:
    """A query that PostgreSQL refuses because of a person's value, and says so, when `table` is read.

    `witness` tells what the driver says.
    """
    from adbc_driver_manager import Error as AdbcError

    from case_store.readers.postgresql import PostgresqlReader

    fetch = PostgresqlReader._fetch
    strict = "select (data ->> 'name')::integer from cases"

    def fetch_told(self: PostgresqlReader, name: str, query: str) -> Any:
        if name != table or query.startswith("select count(*)"):
            return fetch(self, name, query)
        try:
            self._unguarded(strict)
        except AdbcError as error:
            witness.write_text(str(error), "utf-8")
        self._connection.rollback()
        return fetch(self, name, strict)

    replace(PostgresqlReader, "_fetch", fetch_told)


def fail_at(place: str, message: str) -> None:
    """Let a function of ours, `module:name` or `module:Class.name`, raise an error that repeats a value."""
    import importlib

    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for step in owners:
        owner = getattr(owner, step)

    def fail(*_: Any, **__: Any) -> None:
        try:
            raise ValueError(f"invalid value: {message!r}")
        except ValueError as error:
            raise RuntimeError(f"could not go on with {message}") from error

    replace(owner, name, fail)


def break_a_model(project: Path) -> None:
    """A dbt project in which one model fails on what it reads: `project` is a copy of ours, spoilt."""
    from pipelines.warehouse import build_warehouse as warehouse_stage

    replace(warehouse_stage, "PROJECT", project)


def spoil_a_mart() -> None:
    """A mart that does not agree with the others any more when the second gate looks at it."""
    import duckdb

    from pipelines.assets import warehouse as asset
    from pipelines.run.settings import Settings
    from pipelines.warehouse.warehouse_file import warehouse_file

    build = asset.build_warehouse

    def build_and_spoil(settings: Settings, snapshot: Path) -> Any:
        results = build(settings, snapshot)
        with duckdb.connect(str(warehouse_file(settings.building))) as connection:
            connection.execute("update marts.registrations set children = children + 1")
        return results

    replace(asset, "build_warehouse", build_and_spoil)


def kill_group() -> None:
    """The end of this run and of all that it started, at once."""
    os.killpg(0, signal.SIGKILL)


def kill_before(event: str, ending: str) -> None:
    """Killed on the point of a step on the disk: an audit event of Python one of whose paths ends so."""

    def hook(name: str, details: tuple[Any, ...]) -> None:
        if name == event and any(str(detail).endswith(ending) for detail in details[:2]):
            kill_group()

    sys.addaudithook(hook)


def kill_near(moment: int, seconds: float) -> None:
    """Killed a little after the nth audit event, in the midst of whatever is then done, DuckDB's own work included."""
    events = count()

    def hook(_: str, __: tuple[Any, ...]) -> None:
        if next(events) == moment:
            threading.Timer(seconds, kill_group).start()

    sys.addaudithook(hook)


def count_events(file: Path) -> None:
    """Write how many audit events a run of a build has, once readers have been switched to it."""
    from pipelines.serving import current_build as build_stage

    events, report = count(), build_stage.report
    sys.addaudithook(lambda *_: next(events) and None)

    def report_and_write(*args: Any) -> None:
        file.write_text(str(next(events)), "utf-8")
        report(*args)

    replace(build_stage, "report", report_and_write)


def keep_what_is_half_made() -> None:
    """Let what a failed run made so far stay, so that it can be searched."""
    from pipelines.commands import runner

    replace(runner, "clear_away", lambda settings: None)
