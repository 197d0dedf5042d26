"""The data folder is private, and nobody else's folder is closed to make it so."""

from pathlib import Path

import pytest

from pipelines.errors import RunError
from pipelines.run.settings import Settings


def _settings(data: Path) -> Settings:
    return Settings(data, data.parent / "state", data.parent / "key", None)


def _mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def test_a_new_data_folder_is_private(tmp_path):
    _settings(tmp_path / "data").make_data_folder()
    assert _mode(tmp_path / "data") == 0o700


def test_a_data_folder_of_ours_that_others_could_enter_is_closed(tmp_path):
    data = tmp_path / "data"
    (data / "builds").mkdir(parents=True)
    data.chmod(0o755)
    _settings(data).make_data_folder()
    assert _mode(data) == 0o700


def test_a_folder_of_others_is_refused_and_left_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "of_somebody_else").touch()
    shared.chmod(0o777)
    with pytest.raises(RunError, match="CASELIGHT_DATA"):
        _settings(shared).make_data_folder()
    assert _mode(shared) == 0o777


def test_what_is_no_folder_is_refused(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(RunError, match="set CASELIGHT_DATA"):
        _settings(tmp_path / "data").make_data_folder()
