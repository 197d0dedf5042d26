"""The secret key of the pseudonyms: read from a 0600 file outside the checkout and outside data/."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from anonymization.errors import PolicyError

KEY_BYTES = 32
LEAST_VARIETY = 12  # different bytes in a key: 32 random bytes have about 30, and 64 random hexadecimal digits 16
LONGEST_REPEATED = 24  # a key that is this many bytes or fewer, again and again, was typed and not drawn
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class PseudonymKey:
    """A key and its public name: `key_id` is a one-way digest that tells keys apart in manifests."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"caselight key id\0" + self.secret).hexdigest()[:12]


def read_key(path: Path) -> PseudonymKey:
    """The key in `path`.

    Raises PolicyError when it is missing, too short, not random, readable by others, or where others can replace it.
    """
    if not path.is_file():
        raise PolicyError(f"there is no pseudonym key at {path}; put 32 random bytes there with mode 0600")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PolicyError(f"the pseudonym key {path} can be read by others; run chmod 600 on it, or make a new one")
    _refuse_replaceable(path.resolve())
    secret = path.read_bytes()
    if len(secret) < KEY_BYTES:
        raise PolicyError(f"the pseudonym key {path} is shorter than {KEY_BYTES} bytes; make a new one")
    if _is_weak(secret):
        raise PolicyError(
            f"the pseudonym key {path} is not random: whoever guesses it knows every pseudonym; make a new one, "
            "such as with head -c 32 /dev/urandom"
        )
    return PseudonymKey(secret)


def _is_weak(secret: bytes) -> bool:
    """Whether it has few different bytes, as zeros or a word have, or is a shorter text said again and again."""
    repeats = any(secret[length:] == secret[:-length] for length in range(1, LONGEST_REPEATED + 1))
    return len(set(secret)) < LEAST_VARIETY or repeats


def _refuse_replaceable(path: Path) -> None:
    """Whoever can write a folder can put another key there, or move the folder away."""
    owners = {0, os.geteuid()}
    folder = path.parent
    about = folder.stat()
    if about.st_mode & OTHERS_MAY_WRITE or about.st_uid not in owners or path.stat().st_uid not in owners:
        raise PolicyError(
            f"others can replace the pseudonym key {path}: it and its folder must be yours, and writable by you alone; "
            f"run chmod go-w {folder}, or move the key to such a folder and set CASELIGHT_KEY_FILE"
        )
    for above in folder.parents:
        mode = above.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise PolicyError(
                f"others can replace the pseudonym key {path}, because anybody can write {above}; move the key to a "
                "folder that only you can write, and set CASELIGHT_KEY_FILE"
            )


def make_demo_key(path: Path) -> PseudonymKey:
    """Reads the key, made at random when there is none: for the synthetic demo only."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(KEY_BYTES))
        draft.rename(path)
    return read_key(path)


def refuse_key_inside(path: Path, *folders: Path) -> None:
    """Raises PolicyError when the key lies in a folder that is copied, published or committed."""
    for folder in folders:
        if path.resolve().is_relative_to(folder.resolve()):
            raise PolicyError(f"the pseudonym key must not lie inside {folder}; move it and set CASELIGHT_KEY_FILE")
