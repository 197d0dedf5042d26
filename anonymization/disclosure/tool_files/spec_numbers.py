"""Codes made of whole numbers, and the word for totals: what every reader of a SPEC needs."""

import re

from pydantic import BaseModel, ConfigDict, model_validator

TOTAL_CODE = "Total"  # in files, unless the SPEC has another word; `_T` inside
MOST_NUMBERS = 10_000
ONE_NUMBER = re.compile(r"[^{}]*\{(:0?\d{0,2}d)?\}[^{}]*")


class Numbers(BaseModel):
    """Codes made of the whole numbers in the microdata: `first` to `last`, each `written` as a code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: int
    last: int
    written: str = "{}"

    @model_validator(mode="after")
    def _counts_up(self) -> "Numbers":
        if not 0 <= self.last - self.first < MOST_NUMBERS:
            raise ValueError(f"last must not be below first, nor {MOST_NUMBERS:,} above it")
        if not ONE_NUMBER.fullmatch(self.written):
            raise ValueError('written holds one place for the number, such as "y{:02d}" for y07')
        return self

    @property
    def codes(self) -> dict[str, str]:
        """The number as the microdata write it -> its code."""
        return {str(number): self.written.format(number) for number in range(self.first, self.last + 1)}
