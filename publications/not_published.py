"""Tables of the programme that a release does not have, since its deployment does not ask what they count."""

from collections.abc import Mapping, Sequence
from typing import Any

from configuration.schema import Strict
from publications.phrases import Phrase
from publications.publication_texts import Texts


class NotPublished(Strict):
    """A table that is left out: its id and title. There is no figure of it, not even a zero."""

    id: str
    title: Phrase


def in_words(tables: Sequence[NotPublished], texts: Texts) -> list[tuple[str, str]]:
    """Return the id of each table that is left out, with its title and why, for the sheets of a workbook."""
    return [(table.id, f"{table.title[texts.language]}. {texts('not_published')}") for table in tables]


def in_metadata(tables: Sequence[NotPublished], everywhere: Mapping[str, Texts]) -> list[dict[str, Any]]:
    """Return the tables as they stand in `metadata.json`. `everywhere`: the texts of each language."""
    reason = {language: texts("not_published") for language, texts in everywhere.items()}
    return [{"id": table.id, "title": table.title.model_dump(), "reason": reason} for table in tables]
