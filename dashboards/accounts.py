"""Local accounts for the demonstration: who may sign in, in which role, and whose figures they see.

Passwords are random, given once, and kept as salted scrypt hashes (RFC 7914) in a file that only its owner can read.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dashboards.errors import DashboardError
from dashboards.serving_contract import NATIONAL

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_LONGEST = 200


@dataclass(frozen=True)
class Account:
    """One row of our own assignment table: user -> role -> audience, with the salted hash of the password (hex)."""

    user: str
    role: str
    audience: str
    salt: str
    password_hash: str


class Accounts:
    """The accounts that may sign in."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_user: Mapping[str, Account] = {account.user: account for account in accounts}

    def find(self, user: str) -> Account | None:
        """Give the account of a user name, if there is one."""
        return self._by_user.get(user)

    def verify(self, user: str, password: str) -> Account | None:
        """Give the account if name and password fit. An unknown name takes as long as a wrong password."""
        account = self.find(user)
        salt, expected = (account.salt, account.password_hash) if account else ("00" * 16, "00" * 32)
        given = _hash(password[:_LONGEST], bytes.fromhex(salt))
        is_right = hmac.compare_digest(given, bytes.fromhex(expected)) and len(password) <= _LONGEST
        return account if is_right else None


def create_demo_accounts(path: Path, audiences: Iterable[str], random_bytes: Callable[[int], bytes]) -> dict[str, str]:
    """Write one account per audience ('national' or a county code) and give user name -> password, this once.

    The file is made with mode 0600, whole or not at all. An existing one is refused: its passwords would be lost.
    """
    passwords, accounts = {}, []
    for audience in audiences:
        account, password = _new_account(audience, random_bytes)
        accounts.append(account)
        passwords[account.user] = password
    _write_private(path, json.dumps({"accounts": [asdict(account) for account in accounts]}, indent=2) + "\n")
    return passwords


def load_accounts(path: Path) -> Accounts:
    """Read the accounts file; refused when it is missing, broken, or readable by others."""
    if not path.is_file():
        raise DashboardError(f"There is no accounts file {path}. Make the demo accounts first.")
    if path.stat().st_mode & 0o077:
        raise DashboardError(f"Others can read the accounts file {path}. Make it private: chmod 600 {path}")
    try:
        return Accounts(_checked(Account(**entry)) for entry in json.loads(path.read_text("utf-8"))["accounts"])
    except (ValueError, KeyError, TypeError) as error:
        raise DashboardError(f"The accounts file {path} is broken. Delete it and make new demo accounts.") from error


def _checked(account: Account) -> Account:
    """Raises ValueError or TypeError for a salt or a hash that is not written as hexadecimal digits."""
    bytes.fromhex(account.salt), bytes.fromhex(account.password_hash)
    return account


def user_name(audience: str) -> str:
    """Give the user name of an audience's demo account, such as 'county-ro424'."""
    return "country" if audience == NATIONAL else f"county-{audience.lower()}"


def _new_account(audience: str, random_bytes: Callable[[int], bytes]) -> tuple[Account, str]:
    letters = base64.b32encode(random_bytes(10)).decode().lower()
    password = "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
    salt = random_bytes(16)
    role = "country_coordinator" if audience == NATIONAL else "county_coordinator"
    return Account(user_name(audience), role, audience, salt.hex(), _hash(password, salt).hex()), password


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        # A link, not a rename: it refuses to replace a file that somebody made meanwhile.
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise DashboardError(f"The accounts file {path} exists. Delete it first to make new passwords.") from error
    finally:
        draft.unlink()
