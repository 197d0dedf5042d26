"""The release described for machines, in the words of the workbook's metadata sheet."""

import json
from typing import Any

from publications.coverage import Coverage
from publications.dataset import Dataset
from publications.edition import METADATA_FILE
from publications.file_formats import Format
from publications.front_matter import metadata_concepts
from publications.not_published import in_metadata
from publications.public_tables import TableSpec
from publications.stated import for_machines


def files(dataset: Dataset) -> dict[str, bytes]:
    """Return `metadata.json`."""
    return {METADATA_FILE: (json.dumps(_content(dataset), ensure_ascii=False, indent=2) + "\n").encode()}


FORMAT = Format("metadata_json", files)


def _content(dataset: Dataset) -> dict[str, Any]:
    edition, source = dataset.edition, dataset.source
    return {
        "synthetic": source.is_synthetic,
        "source": {"code": source.stated_code, "name": _of_source(dataset, "source")},
        "banner": _of_source(dataset, "banner"),
        "title": {language: dataset.title(texts) for language, texts in dataset.texts.items()},
        "quarter": edition.quarter,
        "vintage": edition.vintage,
        "rendering": edition.rendering,
        "as_of": edition.as_of.isoformat(),
        "known_at": edition.known_at.isoformat(),
        "stated_figures": for_machines(dataset.stated),
        "tables": [_table(table, dataset) for table in dataset.tables],
        "not_published": in_metadata(dataset.not_asked, dataset.texts),
        "coverage": _coverage(dataset.coverage),
        "metadata": _concepts(dataset),
    }


def _of_source(dataset: Dataset, key: str) -> dict[str, str]:
    return {language: texts.of_source(key) for language, texts in dataset.texts.items()}


def _concepts(dataset: Dataset) -> dict[str, dict[str, str]]:
    by_language = {language: metadata_concepts(dataset, texts) for language, texts in dataset.texts.items()}
    first = by_language[dataset.languages[0]]
    return {concept: {language: told[concept][1] for language, told in by_language.items()} for concept in first}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    columns = ("outcome", "reason", "records")
    left_out = [dict(zip(columns, row, strict=True)) for row in coverage.left_out]
    return {"extracted": coverage.extracted, "loaded": coverage.loaded, "left_out": left_out}


def _table(table: TableSpec, dataset: Dataset) -> dict[str, Any]:
    ours = dataset.cells[dataset.cells["table_id"].eq(table.id)]
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
