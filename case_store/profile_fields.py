"""The contract's columns in one deployment: where each stands in the source, and which are not asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from case_store.contract import NOT_ASKED, FieldType, Kind, missing_columns


@dataclass(frozen=True)
class Field:
    """One contract column: where it stands in the source, how it is typed, whether it has a history of its own."""

    column: str
    source: str
    type: FieldType
    kind: Kind
    dimension: str | None

    @property
    def is_absent(self) -> bool:
        """Whether the deployment does not ask it, so that no document can hold it."""
        return self.source.startswith(NOT_ASKED)


@dataclass(frozen=True)
class Section:
    """The columns of the case itself (`source` None) or of one of its subforms (`source` = the subform's key)."""

    name: str
    source: str | None
    columns: Mapping[str, Field]


def with_absent(sections: dict[str, Section]) -> dict[str, Section]:
    """Every column of the contract; what is not mapped has a source that no document holds, so it is always empty."""
    columns = {name: dict(section.columns) for name, section in sections.items()}
    for name, row in missing_columns({name: section.columns for name, section in sections.items()}):
        where = f"{NOT_ASKED}{name}.{row['column']}"
        field = Field(
            row["column"], where, cast(FieldType, row["type"]), cast(Kind, row["kind"]), row["dimension"] or None
        )
        columns.setdefault(name, {})[row["column"]] = field
    sources = {name: section.source for name, section in sections.items()}
    return {name: Section(name, sources.get(name, f"{NOT_ASKED}{name}"), found) for name, found in columns.items()}
