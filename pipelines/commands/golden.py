"""The golden table: every published figure beside ours, read from the marts of the current build."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from pathlib import Path

from case_store.published_figures import PublishedFigure
from pipelines.errors import RunError
from pipelines.warehouse.not_asked import refused_figures
from pipelines.warehouse.warehouse_file import open_warehouse


@dataclass(frozen=True)
class GoldenLine:
    """One line: what is published, what we count, and whether they agree (None where it is shown only, or not asked).

    is_asked: whether the deployment asks what the figure counts; if not, there is nothing counted.
    """

    figure: str
    label: str
    published: float
    counted: float | None
    agrees: bool | None
    is_asked: bool = True


def golden_lines(build: Path, published: tuple[PublishedFigure, ...]) -> list[GoldenLine]:
    """The golden table of a build. Raises RunError when there is no warehouse."""
    with open_warehouse(build) as warehouse:
        counted = dict(warehouse.execute("select figure, value from marts.golden_figures").fetchall())
    refused = refused_figures(build)
    return [_not_asked(figure) if figure.figure in refused else _line(figure, counted) for figure in published]


def refuse_disagreement(lines: list[GoldenLine]) -> None:
    """Raises RunError naming every line that does not agree."""
    wrong = [
        f"{line.label} ({line.figure}): {line.counted} instead of {line.published}"
        for line in lines
        if line.agrees is False
    ]
    if wrong:
        raise RunError("the golden table does not hold:\n" + "\n".join(wrong))


def _not_asked(figure: PublishedFigure) -> GoldenLine:
    """A line that the deployment cannot have: it counts nothing, and there is nothing to agree with."""
    return GoldenLine(figure.figure, figure.label_en, figure.published, None, None, is_asked=False)


def _line(figure: PublishedFigure, counted: Mapping[str, float]) -> GoldenLine:
    value = counted.get(figure.figure)
    return GoldenLine(figure.figure, figure.label_en, figure.published, value, _agrees(figure, value))


def _agrees(figure: PublishedFigure, value: float | None) -> bool | None:
    if figure.check == "shown":
        return None
    if value is None:
        return False
    if figure.check == "greater":
        return value > figure.published
    if figure.check == "one_decimal":
        return floor(value * 10 + 0.5) / 10 == figure.published
    return value == figure.published
