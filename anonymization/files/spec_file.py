"""What a SPEC says: the keys of the YAML, typed and held against each other. See `docs/disclosure-tool.md`."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from anonymization.cells_by_name import ListOfCells, ListOfCosts
from anonymization.errors import PolicyError
from anonymization.files.spec_independent import ListOfIndependent
from anonymization.files.spec_method import Changing, GateKeys, Method, MethodKeys
from anonymization.files.spec_yaml import read_yaml, sentence_on
from anonymization.left_open import LeftOpen
from anonymization.perturbation.rules import CellKey
from anonymization.rules import LEAST_HIDDEN, Knowledge
from anonymization.tables.specification import RESERVED_NAMES, TOTAL

TOTAL_CODE = "Total"  # in files; `_T` inside
RANGE = ".."
MOST_NUMBERS = 10_000
ONE_NUMBER = re.compile(r"[^{}]*\{(:0?\d{0,2}d)?\}[^{}]*")


def _checked_code(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a code is a text that is not empty")
    if value.strip() in (TOTAL_CODE, TOTAL):
        raise ValueError(f"{value.strip()} is the mark of a total, which is always implied: leave it out")
    return value.strip()


def _none_or_list(value: Any) -> Any:
    return [] if value in ("none", "") else value


Code = Annotated[str, BeforeValidator(_checked_code)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Levels = Mapping[Name, Annotated[list[str], Field(min_length=1)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Numbers(_Strict):
    """Codes made of the whole numbers in the microdata: `first` to `last`, each `written` as a code."""

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


class DimensionKeys(_Strict):
    """One dimension: its finest codes, listed or made of numbers, and coarser levels, each a full partition of them.

    ordered: its listed codes have an order; numbers always have.
    """

    codes: list[Code] = []
    numbers: Numbers | None = None
    ordered: bool = False
    levels: dict[Name, dict[Code, list[str] | str]] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> "DimensionKeys":
        if bool(self.codes) == (self.numbers is not None):
            raise ValueError("give its codes, or numbers to make them of; one of the two")
        _refuse_repeats("code", self.finest)
        for level, groups in self.levels.items():
            self._check_partition(level, groups)
        return self

    def _check_partition(self, level: str, groups: Mapping[str, list[str] | str]) -> None:
        members = [code for group in groups for code in self.members(level, group)]
        unknown = [code for code in members if code not in self.finest]
        if unknown:
            raise ValueError(f"levels.{level}: {unknown[0]} is not one of the dimension's codes")
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
        if not isinstance(given, str):
            return [code.strip() for code in given]
        ends = [end.strip() for end in given.split(RANGE)]
        if len(ends) != 2 or not set(ends) <= set(self.finest):
            raise ValueError(f"levels.{level}.{group}: give a list of codes, or first{RANGE}last of the listed ones")
        return self.finest[self.finest.index(ends[0]) : self.finest.index(ends[1]) + 1]


class TableKeys(_Strict):
    """One table: its dimensions, and which of their levels are shown (all and the total, unless said)."""

    name: Name = ""
    dimensions: Annotated[list[Name], Field(min_length=1)]
    levels: Levels = {}
    margins: list[Levels] = []
    threshold: int | None = None
    knowledge: Knowledge | None = None

    @model_validator(mode="after")
    def _says_its_margins_once(self) -> "TableKeys":
        if self.levels and self.margins:
            raise ValueError("give levels, or margins, not both")
        _refuse_repeats("dimension", self.dimensions)
        return self


class StricterKeys(_Strict):
    """A higher threshold for the cells of some tables, levels or codes."""

    threshold: int
    tables: list[Name] = []
    levels: dict[Name, Name] = {}
    codes: dict[Name, list[Code]] = {}


class Budget(_Strict):
    """Iterations of the simplex method: for a cheap pattern, for a lower bound on its cost, for each audit's proof."""

    search: Annotated[int, Field(ge=0)] | None = None
    bound: Annotated[int, Field(ge=0)] | None = None
    proof: Annotated[int, Field(ge=0)] | None = None


class Audience(_Strict):
    """Someone who sees exactly all cells that have one of these codes of each dimension named.

    keeps: what other small counts must keep from them: their `width`, or only not to be `exact`.
    """

    name: Name
    codes: Annotated[dict[Name, Annotated[list[Code], Field(min_length=1)]], Field(min_length=1)]
    keeps: Literal["width", "exact"] = "width"
    finding: Literal["gate", "report"] = "gate"


