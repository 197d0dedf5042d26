"""The figures a deployment has published, and how ours are held against them."""

from dataclasses import dataclass
from typing import Any

from case_store.errors import CaseStoreError

CHECKS = ("count", "one_decimal", "greater", "shown")  # how a published figure is held against ours


@dataclass(frozen=True)
class PublishedFigure:
    """One published figure, and how ours is held against it (count, one_decimal, greater, shown)."""

    figure: str
    published: float
    check: str
    label_en: str


def published_figures(raw: dict[str, Any]) -> tuple[PublishedFigure, ...]:
    """The figures of `published_figures.yml`; `CaseStoreError` when one is not whole."""
    try:
        figures = tuple(PublishedFigure(**figure) for figure in raw["figures"])
        for figure in figures:
            if not (
                isinstance(figure.figure, str)
                and isinstance(figure.label_en, str)
                and isinstance(figure.published, int | float)
                and figure.check in CHECKS
            ):
                raise TypeError
        return figures
    except (KeyError, TypeError) as broken:
        raise CaseStoreError(
            "published_figures.yml: each of 'figures' needs figure, published (a number), check (one of "
            f"{', '.join(CHECKS)}), label_en."
        ) from broken
