"""The keys of `policy.yml` and of a SPEC that name cells by definition: shown, hidden, or dear to hide."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from anonymization.disclosure.threshold_rules import NamedCells
from anonymization.errors import PolicyError


def one_or_list(value: Any) -> Any:
    """A single name as a list of one."""
    return [value] if isinstance(value, str) else value


def none_or_list(value: Any) -> Any:
    """Nothing as an empty list, one entry as a list of one."""
    return [] if value in ("none", "", None) else [value] if isinstance(value, Mapping) else value


Names = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(one_or_list)]


class NamedCellsKeys(BaseModel):
    """Cells by definition; a dimension that is not named is totalled. Each value is one name, or a list of names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: Annotated[tuple[str, ...], BeforeValidator(one_or_list)] = ()
    levels: dict[str, Names] = {}
    codes: dict[str, Names] = {}

    @model_validator(mode="after")
    def _names_some_cells(self) -> "NamedCellsKeys":
        if not (self.tables or self.levels or self.codes):
            raise ValueError("name tables, levels or codes; a grand total is the total level of one of its dimensions")
        try:
            _ = self.cells
        except PolicyError as error:
            raise ValueError(str(error).rstrip(".")) from None
        return self

    @property
    def cells(self) -> NamedCells:
        """As the protection takes it."""
        return NamedCells(self.tables, self.levels, self.codes)


class CostKeys(NamedCellsKeys):
    """What hiding these cells costs: their count, so many times."""

    times: Annotated[float, Field(gt=0, allow_inf_nan=False)]


ListOfCells = Annotated[tuple[NamedCellsKeys, ...], BeforeValidator(none_or_list)]
ListOfCosts = Annotated[tuple[CostKeys, ...], BeforeValidator(none_or_list)]
