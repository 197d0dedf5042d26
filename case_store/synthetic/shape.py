"""What the synthetic deployment looks like: the profile's synthetic.yml, codes and places, ready for drawing."""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from case_store.errors import CaseStoreError
from case_store.profile import Profile
from case_store.published_figures import FILE as FIGURES_FILE
from case_store.synthetic.shape_file import FILE as SHAPE_FILE
from case_store.synthetic.shape_file import ShapeFile, read_shape_file, refuse_missing_columns
from case_store.synthetic.times import day_number

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Weights, days and code lists of one deployment; code numbers are places in `codes[dimension]`."""

    profile: Profile
    launch: int
    reference: int  # the day on which the published figures hold
    store_end: int
    language: str  # in which the source writes names of its own, such as those of its groups
    months: tuple[tuple[int, int], ...]  # first and last day of each month with registrations
    month_weights: Weights
    on_top: Mapping[str, float]
    counties: tuple[str, ...]
    county_weights: Weights
    ages: Weights
    family_sizes: Weights
    codes: Mapping[str, tuple[str, ...]]
    shares: Mapping[str, Weights]  # along codes[dimension], then one more for a missing value
    published: Mapping[str, float]
    keys: ShapeFile

    def target(self, figure: str, children: int) -> int:
        """A published count, scaled from the published number of children to `children`."""
        return round(self.figure(figure) / self.figure("registered") * children)

    def figure(self, name: str) -> float:
        """A published figure. `CaseStoreError` when there is none, since synthetic children are made to meet it."""
        if name not in self.published:
            raise CaseStoreError(
                f"{FIGURES_FILE}: the figure {name} is missing, and synthetic children are made to meet it; given are "
                f"{', '.join(self.published) or 'none'}. Give it there, or under figures in {SHAPE_FILE}."
            )
        return self.published[name]

    def code(self, dimension: str, code: str) -> int:
        """The number of a source code in its dimension."""
        if code not in self.codes.get(dimension, ()):
            raise CaseStoreError(
                f"codes.csv: the dimension {dimension} has no code {code}, which synthetic children are made with; put "
                "it back."
            )
        return self.codes[dimension].index(code)

    def with_role(self, dimension: str, role: str) -> int:
        """The number of the first source code whose concept has this role."""
        return self.numbers_with_role(dimension, role)[0]

    def numbers_with_role(self, dimension: str, *roles: str) -> list[int]:
        """The numbers of the source codes whose concept has one of these roles; `CaseStoreError` when there is none."""
        concepts = [concept for role in roles for concept in self.profile.roles.get((dimension, role), ())]
        rows = self.profile.codes.select(["dimension", "code", "concept"]).to_pylist()
        found = [row["code"] for row in rows if row["dimension"] == dimension and row["concept"] in concepts]
        if not found:
            raise CaseStoreError(
                f"codes.csv: no code of {dimension} means a concept with the role {' or '.join(roles)}, and synthetic "
                "children are made with it; add one."
            )
        return [self.code(dimension, code) for code in dict.fromkeys(found)]

    def asks(self, column: str) -> bool:
        """Whether the forms ask this column of the case."""
        return f"case.{column}" not in self.profile.absent_columns

    def draw(self, rng: np.random.Generator, dimension: str, size: int) -> npt.NDArray[np.int32]:
        """Code numbers drawn by the dimension's shares; -1 is a missing value."""
        return draw(rng, self.shares[dimension], size, len(self.codes[dimension]))


def draw(rng: np.random.Generator, weights: Weights, size: int, missing: int | None = None) -> npt.NDArray[np.int32]:
    """Category numbers drawn by weight; the category `missing`, if given, becomes -1."""
    cumulative = np.cumsum(weights) / np.sum(weights)
    numbers = np.searchsorted(cumulative, rng.random(size), side="right").astype(np.int32)
    return numbers if missing is None else np.where(numbers == missing, -1, numbers).astype(np.int32)


def load_shape(profile: Profile) -> Shape:
    """The shape of `profile`; `CaseStoreError` when its synthetic.yml is missing or wrong, naming file and key."""
    keys, codes = read_shape_file(profile), _codes(profile)
    refuse_missing_columns(profile)
    return Shape(
        profile=profile,
        launch=day_number(profile.launch_date),
        reference=day_number(keys.reference_day),
        store_end=day_number(keys.store_end),
        language=keys.language,
        months=tuple(_month(name, profile.launch_date) for name in keys.registrations),
        month_weights=np.array(list(keys.registrations.values()), float),
        on_top=keys.on_top.model_dump(),
        counties=tuple(keys.counties),
        county_weights=np.array(list(keys.counties.values()), float),
        ages=np.array(keys.ages, float),
        family_sizes=np.array(keys.family_sizes, float),
        codes=codes,
        shares=_shares(keys, codes),
        published=_figures(profile, keys),
        keys=keys,
    )


def _codes(profile: Profile) -> dict[str, tuple[str, ...]]:
    codes: dict[str, dict[str, None]] = {}
    for row in profile.codes.to_pylist():
        codes.setdefault(row["dimension"], {})[row["code"]] = None
    return {dimension: tuple(listed) for dimension, listed in codes.items()} | {"sex": _sexes(profile, codes["sex"])}


def _sexes(profile: Profile, codes: Iterable[str]) -> tuple[str, ...]:
    """The codes of boys and of girls, then any others: the plan numbers them so."""
    rows = profile.codes.select(["dimension", "code", "concept"]).to_pylist()
    concept = {row["code"]: row["concept"] for row in rows if row["dimension"] == "sex"}
    order = [*profile.roles["sex", "male"], *profile.roles["sex", "female"]]
    return tuple(sorted(codes, key=lambda code: order.index(concept[code]) if concept[code] in order else len(order)))


def _month(name: str, launch: dt.date) -> tuple[int, int]:
    year, month = int(name[:4]), int(name[5:])
    last = dt.date(year, month, calendar.monthrange(year, month)[1])
    return day_number(max(dt.date(year, month, 1), launch)), day_number(last)


def _shares(keys: ShapeFile, codes: Mapping[str, tuple[str, ...]]) -> dict[str, Weights]:
    return {
        name: np.array([float(given.get(code, 0)) for code in (*codes[name], "_U")])
        for name, given in keys.shares.items()
    }


def _figures(profile: Profile, keys: ShapeFile) -> dict[str, float]:
    """The published figures; of a deployment that has published none, those of synthetic.yml."""
    if profile.published_figures or keys.figures is None:
        return {figure.figure: figure.published for figure in profile.published_figures}
    return keys.figures.model_dump()
