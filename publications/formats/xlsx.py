"""A workbook in each language, for people: cover, contents, notes, coverage, metadata, then a sheet a margin."""

from publications.dataset import Dataset
from publications.file_formats import Format, all_formats
from publications.front_matter import (
    contents_sheet,
    cover_sheet,
    coverage_sheet,
    metadata_concepts,
    metadata_sheet,
    notes_sheet,
)
from publications.layout import table_sheets
from publications.not_published import in_words
from publications.publication_texts import Texts
from publications.sheets import Book
from publications.workbook import workbook_bytes


def files(dataset: Dataset) -> dict[str, bytes]:
    """Return a workbook in each language."""
    return {
        f"caselight_{dataset.edition.quarter}_{language}.xlsx": workbook_bytes(
            _book(dataset, texts), dataset.edition.as_of
        )
        for language, texts in dataset.texts.items()
    }


FORMAT = Format("xlsx", files)


def _book(dataset: Dataset, texts: Texts) -> Book:
    sheets = table_sheets(dataset.tables, dataset.cells, dataset.labels, dataset.edition, texts)
    left_out = in_words(dataset.not_asked, texts)
    title = dataset.title(texts)
    front = (
        cover_sheet(title, len(sheets), dataset.edition, _other_formats(texts), texts),
        contents_sheet(sheets, left_out, texts),
        notes_sheet(dataset.tables, left_out, texts),
        coverage_sheet(dataset.coverage, texts),
        metadata_sheet(metadata_concepts(dataset, texts), texts),
    )
    return Book(title, texts.of_source("banner"), texts.language, front + sheets)


def _other_formats(texts: Texts) -> list[str]:
    """What the cover says of the formats that this is not."""
    return [one.described(texts) for one in all_formats() if one.name != FORMAT.name]
