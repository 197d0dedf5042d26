"""A pseudonym key that can be guessed, or that others can replace, is refused in a sentence that does not hold it."""

import base64
import os
import random
from pathlib import Path

import pytest

from anonymization.errors import PolicyError
from anonymization.keys import read_key


def _key(folder: Path, secret: bytes, mode: int = 0o700) -> Path:
    folder.mkdir()
    path = folder / "pseudonym.key"
    path.touch(mode=0o600)
    path.write_bytes(secret)
    folder.chmod(mode)
    return path


WEAK = {
    "zeros": bytes(32),
    "many zeros": bytes(4096),
    "one byte": b"\xff" * 32,
    "two bytes": b"\x00\xff" * 16,
    "a word again and again": b"password" * 4,
    "half a key twice": bytes(range(16)) * 2,
    "a little more than half a key": (bytes(range(20)) * 2)[:32],
    "a digit a line": b"0\n" * 20,
    "zeros with one bit": bytes(31) + b"\x01",
    "digits": b"31415926535897932384626433832795",
}


@pytest.mark.parametrize("secret", WEAK.values(), ids=WEAK.keys())
def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path, secret: bytes) -> None:
    path = _key(tmp_path / "keys", secret)
    with pytest.raises(PolicyError, match="not random") as refused:
        read_key(path)
    assert repr(secret)[2:10] not in str(refused.value)


@pytest.mark.parametrize("written", [bytes, lambda key: key.hex().encode() + b"\n", base64.b64encode])
def test_random_keys_are_taken_however_they_are_written(tmp_path: Path, written) -> None:
    rng = random.Random(7)
    for number in range(200):
        secret = written(rng.randbytes(32))
        assert read_key(_key(tmp_path / str(number), secret)).secret == secret


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777, 0o720, 0o702])
def test_a_key_in_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = _key(tmp_path / "keys", random.Random(7).randbytes(32), mode)
    with pytest.raises(PolicyError, match="others can replace"):
        read_key(path)
    path.parent.chmod(0o755)
    read_key(path)


def test_a_link_to_a_key_in_such_a_folder_is_refused(tmp_path: Path) -> None:
    key = _key(tmp_path / "open", random.Random(7).randbytes(32), 0o777)
    (tmp_path / "mine").mkdir(mode=0o700)
    link = tmp_path / "mine" / "pseudonym.key"
    link.symlink_to(key)
    with pytest.raises(PolicyError, match="others can replace"):
        read_key(link)


def test_a_folder_further_up_that_anybody_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "anybody").mkdir()
    path = _key(tmp_path / "anybody" / "keys", random.Random(7).randbytes(32))
    (tmp_path / "anybody").chmod(0o777)
    with pytest.raises(PolicyError, match="anybody can write"):
        read_key(path)
    (tmp_path / "anybody").chmod(0o1777)  # as /tmp: only owners rename what is theirs
    read_key(path)


def test_a_key_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _key(tmp_path / "keys", random.Random(7).randbytes(32))
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    else:  # only root can give files away
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(PolicyError, match="others can replace"):
        read_key(path)
