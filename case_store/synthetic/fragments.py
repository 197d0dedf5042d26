"""Pieces of JSON as Arrow columns: taken from small pools, joined without a loop over children.

No piece may hold a quotation mark, a backslash, a tab or a line end inside its text, so nothing needs escaping.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from case_store.synthetic.times import SECONDS_A_DAY, Days, Moments

Numbers = npt.NDArray[np.integer]
# Beyond the forms of a missing value in tracks.py: a text where a date or number should stand, and a day that is none.
IN_WORDS, NO_SUCH_DAY = -5, -6
_TAIL = ['"2014-02-31"', '"necunoscut"', "[]", '""', "null", None]
_FORBIDDEN = frozenset('"\\\t\n\r')


def pool(texts: Iterable[str]) -> pa.Array:
    """Pieces by number; the numbers below zero are the forms of a missing value (-1: the key is absent)."""
    return pa.array([*texts, *_TAIL], pa.string())


def quoted(texts: Iterable[str]) -> list[str]:
    """Texts as JSON strings; `ValueError` for one that would need escaping."""
    listed = list(texts)
    if any(_FORBIDDEN & set(text) for text in listed):
        raise ValueError("A text of a pool would need escaping in JSON; take it out of the pool.")
    return [f'"{text}"' for text in listed]


def take(pieces: pa.Array, numbers: Numbers) -> pa.Array:
    """The piece of each number."""
    return pieces.take(pa.array(np.where(numbers < 0, numbers + len(pieces), numbers)))


def concat(*parts: pa.Array | str) -> pa.Array:
    """Parts side by side; null where any part is."""
    return pc.binary_join_element_wise(*parts, "", null_handling="emit_null")


def join_present(parts: Sequence[pa.Array], separator: str = ",") -> pa.Array:
    """Parts side by side with a separator, leaving out the null ones."""
    return pc.binary_join_element_wise(*parts, separator, null_handling="skip")


def scatter(pieces: pa.Array, rows: Numbers, size: int) -> pa.Array:
    """A column of `size` with `pieces` at `rows` and null elsewhere."""
    source = np.full(size, -1, np.int64)
    source[rows] = np.arange(len(rows))
    return pieces.take(pa.array(source, mask=source < 0))


def numbers_text(numbers: Numbers) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(numbers).cast(pa.string())


@cache
def _day_texts() -> pa.Array:
    return pa.array(np.datetime_as_string(np.arange(0, 30_000).astype("datetime64[D]")))


@cache
def day_pool() -> pa.Array:
    """JSON dates by day number, 1970 to 2052, with the forms of a missing value."""
    return pool(quoted(_day_texts().to_pylist()))


@cache
def _clock_texts() -> pa.Array:
    return pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(SECONDS_A_DAY)])


def days_text(days: Days) -> pa.Array:
    """Days as JSON dates."""
    return take(day_pool(), days)


def stamps(moments: Moments, between: str, after: str) -> pa.Array:
    """Moments as date, `between`, time of day in UTC, `after`; null below zero."""
    held = np.maximum(moments, 0)
    text = concat(
        _day_texts().take(pa.array(held // SECONDS_A_DAY)),
        between,
        _clock_texts().take(pa.array(held % SECONDS_A_DAY)),
        after,
    )
    return pc.if_else(pa.array(moments >= 0), text, pa.scalar(None, pa.string()))


def iso_stamps(moments: Moments) -> pa.Array:
    """Moments as JSON texts, as Primero writes them."""
    return stamps_quoted(stamps(moments, "T", ".000Z"))


def stamps_quoted(texts: pa.Array) -> pa.Array:
    """Texts between quotation marks."""
    return concat('"', texts, '"')


_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8).reshape(256, 2)
_UUID_LENGTH = 36


def uuids(rng: np.random.Generator, size: int) -> pa.Array:
    """Random UUIDs (version 4) as text."""
    raw = rng.integers(0, 256, (size, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    text = np.full((size, _UUID_LENGTH), ord("-"), np.uint8)
    places = [place for place in range(_UUID_LENGTH) if place not in (8, 13, 18, 23)]
    text[:, places] = _HEX[raw].reshape(size, 32)
    offsets = np.arange(0, (size + 1) * _UUID_LENGTH, _UUID_LENGTH, dtype=np.int32)
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def grow_lists(child: Numbers, rows: pa.Array) -> tuple[pa.Array, Numbers]:
    """For rows in order of child: the text of each child's rows so far, and each row's place among its child's."""
    rank = ranks(child)
    texts = rows
    for place in range(1, int(rank.max(initial=0)) + 1):
        here = np.flatnonzero(rank == place)
        longer = concat(texts.take(pa.array(here - 1)), ",", rows.take(pa.array(here)))
        source = np.arange(len(child))
        source[here] = len(child) + np.arange(len(here))
        texts = pa.concat_arrays([texts, longer]).take(pa.array(source))
    return texts, rank


def ranks(child: Numbers) -> Numbers:
    """The place of each row among its child's, from 0; rows of a child stand together."""
    is_first = np.diff(child, prepend=-1) != 0
    starts = np.flatnonzero(is_first)
    return np.arange(len(child)) - np.repeat(starts, np.diff(np.append(starts, len(child))))
