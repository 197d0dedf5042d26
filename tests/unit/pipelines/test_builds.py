"""Builds: a reader sees a whole one or none, and one run at a time is under way."""

import subprocess
import sys

import pytest

from pipelines.errors import RunError
from pipelines.run.builds import current_build, current_serving, name_build, point_to, remove_old_builds, start_build
from pipelines.run.run_lock import only_run


def _finish(builds, name):
    building = builds / ".building"
    start_build(building)
    (building / "made").write_text(name)
    name_build(building, builds, name)
    point_to(builds, name)
    remove_old_builds(builds)


def test_before_the_first_build_readers_are_told(tmp_path):
    with pytest.raises(RunError, match="no build yet"):
        current_build(tmp_path)
    assert not current_serving(tmp_path).exists()


def test_the_pointer_moves_and_the_last_two_builds_stay(tmp_path):
    for name in ("a", "b", "c"):
        _finish(tmp_path, name)
        assert (current_build(tmp_path) / "made").read_text() == name
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir() and not p.is_symlink()) == ["b", "c"]


def test_an_older_build_made_current_again_is_kept(tmp_path):
    _finish(tmp_path, "a")
    _finish(tmp_path, "b")
    point_to(tmp_path, "a")
    _finish(tmp_path, "c")
    point_to(tmp_path, "b")
    remove_old_builds(tmp_path)
    assert current_build(tmp_path).exists()


def test_what_a_killed_run_left_is_swept_away(tmp_path):
    building = tmp_path / ".building"
    start_build(building)
    (building / "half").write_text("x")
    start_build(building)
    assert list(building.iterdir()) == []
    assert building.stat().st_mode & 0o777 == 0o700


def test_a_second_run_is_told_who_holds_the_lock(tmp_path):
    lock = tmp_path / "run.lock"
    second = (
        "from pathlib import Path\nfrom pipelines.run.run_lock import only_run\n"
        f"with only_run(Path({str(lock)!r}), 'second'):\n    pass\n"
    )
    with only_run(lock, "the first"):
        refused = subprocess.run([sys.executable, "-c", second], capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "the first" in refused.stderr
    assert subprocess.run([sys.executable, "-c", second], check=False).returncode == 0


@pytest.mark.parametrize(
    "harm", [lambda file: file.write_bytes(b"\xff\xfe"), lambda file: (file.unlink(), file.mkdir())]
)
def test_who_holds_the_lock_may_be_unreadable(tmp_path, harm):
    lock = tmp_path / "run.lock"
    second = (
        "from pathlib import Path\nfrom pipelines.run.run_lock import only_run\n"
        f"with only_run(Path({str(lock)!r}), 'second'):\n    pass\n"
    )
    with only_run(lock, "the first"):
        harm(lock.with_suffix(".holder"))
        refused = subprocess.run([sys.executable, "-c", second], capture_output=True, text=True, check=False)
    assert "another run is under way (another process)" in refused.stderr
