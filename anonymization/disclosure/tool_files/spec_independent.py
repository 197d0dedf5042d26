"""The key that names columns which are independent although one seems to group the other, of a SPEC and a policy."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from anonymization.disclosure.cells_by_name import none_or_list
from configuration.schema import Text


class Independent(BaseModel):
    """Columns that are independent, two or more, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dimensions: Annotated[tuple[Text, ...], Field(min_length=2)]
    because: str

    @model_validator(mode="after")
    def _says_why(self) -> "Independent":
        if not self.because.strip():
            raise ValueError("because: say in a sentence why knowing one tells nothing about the other")
        if len(set(self.dimensions)) < len(self.dimensions):
            raise ValueError("dimensions: one of them is listed twice")
        return self


def _entries(value: Any) -> Any:
    """One entry may be written without a list; a list of names alone gives no reason."""
    entries = none_or_list(value)
    if isinstance(entries, list) and any(not isinstance(entry, Mapping | Independent) for entry in entries):
        raise ValueError(
            "each entry names its columns and a reason: write {dimensions: [a, b], because: why they are independent}"
        )
    return entries


ListOfIndependent = Annotated[tuple[Independent, ...], BeforeValidator(_entries)]
