"""The figures a deployment has published, how ours are counted, and how the two are held against each other."""

import datetime as dt
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from case_store.errors import CaseStoreError
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Text, Texts, read_model

FILE = "published_figures.yml"
Check = Literal["count", "one_decimal", "greater", "shown"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Counted(Strict):
    """A number of the warehouse: a sum, the rows or the distinct values of a table, of those rows that `where` names.

    where: column -> true or false, a role of its concepts or several, or a total such as _T.
    """

    sum: Text | None = None
    rows: Literal[True] | None = None
    distinct: Text | None = None
    table: Text
    where: dict[str, bool | Annotated[Texts, BeforeValidator(_listed)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _counts_one_thing(self) -> "Counted":
        if len([one for one in (self.sum, self.rows, self.distinct) if one is not None]) != 1:
            raise ValueError("give exactly one of sum, rows and distinct")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table that it is made from."""
        return tuple(name for name in (self.sum, self.distinct, *self.where) if name)


class FigureCounted(Counted):
    """What a figure is: the number itself, its percentage of another, that of a month, or the concept of a rank."""

    percent_of: Counted | None = None
    of_months: Literal["highest", "lowest"] | None = None
    give: Literal["month"] | None = None
    rank: Annotated[int, Field(ge=1)] | None = None
    by: Text | None = None

    @model_validator(mode="after")
    def _makes_one_thing_of_it(self) -> "FigureCounted":
        if len([one for one in (self.percent_of, self.of_months, self.rank) if one is not None]) > 1:
            raise ValueError("give at most one of percent_of, of_months and rank")
        if (self.rank is None) != (self.by is None):
            raise ValueError("rank and by, the dimension whose concepts are ranked, go together")
        if self.give is not None and self.of_months is None:
            raise ValueError("give goes with of_months")
        return self


class PublishedFigure(Strict):
    """One published figure, how ours is held against it (count, one_decimal, greater, shown), and how it is counted."""

    figure: Text
    published: int | float
    check: Check
    label: Text
    counted: FigureCounted


class FiguresFile(Strict):
    """The keys of the file. The days are those of the publication; nothing is computed from them."""

    as_of: dt.date | None = None
    known_at: dt.date | None = None
    figures: Annotated[tuple[PublishedFigure, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _names_each_once(self) -> "FiguresFile":
        names = [one.figure for one in self.figures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"figures: {twice[0]} is listed twice; take one out")
        return self


def read_published_figures(folder: Traversable) -> tuple[PublishedFigure, ...]:
    """The figures of a profile, none where it has no such file; `CaseStoreError` names the key at fault."""
    if not (folder / FILE).is_file():
        return ()
    return read_model(ConfigurationFile(folder / FILE, CaseStoreError, f"{folder.name}/{FILE}"), FiguresFile).figures
