"""The files of a public release, as bytes: what `release.write_draft` lays down and two people approve."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from publications.cells import check_cells
from publications.coverage import Coverage, read_coverage
from publications.edition import Edition
from publications.front_matter import (
    contents_sheet,
    cover_sheet,
    coverage_sheet,
    metadata_concepts,
    metadata_sheet,
    notes_sheet,
)
from publications.labels import Labels, read_labels
from publications.layout import table_sheets
from publications.not_published import NotPublished, in_metadata, in_words
from publications.public_tables import LANGUAGES, Phrase, TableSpec
from publications.publication_texts import Texts, texts_in
from publications.sdmx_csv import csv_bytes
from publications.sheets import Book
from publications.source import Source
from publications.stated import StatedFigure, for_machines
from publications.workbook import workbook_bytes

METADATA_FILE = "metadata.json"


def public_content(
    tables: tuple[TableSpec, ...],
    cells: pd.DataFrame,
    labels: Mapping[str, pd.DataFrame],
    coverage: pd.DataFrame,
    as_of: date,
    known_at: date,
    quarter: str,
    source: Source,
    stated: tuple[StatedFigure, ...] = (),
    phrases: Mapping[str, Phrase] | None = None,
    not_asked: tuple[NotPublished, ...] = (),
    name: str = "v1",
) -> dict[str, bytes]:
    """Return the public files of one release: file name -> bytes. The same input gives the same bytes.

    - `cells`: the protected cells, one row per table and cell: table_id, area, age, sex, care_status (`_T` where
      totalled), count (missing when hidden), obs_status (A shown, Q hidden). Other columns and tables are left alone.
    - `labels`: frames `dim_area`, `dim_age_band`, `dim_concept` (see `labels.read_labels`).
    - `coverage`: table_name, outcome, reason, records.
    - `source`: where the records come from; everything that says so follows from it.
    - `stated`: figures to publish beside the tables.
    - `phrases`: the words, by key; those of `texts.yml` when none are given.
    - `not_asked`: tables that are left out, since the deployment does not ask what they count.
    - `name`: which rendering of which vintage this is, such as v1 or v1-r2; every file says so.

    Raises PublicationError when the times do not fit the quarter, cells are missing or contradict each other, a code
    has no name, or the coverage does not add up.
    """
    edition = Edition(quarter, as_of, known_at, name)
    names, covered = read_labels(labels), read_coverage(coverage)
    ours = check_cells(cells, tables, names)
    everywhere = {language: texts_in(language, phrases, source) for language in LANGUAGES}
    csv = {table.file_name: csv_bytes(table, ours, edition, source) for table in tables}
    books = {
        f"caselight_{quarter}_{language}.xlsx": workbook_bytes(
            _book(tables, ours, names, covered, edition, stated, not_asked, texts), as_of
        )
        for language, texts in everywhere.items()
    }
    metadata = _metadata(tables, ours, names, covered, edition, stated, not_asked, source, everywhere)
    return {**csv, **books, METADATA_FILE: (json.dumps(metadata, ensure_ascii=False, indent=2) + "\n").encode()}


def _title(labels: Labels, edition: Edition, texts: Texts) -> str:
    return texts("title", country=labels.name("area", labels.country, texts), quarter=edition.quarter)


def _book(
    tables: tuple[TableSpec, ...],
    cells: pd.DataFrame,
    labels: Labels,
    coverage: Coverage,
    edition: Edition,
    stated: tuple[StatedFigure, ...],
    not_asked: tuple[NotPublished, ...],
    texts: Texts,
) -> Book:
    title = _title(labels, edition, texts)
    sheets = table_sheets(tables, cells, labels, edition, texts)
    left_out = in_words(not_asked, texts)
    front = (
        cover_sheet(title, len(sheets), edition, texts),
        contents_sheet(sheets, left_out, texts),
        notes_sheet(tables, left_out, texts),
        coverage_sheet(coverage, texts),
        metadata_sheet(metadata_concepts(tables, cells, coverage, edition, stated, left_out, texts), texts),
    )
    return Book(title, texts.of_source("banner"), texts.language, front + sheets)


def _metadata(
    tables: tuple[TableSpec, ...],
    cells: pd.DataFrame,
    labels: Labels,
    coverage: Coverage,
    edition: Edition,
    stated: tuple[StatedFigure, ...],
    not_asked: tuple[NotPublished, ...],
    source: Source,
    everywhere: Mapping[str, Texts],
) -> dict[str, Any]:
    """The release described for machines, in the words of the workbook's metadata sheet."""
    concepts = {
        language: metadata_concepts(tables, cells, coverage, edition, stated, in_words(not_asked, texts), texts)
        for language, texts in everywhere.items()
    }
    return {
        "synthetic": source.is_synthetic,
        "source": {
            "code": source.stated_code,
            "name": {k: texts.of_source("source") for k, texts in everywhere.items()},
        },
        "banner": {language: texts.of_source("banner") for language, texts in everywhere.items()},
        "title": {language: _title(labels, edition, texts) for language, texts in everywhere.items()},
        "quarter": edition.quarter,
        "vintage": edition.vintage,
        "rendering": edition.rendering,
        "as_of": edition.as_of.isoformat(),
        "known_at": edition.known_at.isoformat(),
        "stated_figures": for_machines(stated),
        "tables": [_table_metadata(table, cells) for table in tables],
        "not_published": in_metadata(not_asked, everywhere),
        "coverage": {
            "extracted": coverage.extracted,
            "loaded": coverage.loaded,
            "left_out": [dict(zip(("outcome", "reason", "records"), row, strict=True)) for row in coverage.left_out],
        },
        "metadata": {
            concept: {language: concepts[language][concept][1] for language in LANGUAGES} for concept in concepts["en"]
        },
    }


def _table_metadata(table: TableSpec, cells: pd.DataFrame) -> dict[str, Any]:
    ours = cells[cells["table_id"].eq(table.id)]
    return {
        "id": table.id,
        "file": table.file_name,
        "title": table.title.model_dump(),
        "population": table.population.model_dump(),
        "period": table.period,
        "classifications": {name: dimension.classification for name, dimension in table.dimensions.items()},
        "definition": table.definition,
        "cells": len(ours),
        "cells_hidden": int(ours["count"].isna().sum()),
        "notes": [note.model_dump() for note in table.notes],
    }
