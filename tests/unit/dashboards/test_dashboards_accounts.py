"""The accounts file: private, without passwords, made once."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.accounts import create_demo_accounts, load_accounts, user_name
from dashboards.errors import DashboardError


def source(seed: int) -> Callable[[int], bytes]:
    drawn = iter(range(10_000))
    return lambda n: hashlib.sha256(f"{seed}/{next(drawn)}".encode()).digest()[:n]


def test_accounts_are_private_and_hold_no_password(tmp_path: Path) -> None:
    path = tmp_path / "state" / "accounts.json"
    passwords = create_demo_accounts(path, ["national", "RO424"], source(1))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["accounts.json"]
    assert set(passwords) == {"country", "county-ro424"}
    for password in passwords.values():
        assert len(password) == 19
        assert password not in path.read_text() and password.replace("-", "") not in path.read_text()
    entries = json.loads(path.read_text())["accounts"]
    assert [(entry["user"], entry["role"], entry["audience"]) for entry in entries] == [
        ("country", "country_coordinator", "national"),
        ("county-ro424", "county_coordinator", "RO424"),
    ]


def test_no_two_accounts_share_a_salt_or_password(tmp_path: Path) -> None:
    passwords = create_demo_accounts(tmp_path / "a.json", ["RO424", "RO113"], os.urandom)
    entries = json.loads((tmp_path / "a.json").read_text())["accounts"]
    assert len(set(passwords.values())) == len({entry["salt"] for entry in entries}) == 2


def test_only_the_right_pair_verifies(tmp_path: Path) -> None:
    passwords = create_demo_accounts(tmp_path / "a.json", ["RO424", "RO113"], source(2))
    accounts = load_accounts(tmp_path / "a.json")
    account = accounts.verify("county-ro424", passwords["county-ro424"])
    assert account and account.audience == "RO424"
    assert accounts.verify("county-ro113", passwords["county-ro424"]) is None
    assert accounts.verify("county-ro424", passwords["county-ro424"] + " ") is None
    assert accounts.verify("nobody", passwords["county-ro424"]) is None
    assert accounts.verify("county-ro424", "\ud800") is None
    assert accounts.verify("county-ro424", passwords["county-ro424"] + "x" * 500) is None


def test_existing_accounts_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    create_demo_accounts(path, ["RO424"], source(3))
    before = path.read_bytes()
    with pytest.raises(DashboardError, match="exists"):
        create_demo_accounts(path, ["RO424"], source(4))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_a_missing_open_or_broken_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(DashboardError, match="no accounts file"):
        load_accounts(path)
    create_demo_accounts(path, ["RO424"], source(5))
    path.chmod(0o640)
    with pytest.raises(DashboardError, match="chmod 600"):
        load_accounts(path)
    path.chmod(0o600)
    salted = path.read_text().replace('"salt": "', '"salt": "no hexadecimal digits')
    for broken in ("{", "[]", '{"accounts": [{"user": "x"}]}', '{"accounts": 3}', salted):
        path.write_text(broken)
        with pytest.raises(DashboardError, match="broken"):
            load_accounts(path)


def test_user_names() -> None:
    assert (user_name("national"), user_name("RO424")) == ("country", "county-ro424")
