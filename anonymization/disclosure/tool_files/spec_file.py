"""What a SPEC says: the keys of the YAML, typed and held against each other. See `docs/disclosure-tool.md`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from anonymization.disclosure.cells_by_name import ListOfCells, ListOfCosts
from anonymization.disclosure.left_open import LeftOpen
from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.disclosure.tables.table_set import RESERVED_NAMES
from anonymization.disclosure.threshold_rules import LEAST_HIDDEN, Knowledge
from anonymization.disclosure.tool_files.spec_dimensions import Code, DimensionKeys, Name, refuse_repeats
from anonymization.disclosure.tool_files.spec_independent import ListOfIndependent
from anonymization.disclosure.tool_files.spec_method import Changing, GateKeys, Method, MethodKeys
from anonymization.disclosure.tool_files.spec_numbers import TOTAL_CODE as TOTAL_CODE
from anonymization.disclosure.tool_files.spec_sources import NO_SOURCES, Sources, with_codes, with_one_total
from anonymization.disclosure.tool_files.spec_yaml import read_yaml, sentence_on
from anonymization.disclosure.tool_files.spelling import folded
from anonymization.errors import PolicyError

WEIGHTS = ("weight", "weights", "wgt", "freq_weight")


def _none_or_list(value: Any) -> Any:
    return [] if value in ("none", "") else value


Levels = Mapping[Name, Annotated[list[str], Field(min_length=1)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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
        refuse_repeats("dimension", self.dimensions)
        return self


class StricterKeys(_Strict):
    """A higher threshold for the cells of some tables, levels or codes."""

    threshold: int
    tables: list[Name] = []
    levels: dict[Name, Name] = {}
    codes: dict[Name, list[Code]] = {}


class SpecBudget(_Strict):
    """Iterations of the simplex method: for a cheap pattern, for a lower bound on its cost, for each audit's proof, for
    all repeated protections.
    """

    search: Annotated[int, Field(ge=0)] | None = None
    bound: Annotated[int, Field(ge=0)] | None = None
    proof: Annotated[int, Field(ge=0)] | None = None
    repeat: Annotated[int, Field(ge=0)] | None = None


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
    count: str = ""
    rows: Literal["records", "counts", ""] = ""
    total: str = TOTAL_CODE
    seed: Annotated[int, Field(ge=0)] = 1
    budget: SpecBudget = SpecBudget()
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

    @model_validator(mode="before")
    @classmethod
    def _weighs_nothing(cls, content: Any) -> Any:
        named = [key for key in content if str(key).strip().lower() in WEIGHTS] if isinstance(content, Mapping) else []
        if named:
            raise ValueError(f"{named[0]}: weights are not supported: give one row a record, or whole counts")
        return content

    @field_validator("tables")
    @classmethod
    def _names_tables(cls, tables: list[TableKeys]) -> list[TableKeys]:
        named = [t if t.name else t.model_copy(update={"name": f"table{n}"}) for n, t in enumerate(tables, start=1)]
        refuse_repeats("table", [table.name for table in named])
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
    def _counts_what_it_says(self) -> "Spec":
        if self.count in self.dimensions:
            raise ValueError(f"count: {self.count} is one of the dimensions: name the column that holds the counts")
        if self.count and self.rows == "records":
            raise ValueError(f"count: rows are records, so {self.count} counts nothing: take out one of the two")
        for name, word in self.total_of.items():
            if not word.strip() or folded(word) in {folded(code) for code in self.dimensions[name].known}:
                raise ValueError(f"dimensions.{name}: its total is called {word}, which is empty or one of its codes")
        return self

    @property
    def total_of(self) -> dict[str, str]:
        """What files call the total of each dimension."""
        return {name: (keys.total or self.total).strip() for name, keys in self.dimensions.items()}

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


def read_spec(text: str, file: str, sources: Sources = NO_SOURCES) -> Spec:
    """The SPEC in a YAML text; sources: the files that it may take codes from.

    Raises PolicyError that names the file and every wrong key.
    """
    content = read_yaml(text, file)
    if not isinstance(content, dict):
        raise PolicyError(f"{file}: a SPEC is a YAML mapping, from threshold to tables; see the documentation.")
    try:
        return Spec.model_validate(with_one_total(with_codes(content, file, sources)))
    except ValidationError as error:
        raise PolicyError("\n".join(sentence_on(file, dict(problem)) for problem in error.errors())) from None
