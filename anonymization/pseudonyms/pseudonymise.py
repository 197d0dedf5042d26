"""Keyed pseudonyms in DuckDB: HMAC-SHA-256 (RFC 2104) composed from sha256, so no id passes through Python."""

import hashlib

import duckdb

from anonymization.keys import PseudonymKey

BLOCK_BYTES = 64


def define_pseudonym(connection: duckdb.DuckDBPyConnection, key: PseudonymKey, hexadecimal_digits: int) -> None:
    """Defines `pseudonym(id_type, value)` for this connection: lower-case hexadecimal text, null for null.

    The macro is temporary because a stored macro would write the key into the database file.
    """
    block = key.secret if len(key.secret) <= BLOCK_BYTES else hashlib.sha256(key.secret).digest()
    block = block.ljust(BLOCK_BYTES, b"\0")
    inner, outer = (_blob(bytes(b ^ pad for b in block)) for pad in (0x36, 0x5C))
    connection.execute(
        f"""create or replace temp macro pseudonym(id_type, value) as
        left(sha256({outer} || unhex(sha256({inner} || encode(id_type || chr(31) || value)))), {hexadecimal_digits})"""
    )


def _blob(raw: bytes) -> str:
    return "'" + "".join(f"\\x{b:02X}" for b in raw) + "'::blob"
