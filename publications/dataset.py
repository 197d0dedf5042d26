"""All that the files of one release are made from, checked once; every format reads it, and none changes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from publications.catalogue import refuse_unknown_names
from publications.cells import check_cells
from publications.coverage import Coverage
from publications.edition import Edition
from publications.labels import Labels
from publications.not_published import NotPublished
from publications.phrases import Phrases
from publications.public_tables import TableSpec
from publications.publication_texts import Texts, texts_in
from publications.source import Source
from publications.stated import StatedFigure


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """One release, in plain values.

    - `tables`: those that are published; `not_asked`: those left out, since nobody is asked what they count.
    - `cells`: given as protection made them, kept as `check_cells` returns them, which raises PublicationError.
    - `labels`, `coverage`: the names of codes, and what became of every record read.
    - `edition`: quarter, days, and which rendering of which vintage this is; every file says so.
    - `source`: where the records come from; everything that says so follows from it.
    - `languages`: of the publication, in this order; `phrases`: its words, by key.
    - `stated`: figures to publish beside the tables.
    """

    tables: tuple[TableSpec, ...]
    cells: pd.DataFrame
    labels: Labels
    coverage: Coverage
    edition: Edition
    source: Source
    languages: tuple[str, ...]
    phrases: Phrases
    stated: tuple[StatedFigure, ...] = ()
    not_asked: tuple[NotPublished, ...] = ()

    def __post_init__(self) -> None:
        refuse_unknown_names(self.tables, self.labels.catalogue)
        object.__setattr__(self, "cells", check_cells(self.cells, self.tables, self.labels))

    @cached_property
    def texts(self) -> Mapping[str, Texts]:
        """The words of each language, in the order of the languages."""
        return {language: texts_in(language, self.phrases, self.source) for language in self.languages}

    def title(self, texts: Texts) -> str:
        """The title of the release in one language."""
        country = self.labels.name("area", self.labels.country, texts)
        return texts("title", country=country, quarter=self.edition.quarter)
