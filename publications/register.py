"""The register of releases: which vintages and renderings there are, read from the folders themselves.

`<drafts>/<quarter>/<name>/` and `<publications>/<quarter>/<name>/`. A vintage is its cells and their definitions, and
is called v1, v2; its files are a rendering of it. The first rendering has the vintage's name; those that are re-issued
in other words are called v1-r2, v1-r3, and lie beside it.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from publications.edition import NAME, QUARTER, check_name


class State(StrEnum):
    """Where a rendering stands. Approval publishes at once: what was approved cannot change before it is public."""

    DRAFT = "draft"
    PUBLISHED = "published"


NEXT_STATES: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.DRAFT, State.PUBLISHED),  # a draft may be written again until it is approved
    State.PUBLISHED: (),
}


@dataclass(frozen=True)
class Vintage:
    """One entry of the register: one rendering of one vintage of a quarter, such as v1 or v1-r2."""

    quarter: str
    name: str
    state: State
    path: Path

    @property
    def label(self) -> str:
        """Quarter and name, as messages and the ledger give them."""
        return f"{self.quarter} {self.name}"

    @property
    def vintage(self) -> str:
        """The vintage that it is a rendering of, such as v1."""
        return self.name.partition("-")[0]

    @property
    def rendering(self) -> int:
        """Its number among the renderings of the vintage, from 1."""
        return _numbers(self.name)[1]


def register(drafts: Path, publications: Path, quarter: str) -> list[Vintage]:
    """Return the renderings of a quarter, oldest first. One that is both draft and publication is published."""
    check_name(QUARTER, quarter, "2023-Q4")
    found = {name: Vintage(quarter, name, State.DRAFT, drafts / quarter / name) for name in _names(drafts / quarter)}
    for name in _names(publications / quarter):
        found[name] = Vintage(quarter, name, State.PUBLISHED, publications / quarter / name)
    return sorted(found.values(), key=lambda vintage: _numbers(vintage.name))


def registered_quarters(drafts: Path, publications: Path) -> list[str]:
    """Return every quarter of which there is a draft or a publication, oldest first."""
    return sorted({path.name for root in (drafts, publications) for path in root.glob("*-Q*") if _is_quarter(path)})


def latest_rendering(publications: Path, quarter: str, vintage: str) -> Vintage | None:
    """Return the newest published rendering of a vintage; None if it was never published."""
    ours = [one for one in register(publications, publications, quarter) if one.vintage == vintage]
    return ours[-1] if ours else None


def name_of_rendering(vintage: str, number: int) -> str:
    """Return the name of a vintage's nth rendering.

    >>> [name_of_rendering("v1", number) for number in (1, 2)]
    ['v1', 'v1-r2']
    """
    return vintage if number == 1 else f"{vintage}-r{number}"


def _is_quarter(path: Path) -> bool:
    return QUARTER.fullmatch(path.name) is not None and path.is_dir()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("v*") if NAME.fullmatch(path.name) and path.is_dir()]


def _numbers(name: str) -> tuple[int, int]:
    vintage, _, rendering = name.partition("-r")
    return int(vintage.removeprefix("v")), int(rendering or 1)
