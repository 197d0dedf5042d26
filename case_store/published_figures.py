"""The figures a deployment has published, and how ours are held against them."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from case_store.errors import CaseStoreError
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Text, read_model

FILE = "published_figures.yml"
Check = Literal["count", "one_decimal", "greater", "shown"]


@dataclass(frozen=True)
class PublishedFigure:
    """One published figure, and how ours is held against it (count, one_decimal, greater, shown)."""

    figure: str
    published: float
    check: str
    label_en: str


class FigureKeys(Strict):
    """The keys of one figure."""

    figure: Text
    published: int | float
    check: Check
    label_en: Text


class FiguresFile(Strict):
    """The keys of the file. The days are those of the publication; nothing is computed from them."""

    as_of: dt.date | None = None
    known_at: dt.date | None = None
    figures: Annotated[tuple[FigureKeys, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _names_each_once(self) -> "FiguresFile":
        names = [one.figure for one in self.figures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"figures: {twice[0]} is listed twice; take one out")
        return self


def read_published_figures(folder: Traversable) -> tuple[PublishedFigure, ...]:
    """The figures of a profile; `CaseStoreError` names the key at fault."""
    keys = read_model(ConfigurationFile(folder / FILE, CaseStoreError, f"{folder.name}/{FILE}"), FiguresFile)
    return tuple(PublishedFigure(**one.model_dump()) for one in keys.figures)
