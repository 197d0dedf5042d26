"""Two checkouts do not share a pseudonym key unless told to, and none changes its key by an upgrade."""

from pathlib import Path

import pytest

from pipelines.run.settings import Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CASELIGHT_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CASELIGHT_KEY_FILE", raising=False)

    def of(data: str) -> Settings:
        monkeypatch.setenv("CASELIGHT_DATA", str(tmp_path / data))
        return Settings.from_environment()

    return of


def shared_key(tmp_path: Path) -> Path:
    key = tmp_path / "state" / "keys" / "pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(bytes(range(32)))
    return key


def test_two_data_folders_have_two_keys(settings) -> None:
    one, other = settings("one/data").key_file, settings("other/data").key_file
    assert one != other and one.parent == other.parent
    assert settings("one/data").key_file == one


def test_who_is_told_so_shares_a_key(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CASELIGHT_KEY_FILE", str(tmp_path / "ours.key"))
    assert settings("one/data").key_file == settings("other/data").key_file == tmp_path / "ours.key"


def test_a_data_folder_with_accepted_runs_goes_on_with_the_shared_key_of_earlier_versions(settings, tmp_path) -> None:
    shared = shared_key(tmp_path)
    (tmp_path / "old" / "data").mkdir(parents=True)
    (tmp_path / "old" / "data" / "accepted_runs.jsonl").touch()
    assert settings("old/data").key_file == shared
    assert settings("new/data").key_file not in (shared, settings("old/data").key_file)


def test_a_key_of_its_own_comes_before_the_shared_one(settings, tmp_path: Path) -> None:
    shared_key(tmp_path)
    own = settings("data").key_file
    own.write_bytes(bytes(range(32)))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "accepted_runs.jsonl").touch()
    assert settings("data").key_file == own
