"""A snapshot that is not what was written is named and never used, and the next run makes it again."""

import ast
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from case_store.database import connect, create_indexes, create_schema
from case_store.profile import load_profile
from case_store.seeding import Seeding, mark_synthetic
from pipelines.errors import RunError
from pipelines.gates.check_tables import check
from pipelines.release.drafts import draft_release
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.snapshot import take_snapshot as snapshot_stage
from pipelines.snapshot.snapshot_hashes import check_snapshot, read_manifest
from pipelines.warehouse.build_warehouse import build_warehouse
from tests.support.marts_line import settings_for
from tests.support.small_store import populate

DAY = date(2023, 12, 31)
TIME = ReferenceTime(DAY, DAY, load_profile().time_zone)


def one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def doubled(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def copied(path: Path) -> None:
    shutil.copy(path, path.with_name(f"{path.stem} (copy){path.suffix}"))


def removed(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    aside = path.parent.parent / f"aside-{path.name}"
    path.rename(aside)
    path.symlink_to(aside)


def hard_linked(path: Path) -> None:
    os.link(path, path.parent.parent / f"second-{path.name}")


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


HARMS = (one_byte, cut, doubled, copied, removed, linked, hard_linked, piped)


@pytest.fixture(scope="module")
def taken(store_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    import psycopg

    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("create database damaged")
    settings = settings_for(tmp_path_factory.mktemp("taken"), store_dsn.replace("///caselight?", "///damaged?"))
    with connect(str(settings.dsn)) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, 30, "hand-made"), is_complete=True)
        populate(connection, children=30)
        create_indexes(connection)
    settings.make_data_folder()
    return settings, snapshot_stage.take_snapshot(settings, TIME)


@pytest.fixture
def copy(taken: tuple[Settings, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(taken[1], tmp_path / "day" / "snapshot"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("harm", HARMS)
def test_every_file_that_was_harmed_is_named(taken: tuple[Settings, Path], tmp_path: Path, harm: Callable) -> None:
    for number, name in enumerate(names(taken[1])):
        folder = Path(shutil.copytree(taken[1], tmp_path / str(number) / "snapshot"))
        harm(folder / name)
        told = name.rsplit(".", 1)[0] if name != "manifest.json" or harm is copied else "snapshot"
        with pytest.raises(RunError, match=told):
            check_snapshot(folder)


@pytest.mark.parametrize("name", ["making", "replaced"])
@pytest.mark.parametrize("leave", [lambda path, to: path.symlink_to(to), lambda path, _: path.write_bytes(b"")])
def test_what_lies_where_a_snapshot_is_made_is_cleared_and_not_followed(
    taken: tuple[Settings, Path], tmp_path: Path, name: str, leave: Callable
) -> None:
    settings, folder = taken
    (tmp_path / "kept").write_bytes(b"")
    leave(folder.with_name(f".{folder.name}.{name}"), tmp_path)
    assert snapshot_stage.take_snapshot(settings, TIME) == folder
    check_snapshot(folder)
    assert names(tmp_path) == ["kept"] and names(folder.parent) == [folder.name]


def hidden(path: Path) -> None:
    shutil.copy(path, path.with_name(f".{path.name}"))


def in_capitals(path: Path) -> None:
    path.rename(path.with_name(path.name.capitalize()))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [hidden, in_capitals, a_folder])
def test_names_and_kinds_of_files_count(copy: Path, harm: Callable) -> None:
    harm(copy / "cases.parquet")
    with pytest.raises(RunError, match=r"cases\.parquet"):
        check_snapshot(copy)


def test_a_whole_snapshot_is_read_and_counts_its_rows(copy: Path) -> None:
    assert check_snapshot(copy)["tables"]["cases"]["rows"] == 30


def test_a_folder_that_is_a_link_is_refused(copy: Path) -> None:
    link = copy.with_name("link")
    link.symlink_to(copy)
    with pytest.raises(RunError, match="the folder is a link"):
        check_snapshot(link)


def test_a_manifest_whose_counts_were_changed_and_written_as_before_is_refused(copy: Path) -> None:
    path = copy / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"records": 30', '"records": 31'), "utf-8")
    with pytest.raises(RunError, match="not what was written"):
        read_manifest(copy)


def test_no_stage_uses_what_was_harmed(taken: tuple[Settings, Path], copy: Path) -> None:
    settings, _ = taken
    cut(copy / "cases.parquet")
    for use in (
        lambda: check("snapshot", policy_of(load_profile()), copy),
        lambda: build_warehouse(settings, copy),
        lambda: draft_release(settings, settings.building, copy, TIME),
    ):
        with pytest.raises(RunError, match=r"cases\.parquet was changed.*which makes it again"):
            use()


def test_every_stage_that_is_given_a_snapshot_checks_it() -> None:
    unchecked, seen = [], 0
    for path in sorted((CHECKOUT / "pipelines").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and "sealed(" in "".join(map(ast.unparse, node.decorator_list)):
                given = {argument.arg for argument in node.args.args}
                seen += "snapshot" in given
                if "snapshot" in given and "check_snapshot(snapshot)" not in ast.unparse(node):
                    unchecked.append(f"{path.name}: {node.name}")
    assert seen and unchecked == []


@pytest.mark.parametrize("harm", HARMS)
def test_a_new_run_makes_again_what_was_harmed(taken: tuple[Settings, Path], harm: Callable) -> None:
    settings, folder = taken
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("cases.parquet", "manifest.json"):
        harm(folder / name)
        assert snapshot_stage.take_snapshot(settings, TIME) == folder
        check_snapshot(folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        for left in folder.parent.glob("[as]*-*"):
            left.unlink()


def test_a_new_run_leaves_a_whole_snapshot_as_it_is(taken: tuple[Settings, Path]) -> None:
    settings, folder = taken
    inodes = {path.name: path.stat().st_ino for path in folder.iterdir()}
    snapshot_stage.take_snapshot(settings, TIME)
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == inodes


@pytest.mark.parametrize("above", [0, 1, 2])
def test_a_run_never_writes_through_a_link(taken: tuple[Settings, Path], above: int) -> None:
    """Neither of the snapshot, nor of its day, nor of all snapshots; and no stage reads through one."""
    settings, folder = taken
    folder = (folder, *folder.parents)[above]
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    try:
        with pytest.raises(RunError, match="is a link"):
            snapshot_stage.take_snapshot(settings, TIME)
        assert sorted(elsewhere.rglob("*")) == before
    finally:
        folder.unlink()
        elsewhere.rename(folder)
