"""What synthetic.yml says of questions that no statistic reads: how each is answered, and with which invented words."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from configuration.schema import Strict

Share = Annotated[float, Field(ge=0, le=1)]
# what stands inside JSON as it is, so nothing that would need escaping
Plain = Annotated[str, Field(pattern=r'^[^"\\\t\n\r]+$')]
Listed = Annotated[tuple[Plain, ...], Field(strict=False, min_length=1)]
KINDS = ("among", "yes_share", "shares_of", "number", "days_before", "written")


class Answer(Strict):
    """How one field is answered: exactly one of the kinds, and the share of records in which it is left out."""

    among: Annotated[list[str | int | bool | list[str]], Field(min_length=1)] | None = None  # one of these values
    yes_share: Share | None = None  # yes or no, as a boolean for some workers and as a text for others
    shares_of: Plain | None = None  # a code of this dimension, by `shares`
    number: Listed | None = None  # of a paper: one of these series, then digits
    digits: Annotated[int, Field(ge=1, le=15)] = 6
    days_before: Annotated[float, Field(ge=1)] | None = None  # a date, so many days before registration in the mean
    written: Literal["address", "telephone", "town", "needs", "notes"] | None = None
    missing: Share = 0.0

    @property
    def kind(self) -> str:
        """Which of the kinds it is; of what is written, what that is."""
        return self.written or next(kind for kind in KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "Answer":
        if len([kind for kind in KINDS if getattr(self, kind) is not None]) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}")
        return self


class Answers(Strict):
    """The questions by part of the interview, in the order in which documents hold them: source field -> answer."""

    personal: dict[str, Answer]
    interview: dict[str, Answer]
    journey: dict[str, Answer]
    needs: dict[str, Answer]

    def each(self) -> Iterator[tuple[str, Answer]]:
        """Every field with its answer."""
        for part in (self.personal, self.interview, self.journey, self.needs):
            yield from part.items()


class Invented(Strict):
    """Words for names, addresses and notes. `towns` and `streets`: what Faker calls them in the two languages."""

    names: Plain  # the language of Faker for children and their families
    staff: Plain  # and for those who work with them
    towns: Plain
    streets: Plain
    before_number: Plain  # between a street and the number of a house
    telephone: Plain  # the beginning of numbers that nobody has
    notes: Listed
    note_subjects: Listed
    needs: Listed
