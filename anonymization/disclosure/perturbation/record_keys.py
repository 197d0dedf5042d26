"""Keys of records: pseudo-random whole numbers that hang on the pseudonym and a secret, and on nothing else.

The same child has the same key in every table and every quarter, whatever is recorded of them.
"""

import hashlib
import hmac

import pandas as pd

from anonymization.errors import DisclosureError
from anonymization.keys import PseudonymKey

PURPOSE = b"cell key"


def record_keys(pseudonyms: pd.Series, key: PseudonymKey, key_bits: int) -> pd.Series:
    """A whole number below 2^key_bits for each pseudonym (text): the first bits of a keyed BLAKE2b (RFC 7693).

    Raises DisclosureError when a pseudonym is missing or empty: without it, noise would not be stable.
    """
    if pseudonyms.isna().any() or (pseudonyms == "").any():
        raise DisclosureError("A record has no pseudonym, so its noise could not be repeated: give each record one.")
    secret = hmac.digest(key.secret, PURPOSE, "sha256")
    return pseudonyms.map(lambda text: _number(text, secret) % 2**key_bits).astype("int64")


def _number(text: str, secret: bytes) -> int:
    digest = hashlib.blake2b(text.encode(), key=secret, digest_size=8, person=PURPOSE).digest()
    return int.from_bytes(digest, "big")


def sums_of_keys(records: pd.DataFrame, dimensions: list[str], key_bits: int) -> pd.DataFrame:
    """Sum of the keys modulo 2^key_bits, for each combination of codes that occurs.

    records: a row a record, with a column for each dimension and `key`. The result is in the form of `Release.counts`.
    """
    counted = records[[*dimensions, "key"]].rename(columns={"key": "count"})
    sums = counted.groupby(dimensions, as_index=False, observed=True).agg({"count": "sum"})
    return sums.assign(count=sums["count"] % 2**key_bits)
