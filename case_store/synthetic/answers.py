"""Answers to questions that no statistic reads: the profile says which there are, and how each is drawn."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from case_store.synthetic.answer_keys import Answer
from case_store.synthetic.fragments import concat, days_text, numbers_text, pool, quoted, take, uuids
from case_store.synthetic.identities import Names, telephones
from case_store.synthetic.plan import Plan
from case_store.synthetic.shape import Shape
from case_store.synthetic.tracked_fields import UNLISTED
from case_store.synthetic.tracks import ABSENT, EMPTY_TEXT

Pieces = dict[str, pa.Array]


@dataclass(frozen=True)
class Draw:
    """A chunk's generator and records, and the words to answer with."""

    rng: np.random.Generator
    shape: Shape
    names: Names
    plan: Plan

    @property
    def size(self) -> int:
        """How many records there are."""
        return len(self.plan)

    def among(self, texts: tuple[str, ...], *, missing: float = 0.0) -> pa.Array:
        """One of these JSON values, or no key at all."""
        number = self.rng.integers(0, len(texts), self.size)
        return take(pool(texts), np.where(self.rng.random(self.size) < missing, ABSENT, number))

    def yes(self, share: float) -> pa.Array:
        """A yes or no as a boolean for some workers, as a text for others."""
        number = np.where(self.rng.random(self.size) < share, 0, 1) + 2 * (self.rng.random(self.size) < 0.5)
        return take(pool(("true", "false", '"true"', '"false"')), number)


def answered(questions: Mapping[str, Answer], draw: Draw) -> Pieces:
    """JSON pieces by field, in order; null where the field is left out.

    What takes several draws is drawn for all questions before any of the others is answered.
    """
    early = {field: answer for field, answer in questions.items() if answer.kind in _EARLY}
    begun = {field: _EARLY[answer.kind](answer, draw) for field, answer in early.items()}
    return {field: _answer(answer, draw, begun.get(field)) for field, answer in questions.items()}


def _answer(answer: Answer, draw: Draw, begun: pa.Array | None) -> pa.Array:
    if begun is None:
        return _LATE[answer.kind](answer, draw)
    if answer.number is None or not answer.missing:
        return begun
    kept = draw.rng.random(draw.size) < 1 - answer.missing
    return pc.if_else(pa.array(kept), begun, pa.scalar(None, pa.string()))


def _number(answer: Answer, draw: Draw) -> pa.Array:
    series = answer.number or ()
    first: pa.Array | str = series[0]
    if len(series) > 1:
        first = take(pool(series), draw.rng.integers(0, len(series), draw.size))
    digits = draw.rng.integers(10 ** (answer.digits - 1), 10**answer.digits - 1, draw.size)
    return concat('"', first, numbers_text(digits), '"')


def _code(answer: Answer, draw: Draw) -> pa.Array:
    dimension, rng, size = answer.shares_of or "", draw.rng, draw.size
    codes = draw.shape.codes[dimension]
    number = draw.shape.draw(rng, dimension, size)
    number = np.where(rng.random(size) < 0.0005, len(codes), number)
    number = np.where((number < 0) & (rng.random(size) < 0.3), EMPTY_TEXT, number)
    return take(pool(quoted((*codes, UNLISTED))), number)


def _day(answer: Answer, draw: Draw) -> pa.Array:
    rng, size = draw.rng, draw.size
    is_missing = rng.random(size) < answer.missing
    day: npt.NDArray[np.int64] = draw.plan.registered - rng.geometric(1 / (answer.days_before or 1), size)
    return days_text(np.where(is_missing, ABSENT, day).astype(np.int32))


def _address(answer: Answer, draw: Draw) -> pa.Array:
    rng, size, streets = draw.rng, draw.size, draw.names.street
    street = streets.take(pa.array(rng.integers(0, len(streets), size)))
    return concat('"', street, draw.shape.keys.invented.before_number, numbers_text(rng.integers(1, 200, size)), '"')


def _notes(answer: Answer, draw: Draw) -> pa.Array:
    words = draw.shape.keys.invented
    return concat(
        '[{"unique_id":"',
        uuids(draw.rng, draw.size),
        '","note_subject":"',
        draw.among(words.note_subjects),
        '","note_text":"',
        draw.among(words.notes),
        " ",
        draw.among(words.notes),
        '"}]',
    )


def _among(answer: Answer, draw: Draw) -> pa.Array:
    values = [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in answer.among or ()]
    return draw.among(tuple(values), missing=answer.missing)


def _yes(answer: Answer, draw: Draw) -> pa.Array:
    return draw.yes(answer.yes_share or 0.0)


def _telephone(answer: Answer, draw: Draw) -> pa.Array:
    return concat('"', telephones(draw.names, draw.rng, draw.size), '"')


def _town(answer: Answer, draw: Draw) -> pa.Array:
    towns = draw.names.town
    return take(pool(quoted(towns.to_pylist())), draw.rng.integers(0, len(towns), draw.size))


def _needs(answer: Answer, draw: Draw) -> pa.Array:
    needs = draw.shape.keys.invented.needs
    return concat('"', draw.among(needs), " ", draw.among(needs), '"')


Kind = Callable[[Answer, Draw], pa.Array]
_EARLY: Mapping[str, Kind] = {
    "number": _number, "shares_of": _code, "days_before": _day, "address": _address, "notes": _notes,
}  # fmt: skip
_LATE: Mapping[str, Kind] = {
    "among": _among, "yes_share": _yes, "telephone": _telephone, "town": _town, "needs": _needs,
}  # fmt: skip
