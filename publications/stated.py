"""Figures that are stated beside the tables: by how much at most they differ from earlier ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from publications.publication_texts import Texts


@dataclass(frozen=True)
class StatedFigure:
    """At most so many persons of these tables are counted differently from, or no longer as in, an earlier edition.

    kind: `revision` of the same quarter, or `removals` from what is counted since the launch.
    compared_with: the earlier edition, such as `2023-Q4 v1`.
    """

    kind: Literal["revision", "removals"]
    tables: tuple[str, ...]
    compared_with: str
    at_most: int


def in_words(figures: Sequence[StatedFigure], texts: Texts) -> str:
    """Return one sentence a figure; nothing without figures."""
    return " ".join(
        texts(
            f"stated_{figure.kind}",
            tables=", ".join(figure.tables),
            compared_with=figure.compared_with,
            at_most=figure.at_most,
        )
        for figure in figures
    )


def for_machines(figures: Sequence[StatedFigure]) -> list[dict[str, Any]]:
    """Return the figures as they stand in `metadata.json`."""
    return [{**asdict(figure), "tables": list(figure.tables)} for figure in figures]
