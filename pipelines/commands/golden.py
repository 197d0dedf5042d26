"""The golden table: every published figure beside ours, read from the marts of the current build."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import floor
from pathlib import Path

from case_store.profile import Profile
from case_store.profile_fields import field_rows
from case_store.published_figures import PublishedFigure
from pipelines.errors import RunError
from pipelines.warehouse.golden_figures import count_figures, tables_of
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


def golden_lines(build: Path, profile: Profile) -> list[GoldenLine]:
    """The golden table of a build: none where the profile has published no figure.

    Raises RunError when there is no warehouse, or a figure names what it does not have.
    """
    refused = refused_figures(build)
    asked = [one for one in profile.published_figures if not _lacking(one, refused, profile)]
    with open_warehouse(build) as warehouse:
        counted = count_figures(warehouse, asked, profile.roles)
    return [
        _line(figure, counted) if figure.figure in counted else _not_asked(figure)
        for figure in profile.published_figures
    ]


def _lacking(figure: PublishedFigure, refused: Collection[str], profile: Profile) -> bool:
    """Whether it is made from a mart, or a column of one, that this deployment cannot have."""
    absent = {row["attribute"] for row in field_rows(profile.fields).to_pylist() if not row["is_asked"]}
    return any(
        counted.table in refused or any(f"{counted.table}.{c}" in refused or c in absent for c in counted.columns)
        for counted in tables_of(figure.counted)
    )


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
    return GoldenLine(figure.figure, figure.label, figure.published, None, None, is_asked=False)


def _line(figure: PublishedFigure, counted: Mapping[str, float | None]) -> GoldenLine:
    value = counted.get(figure.figure)
    return GoldenLine(figure.figure, figure.label, figure.published, value, _agrees(figure, value))


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
