"""A mistake in configuration is told by file and key, never as something withheld: each key of the files in turn."""

import copy
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from anonymization.disclosure.reports import report_texts
from case_store.errors import CaseStoreError
from case_store.profile import read_profile
from dashboards import page_texts
from dashboards.errors import DashboardError
from pipelines.errors import RunError
from pipelines.run.sealing import OUR_REFUSALS, sealed
from pipelines.run.settings import CHECKOUT

PROFILE = CHECKOUT / "case_store" / "profiles" / "romania"
REFUSALS = (*OUR_REFUSALS, DashboardError)
WRONG: tuple[Any, ...] = (None, ["a", 1], {"a": 1}, 7)


def places(content: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of a file that leads to something, from the outside in."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from places(inner, (*way, key))


def mistakes(content: Any) -> Iterator[tuple[str, Any]]:
    """Each key removed, and given a value of another type."""
    for way in places(content):
        for wrong in ("removed", *WRONG):
            spoilt = copy.deepcopy(content)
            holder = spoilt
            for key in way[:-1]:
                holder = holder[key]
            if wrong == "removed":
                del holder[way[-1]]
            else:
                holder[way[-1]] = wrong
            yield ".".join(map(str, way)), spoilt


def told(read: Any, argument: Any) -> str:
    """What a reader says; nothing where it finds no fault. Anything but a refusal of ours fails the test."""
    try:
        read(argument)
    except REFUSALS as refusal:
        return str(refusal)
    return ""


def test_no_mistake_in_a_profile_escapes_as_an_error_of_python(tmp_path: Path) -> None:
    folder = tmp_path / "romania"
    shutil.copytree(PROFILE, folder)
    content = yaml.safe_load((PROFILE / "profile.yml").read_text("utf-8"))
    content["fields"] = {"case": {"columns": dict(list(content["fields"]["case"]["columns"].items())[:4])}}
    refused = 0
    for _, spoilt in mistakes(content):
        (folder / "profile.yml").write_text(yaml.safe_dump(spoilt, allow_unicode=True), "utf-8")
        said = told(read_profile, folder)
        refused += bool(said)
        assert not said or "profile.yml" in said or ".csv" in said
    assert refused > 100


@pytest.mark.parametrize("key", ["launch_day", "modul_id"])
def test_an_unknown_key_of_a_profile_is_named_with_the_known_ones(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "romania"
    shutil.copytree(PROFILE, folder)
    with (folder / "profile.yml").open("a", encoding="utf-8") as file:
        file.write(f"\n{key}: x\n")
    with pytest.raises(CaseStoreError, match=rf"profile\.yml: '{key}' .*known: .*launch_date"):
        read_profile(folder)


@pytest.mark.parametrize("language", report_texts.languages())
def test_a_text_of_the_public_report_without_a_language_is_named(tmp_path: Path, language: str) -> None:
    def read(folder: Path) -> object:
        return report_texts.phrases_in(folder, report_texts.languages())

    folder = tmp_path / "texts"
    shutil.copytree(report_texts.TEXTS_FOLDER, folder)
    file = folder / f"{language}.yml"
    content = yaml.safe_load(file.read_text("utf-8"))
    for key in list(content)[:6]:
        spoilt = {name: words for name, words in content.items() if name != key}
        file.write_text(yaml.safe_dump(spoilt, allow_unicode=True), "utf-8")
        assert f"texts/{language}.yml: {key} is missing in {language}" in told(read, folder)
    for broken in (b"a: [", b"\xff\xfe", b"- a", b""):
        file.write_bytes(broken)
        assert f"{language}.yml" in told(read, folder)


def test_a_text_without_a_language_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    shutil.copytree(CHECKOUT / "dashboards" / "texts", folder)
    for file in sorted(folder.glob("*.yml")):
        written = file.read_text("utf-8")
        content = yaml.safe_load(written)
        for key in list(content)[:6]:
            spoilt = {name: words for name, words in content.items() if name != key}
            file.write_text(yaml.safe_dump(spoilt, allow_unicode=True), "utf-8")
            assert key in told(page_texts.read_texts, folder) and file.name in told(page_texts.read_texts, folder)
        for broken in (b"a: [", b"\xff\xfe", b"- a", b""):
            file.write_bytes(broken)
            assert file.name in told(page_texts.read_texts, folder)
        file.write_text(written, "utf-8")


def test_an_unknown_text_is_named() -> None:
    with pytest.raises(DashboardError, match="farewell"):
        page_texts.Words("en")("farewell")
    assert "farewell" in told(report_texts.texts_in("en"), "farewell")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_folder_that_cannot_be_written_is_named(number: int) -> None:
    @sealed("the snapshot")
    def stage() -> None:
        raise OSError(number, "no", "/somewhere/data/snapshots/x.parquet")

    with pytest.raises(RunError, match=r"/somewhere/data/snapshots.*CASELIGHT_DATA"):
        stage()


@pytest.mark.parametrize(
    ("failure", "folder"),
    [
        (OSError(errno.ENOSPC, "no", "/somewhere/data/builds/x.parquet"), "/somewhere/data/builds"),
        (OSError(errno.ENOSPC, "no"), "/elsewhere/data"),
        (RuntimeError("IO Error: No space left on device"), "/elsewhere/data"),
    ],
)
def test_a_full_disk_is_named_by_its_folder(failure: Exception, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELIGHT_DATA", "/elsewhere/data")

    @sealed("the snapshot")
    def stage() -> None:
        raise failure

    with pytest.raises(RunError, match=rf"the disk is full in {folder}: .*free some space"):
        stage()
