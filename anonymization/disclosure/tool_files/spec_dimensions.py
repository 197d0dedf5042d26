"""The keys of a SPEC that say what codes a dimension has, and how they are grouped."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from anonymization.disclosure.tables.table_set import TOTAL
from anonymization.disclosure.tool_files.spec_numbers import TOTAL_CODE, Numbers
from anonymization.disclosure.tool_files.spelling import Codes, same_letters, suggestion

RANGE = ".."


def _checked_code(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a code is a text that is not empty")
    if value.strip() in (TOTAL_CODE, TOTAL):
        raise ValueError(f"{value.strip()} is the mark of a total, which is always implied: leave it out")
    return value.strip()


Code = Annotated[str, BeforeValidator(_checked_code)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class DimensionKeys(BaseModel):
    """One dimension: its finest codes, listed or made of numbers, and coarser levels, each a full partition of them.

    ordered: its listed codes have an order; numbers always have. total: what files call its total, if not as the SPEC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: list[Code] = []
    numbers: Numbers | None = None
    ordered: bool = False
    total: str = ""
    levels: dict[Name, dict[Code, list[str] | str]] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> "DimensionKeys":
        if bool(self.codes) == (self.numbers is not None):
            raise ValueError("give its codes, or numbers to make them of; one of the two")
        refuse_repeats("code", self.finest)
        _refuse_same_letters([*self.finest, *(group for groups in self.levels.values() for group in groups)])
        for level, groups in self.levels.items():
            self._check_partition(level, groups)
        return self

    def _check_partition(self, level: str, groups: Mapping[str, list[str] | str]) -> None:
        members = [code for group in groups for code in self.members(level, group)]
        unknown = [code for code in members if code not in self.finest]
        if unknown:
            hint = suggestion(unknown[0], self.finest)
            raise ValueError(f"levels.{level}: {unknown[0]} is not one of the dimension's codes{hint}")
        twice = [code for code in self.finest if members.count(code) > 1]
        if twice:
            raise ValueError(
                f"levels.{level}: {twice[0]} stands in two groups, so they overlap: groups that overlap need two levels"
            )
        outside = [code for code in self.finest if code not in members]
        if outside:
            raise ValueError(f"levels.{level}: {outside[0]} stands in no group: every code needs one")

    @property
    def finest(self) -> list[str]:
        """Its finest codes, in order."""
        return list(self.numbers.codes.values()) if self.numbers else self.codes

    @property
    def code_of(self) -> dict[str, str]:
        """What a file may hold for a finest code -> the code."""
        return {code: code for code in self.finest} | (self.numbers.codes if self.numbers else {})

    @property
    def known(self) -> set[str]:
        """Its codes at all levels."""
        return {*self.finest, *(group for groups in self.levels.values() for group in groups)}

    def members(self, level: str, group: str) -> list[str]:
        """The finest codes of a group: as listed, or all from the first to the last of `y00..y02`."""
        given = self.levels[level][group]
        spelt = Codes({code: code for code in self.finest})
        if not isinstance(given, str):
            return [spelt.find(code) or code.strip() for code in given]
        ends = [spelt.find(end) or end.strip() for end in given.split(RANGE)]
        if len(ends) != 2 or not set(ends) <= set(self.finest):
            raise ValueError(f"levels.{level}.{group}: give a list of codes, or first{RANGE}last of the listed ones")
        return self.finest[self.finest.index(ends[0]) : self.finest.index(ends[1]) + 1]


def refuse_repeats(what: str, names: Sequence[str]) -> None:
    """Raises ValueError with the first name that is listed twice."""
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"{what} {twice} is listed twice")


def _refuse_same_letters(codes: Sequence[str]) -> None:
    twice = same_letters(codes)
    if twice is not None:
        raise ValueError(
            f"{twice[0]} and {twice[1]} are the same letters, spelt in two ways (composed or not, cedilla or comma "
            "below, spaces): keep one"
        )
