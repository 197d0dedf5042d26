"""The secret key of the pseudonyms: read from a 0600 file outside the checkout and outside data/."""

import hashlib
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from anonymization.errors import PolicyError

KEY_BYTES = 32


@dataclass(frozen=True)
class PseudonymKey:
    """A key and its public name: `key_id` is a one-way digest that tells keys apart in manifests."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"caselight key id\0" + self.secret).hexdigest()[:12]


def read_key(path: Path) -> PseudonymKey:
    """The key in `path`. Raises PolicyError when it is missing, too short, or readable by others."""
    if not path.is_file():
        raise PolicyError(f"there is no pseudonym key at {path}; put 32 random bytes there with mode 0600")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PolicyError(f"the pseudonym key {path} can be read by others; run chmod 600 on it, or make a new one")
    secret = path.read_bytes()
    if len(secret) < KEY_BYTES:
        raise PolicyError(f"the pseudonym key {path} is shorter than {KEY_BYTES} bytes; make a new one")
    return PseudonymKey(secret)


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
