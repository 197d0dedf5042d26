"""What the system refuses, and a file of ours that is broken, end in a sentence with the place and the way out."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.commands.console import say_refusals
from pipelines.errors import RunError
from pipelines.release.design_advice import ADVICE_FILE, words_of_advisor

RIGHTS = {
    errno.EROFS: "may not write or read in data/builds (Read-only file system)",
    errno.EACCES: "may not write or read in data/builds (Permission denied)",
    errno.ENOSPC: "the disk is full in data/builds",
    errno.EISDIR: "data/builds/current cannot be used (Is a directory)",
    errno.ENOTDIR: "data/builds/current cannot be used (Not a directory)",
}


@pytest.mark.parametrize("number", RIGHTS)
def test_what_the_system_refuses_is_a_sentence(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    @say_refusals
    def command() -> None:
        raise OSError(number, "words of the system", "data/builds/current")

    with pytest.raises(SystemExit) as ended:
        command()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert RIGHTS[number] in said and "run again" in said


def test_an_error_without_a_place_is_not_called_a_refusal() -> None:
    @say_refusals
    def command() -> None:
        raise OSError("no number and no place")

    with pytest.raises(OSError, match="no number"):
        command()


BROKEN: tuple[bytes, ...] = (b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"words": 3}', b'{"words": [3]}', b"{}")


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_advice_names_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ADVICE_FILE).write_bytes(content)
    with pytest.raises(RunError, match=f"{ADVICE_FILE}.*run again"):
        words_of_advisor(tmp_path)


@pytest.mark.parametrize("harm", [Path.mkdir, lambda file: file.symlink_to(file)])
def test_an_advice_that_is_no_file_names_its_place(
    tmp_path: Path, harm: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    harm(tmp_path / ADVICE_FILE)
    with pytest.raises(SystemExit):
        say_refusals(words_of_advisor)(tmp_path)
    assert f"{ADVICE_FILE} cannot be used" in capsys.readouterr().err