class Spec(_Strict):
    """All keys of a SPEC."""

    threshold: int
    knowledge: Knowledge
    width: int | None = None
    narrower_because: str = ""
    method: Method = MethodKeys()
    gate: GateKeys | None = None
    record_id: str = ""
    seed: Annotated[int, Field(ge=0)] = 1
    budget: Budget = Budget()
    time_limit: Annotated[float, Field(gt=0)] | None = None
    contributors: Literal["none", "report", "gate"] = "none"
    pattern_knower: Literal["report", "gate"] = "report"
    group: Annotated[list[Name], BeforeValidator(_none_or_list)] = []
    contiguous: Annotated[list[Name], BeforeValidator(_none_or_list)] = []
    left_open: list[LeftOpen] = []
    audiences: Annotated[list[Audience], BeforeValidator(_none_or_list)] = []
    independent: ListOfIndependent = ()
    dimensions: Annotated[dict[Name, DimensionKeys], Field(min_length=1)]
    tables: Annotated[list[TableKeys], Field(min_length=1)]
    stricter: list[StricterKeys] = []
    keep: ListOfCells = ()
    hide: ListOfCells = ()
    costs: ListOfCosts = ()

    @field_validator("tables")
    @classmethod
    def _names_tables(cls, tables: list[TableKeys]) -> list[TableKeys]:
        named = [t if t.name else t.model_copy(update={"name": f"table{n}"}) for n, t in enumerate(tables, start=1)]
        _refuse_repeats("table", [table.name for table in named])
        return named

    @model_validator(mode="after")
    def _knows_its_names(self) -> "Spec":
        reserved = sorted(set(self.dimensions) & (RESERVED_NAMES | {TOTAL_CODE, "primary"}))
        if reserved:
            raise ValueError(f"dimensions.{reserved[0]}: this name has a meaning of its own in the files: rename it")
        self._knows_protected_names()
        used = {name for table in self.tables for name in table.dimensions}
        idle = sorted(set(self.dimensions) - used)
        if idle:
            raise ValueError(f"dimensions.{idle[0]}: no table uses it: take it out")
        return self

    @model_validator(mode="after")
    def _suits_its_method(self) -> "Spec":
        if self.method.rule is None:
            if self.gate is not None or self.record_id:
                raise ValueError("gate and record_id are for methods that change counts: take them out")
            return self
        if self.gate is None:
            raise ValueError("gate: a method that changes counts needs least_width and largest_certainty")
        if bool(self.record_id) != isinstance(self.method.rule, CellKey):
            raise ValueError("record_id: cell_key needs the column that names each record, other methods none")
        untried = [key for key in ("group", "contiguous", "left_open", "audiences") if getattr(self, key)]
        untried += ["contributors"] if self.contributors != "none" else []
        untried += ["pattern_knower"] if self.pattern_knower == "gate" else []
        if untried:
            raise ValueError(f"{untried[0]}: it is tried where counts are hidden, not where they are changed")
        of_hiding = [key for key in ("keep", "hide", "costs") if getattr(self, key)]
        if of_hiding:
            raise ValueError(f"{of_hiding[0]}: it is about hiding cells, and this method hides none: take it out")
        return self

    @property
    def changing(self) -> Changing | None:
        """How counts are changed; None where small ones are hidden."""
        rule = self.method.rule
        return Changing(rule, self.gate.gate) if rule is not None and self.gate is not None else None

    def _knows_protected_names(self) -> None:
        named = [(key, name) for key in ("group", "contiguous") for name in getattr(self, key)]
        named += [(f"left_open.{n}.dimension", one.dimension) for n, one in enumerate(self.left_open)]
        named += [(f"audiences.{n}.codes", name) for n, one in enumerate(self.audiences) for name in one.codes]
        named += [(f"independent.{n}", name) for n, one in enumerate(self.independent) for name in one.dimensions]
        for key, name in named:
            if name not in self.dimensions:
                raise ValueError(f"{key}: {name} is not one of the dimensions; known: {', '.join(self.dimensions)}")
        for place, one in enumerate(self.audiences):
            for name, codes in one.codes.items():
                unknown = [code for code in codes if code not in self.dimensions[name].known]
                if unknown:
                    raise ValueError(f"audiences.{place}.codes.{name}: {unknown[0]} is not one of its codes")

    @property
    def asked_width(self) -> int:
        """The width, or the least that reaches the threshold."""
        return self.threshold - LEAST_HIDDEN[self.knowledge] if self.width is None else self.width


def read_spec(text: str, file: str) -> Spec:
    """The SPEC in a YAML text. Raises PolicyError that names the file and every wrong key."""
    content = read_yaml(text, file)
    if not isinstance(content, dict):
        raise PolicyError(f"{file}: a SPEC is a YAML mapping, from threshold to tables; see the documentation.")
    try:
        return Spec.model_validate(content)
    except ValidationError as error:
        raise PolicyError("\n".join(sentence_on(file, dict(problem)) for problem in error.errors())) from None


def _refuse_repeats(what: str, names: Sequence[str]) -> None:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise ValueError(f"{what} {twice} stands twice")
