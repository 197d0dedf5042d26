"""The sheets before the tables: cover, contents, notes, coverage, metadata."""

from collections.abc import Iterable, Sequence

from publications import not_published
from publications.coverage import Coverage
from publications.dataset import Dataset
from publications.edition import Edition
from publications.public_tables import TableSpec
from publications.publication_texts import Texts
from publications.sheets import Link, Sheet
from publications.stated import in_words

LeftOut = Sequence[tuple[str, str]]  # of each table that is left out, its id and why

FRONT = ("contents", "notes", "coverage", "metadata")


def cover_sheet(title: str, tables: int, edition: Edition, formats: Iterable[str], texts: Texts) -> Sheet:
    """Return the cover: what this is, where its records come from, how to read it, in which formats it is besides."""
    lines = (
        texts.of_source("banner"),
        texts("cover_about", tables=tables, quarter=edition.quarter),
        texts("known_at", known_at=texts.day(edition.known_at)),
        version_in_words(edition, texts),
        texts("hidden_mark"),
        " ".join([*formats, texts("cover_hidden_pages")]),
        Link(texts("about_contents"), texts("sheet_contents")),
    )
    return Sheet(texts("sheet_cover"), title, lines)


def version_in_words(edition: Edition, texts: Texts) -> str:
    """Return which version of the figures this is, and which rendering of it."""
    return texts("version", vintage=edition.vintage, rendering=edition.rendering)


def contents_sheet(tables: tuple[Sheet, ...], left_out: LeftOut, texts: Texts) -> Sheet:
    """Return the contents: a link to every other sheet, and the tables that are left out."""
    front = [(texts(f"sheet_{part}"), texts(f"about_{part}")) for part in FRONT if part != "contents"]
    entries = front + [(sheet.name, sheet.title) for sheet in tables]
    rows: list[tuple[str | int | Link, ...]] = [(Link(name, name), about) for name, about in entries]
    return _sheet("contents", (texts("column_sheet"), texts("column_about")), (*rows, *left_out), texts)


def notes_sheet(tables: tuple[TableSpec, ...], left_out: LeftOut, texts: Texts) -> Sheet:
    """Return the notes: those of each table, of those that are left out, then those that hold for all."""
    of_tables = [(table.id, note[texts.language]) for table in tables for note in table.notes]
    every = ", ".join(table.id for table in tables)
    general = [(every, texts(key)) for key in texts.starting_with("note_")]
    return _sheet("notes", (texts("column_table"), texts("column_note")), (*of_tables, *left_out, *general), texts)


def coverage_sheet(coverage: Coverage, texts: Texts) -> Sheet:
    """Return the coverage: records read, used and left out by reason."""
    rows = (
        (texts("outcome_extracted"), texts("label_total"), coverage.extracted),
        (texts("outcome_loaded"), texts("label_total"), coverage.loaded),
        *(
            (texts(f"outcome_{outcome}"), texts(f"reason_{reason}"), records)
            for outcome, reason, records in coverage.left_out
        ),
    )
    header = (texts("column_outcome"), texts("column_reason"), texts("column_records"))
    return _sheet("coverage", header, rows, texts, remark=texts("coverage_sum"), number_columns=1)


def metadata_sheet(concepts: dict[str, tuple[str, str]], texts: Texts) -> Sheet:
    """Return the reference metadata, one row per concept."""
    return _sheet("metadata", (texts("column_concept"), texts("column_text")), tuple(concepts.values()), texts)


def metadata_concepts(dataset: Dataset, texts: Texts) -> dict[str, tuple[str, str]]:
    """Return concept -> (its name, its text), in the order of the texts."""
    edition, coverage = dataset.edition, dataset.coverage
    left_out = not_published.in_words(dataset.not_asked, texts)
    counted = [(table.id, table.population[texts.language]) for table in dataset.tables]
    values = {
        "population": "; ".join(f"{name}: {who}" for name, who in (*counted, *left_out)),
        "quarter": edition.quarter,
        "start": texts.day(edition.first_day),
        "end": texts.day(edition.last_day),
        "source": texts.of_source("source"),
        "known_at": texts("known_at", known_at=texts.day(edition.known_at)),
        "cells": len(dataset.cells),
        "hidden": int(dataset.cells["count"].isna().sum()),
        "loaded": coverage.loaded,
        "extracted": coverage.extracted,
        "stated": in_words(dataset.stated, texts),
        "version": version_in_words(edition, texts),
    }
    concepts = [key.removesuffix("_text") for key in texts.starting_with("metadata_") if key.endswith("_text")]
    return {key.removeprefix("metadata_"): (texts(key), texts(f"{key}_text", **values).strip()) for key in concepts}


def _sheet(
    part: str,
    header: tuple[str, ...],
    rows: tuple[tuple[str | int | Link, ...], ...],
    texts: Texts,
    remark: str = "",
    number_columns: int = 0,
) -> Sheet:
    lines = [texts.of_source("short"), texts("one_table"), *([remark] if remark else [])]
    back = [] if part == "contents" else [Link(texts("back_to_contents"), texts("sheet_contents"))]
    return Sheet(texts(f"sheet_{part}"), texts(f"about_{part}"), (*lines, *back), header, rows, number_columns)
