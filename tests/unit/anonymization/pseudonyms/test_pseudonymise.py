"""Pseudonyms are HMAC-SHA-256, exactly, and their key is where nobody else reads it."""

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymization.errors import PolicyError
from anonymization.keys import PseudonymKey, make_demo_key, read_key, refuse_key_inside
from anonymization.pseudonyms.pseudonymise import define_pseudonym


@given(
    secret=st.binary(min_size=32, max_size=100),
    id_type=st.sampled_from(["case", "user"]),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
)
def test_the_macro_is_the_standard_hmac(secret, id_type, value):
    connection = duckdb.connect()
    define_pseudonym(connection, PseudonymKey(secret), 64)
    ours = connection.execute("select pseudonym($1, $2)", [id_type, value]).fetchone()
    assert ours == (hmac.new(secret, f"{id_type}\x1f{value}".encode(), hashlib.sha256).hexdigest(),)


def test_missing_stays_missing_and_the_key_is_not_stored_in_a_database(tmp_path):
    file = tmp_path / "some.duckdb"
    connection = duckdb.connect(str(file))
    define_pseudonym(connection, PseudonymKey(b"k" * 32), 32)
    assert connection.execute("select pseudonym('case', null)").fetchone() == (None,)
    connection.execute("create table t as select pseudonym('case', 'a') as p")
    connection.close()
    kept = duckdb.connect(str(file)).execute("select 1 from duckdb_functions() where function_name = 'pseudonym'")
    assert kept.fetchall() == []
    inner = bytes(b ^ 0x36 for b in b"k" * 32)
    assert inner not in file.read_bytes()


def test_a_key_others_can_read_is_refused(tmp_path):
    path = tmp_path / "keys" / "key"
    key = make_demo_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == key == make_demo_key(path)
    assert "secret" not in repr(key)
    path.chmod(0o640)
    with pytest.raises(PolicyError, match="chmod 600"):
        read_key(path)


def test_a_missing_or_short_key_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="no pseudonym key"):
        read_key(tmp_path / "none")
    short = tmp_path / "short"
    short.touch(mode=0o600)
    short.write_bytes(b"short")
    with pytest.raises(PolicyError, match="shorter"):
        read_key(short)


def test_a_key_inside_what_is_copied_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="must not lie inside"):
        refuse_key_inside(tmp_path / "data" / "key", tmp_path / "data")
    refuse_key_inside(tmp_path / "elsewhere" / "key", tmp_path / "data")
