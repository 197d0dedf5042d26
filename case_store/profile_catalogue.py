"""The catalogue of a profile: its dimensions, their classifications and levels, its areas, ages and languages.

`case_store/dimensions.csv` and `age_systems.csv` hold what every deployment has; a profile may bring a file of the same
name with rows of its own. Everything is given out as `ref_*` tables, which travel with the snapshot into the marts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path

import pyarrow as pa

from case_store.errors import CaseStoreError
from case_store.profile_labels import PUBLISHED, Labels, label_rows, read_labels, refuse_unlabelled
from configuration.file import ConfigurationFile

SHARED = Path(__file__).parent
TOTAL, UNKNOWN, ADULTS = "_T", "_U", "Y_GE18"
WHOLE = "TOTAL"  # the level of one cell, in every classification but that of areas
OF_EVERY_AGE_SYSTEM = "age"  # the classification of the codes that each age system has: total, adults, unknown
SINGLE_YEARS = "single"
Row = Mapping[str, str]


@dataclass(frozen=True)
class Catalogue:
    """The rows of one profile's catalogue, each checked against the others. `concepts`: dimension -> codes in order."""

    folder: Traversable
    languages: tuple[str, ...]
    headline_ages: str
    concepts: Mapping[str, Sequence[str]]
    shared: Traversable = SHARED

    @cached_property
    def dimensions(self) -> tuple[Row, ...]:
        """dimension, classification (of age: the headline system), ordered (yes or no), sdmx_concept."""
        columns = ("dimension", "classification", "ordered", "sdmx_concept")
        rows = self._rows("dimensions.csv", columns, ("dimension", "ordered", "sdmx_concept"), ("dimension",))
        return tuple({**row, "classification": row["classification"] or self.headline_ages} for row in rows)

    @cached_property
    def age_bands(self) -> tuple[Row, ...]:
        """age_system, age_band, age_from, age_to: completed years, both included."""
        columns = ("age_system", "age_band", "age_from", "age_to")
        rows = self._rows("age_systems.csv", columns, columns, ("age_system", "age_band"))
        for row in rows:
            if not (
                row["age_from"].isdigit() and row["age_to"].isdigit() and int(row["age_from"]) <= int(row["age_to"])
            ):
                raise CaseStoreError(
                    f"age_systems.csv: '{row['age_system']}/{row['age_band']}' must reach from one age in completed "
                    "years to the same or a later one."
                )
        return tuple(rows)

    @property
    def age_systems(self) -> tuple[str, ...]:
        """The age systems, in the order of the files."""
        return tuple(dict.fromkeys(row["age_system"] for row in self.age_bands))

    @cached_property
    def area_levels(self) -> tuple[Row, ...]:
        """level, code_list, coordinated, published (yes or empty); the whole first, the finest last."""
        columns = ("level", "code_list", "coordinated", "published")
        file = self._file("area_levels.csv")
        rows = file.rows(columns, ("level",))
        for row in rows:
            for column in ("coordinated", "published"):
                if row[column] not in ("yes", ""):
                    raise file.wrong(f"{row['level']}: {column} is {row[column]!r}; write yes, or leave it empty.")
        _refuse_repeats(file, rows, ("level",))
        if len([row for row in rows if row["coordinated"]]) != 1:
            raise file.wrong("exactly one level must have coordinated: yes, the one at which coordinators work.")
        if rows[0]["coordinated"]:
            raise file.wrong(
                f"coordinators must work at a level below {rows[0]['level']}, the whole, which has readers of its own; "
                "write coordinated: yes at one of those."
            )
        return tuple(rows)

    @cached_property
    def areas(self) -> tuple[Row, ...]:
        """area, level, parent, iso_3166_2: the whole first, then level by level, by code."""
        file = self._file("areas.csv")
        rows = file.rows(("area", "level", "parent", "iso_3166_2"), ("area", "level"))
        _refuse_repeats(file, rows, ("area",))
        levels = [row["level"] for row in self.area_levels]
        level_of = {row["area"]: row["level"] for row in rows}
        for row in rows:
            if row["level"] not in levels:
                raise file.wrong(
                    f"{row['area']}: {row['level']} is not a level of area_levels.csv: {', '.join(levels)}."
                )
            place = levels.index(row["level"])
            above = levels[place - 1] if place else None
            if level_of.get(row["parent"]) != above:
                wanted = f"an area of the level {above}" if above else "empty, since nothing is above it"
                raise file.wrong(f"{row['area']}: parent is {row['parent']!r}, and must be {wanted}.")
        if [row["level"] for row in rows].count(levels[0]) != 1:
            raise file.wrong(f"exactly one area must be of the level {levels[0]}, the whole.")
        return tuple(sorted(rows, key=lambda row: (levels.index(row["level"]), row["area"])))

    @property
    def coordinated_areas(self) -> tuple[str, ...]:
        """The areas at which coordinators work: each has readers of its own."""
        level = next(row["level"] for row in self.area_levels if row["coordinated"])
        return tuple(row["area"] for row in self.areas if row["level"] == level)

    @property
    def leaf_areas(self) -> tuple[str, ...]:
        """The areas of the finest level: what a place or a group of the profile belongs to."""
        finest = self.area_levels[-1]["level"]
        return tuple(row["area"] for row in self.areas if row["level"] == finest)

    @cached_property
    def labels(self) -> Labels:
        """The published labels: every code, area, level and dimension in every language."""
        labels = read_labels(self.folder, PUBLISHED, self.languages)
        refuse_unlabelled(self.folder, PUBLISHED, labels, self._named())
        return labels

    def tables(self) -> dict[str, pa.Table]:
        """The catalogue's `ref_*` tables; CaseStoreError names the file and the row at fault."""
        self._check()
        levels = list(self._levels())
        codes = list(self._level_codes())
        return {
            "ref_languages": _table(["language", "rank:i"], enumerated(self.languages)),
            "ref_dimensions": _table(
                ["dimension", "classification", "is_ordered:b", "sdmx_concept", "sort_order:i"],
                [
                    (row["dimension"], row["classification"], row["ordered"] == "yes", row["sdmx_concept"], place)
                    for place, row in enumerate(self.dimensions, start=1)
                ],
            ),
            "ref_levels": _table(
                ["classification", "level", "rank:i", "is_whole:b", "is_coordinated:b", "is_published:b", "code_list"],
                levels,
            ),
            "ref_level_codes": _table(["classification", "level", "leaf", "code", "sort_order:i"], codes),
            "ref_areas": _table(
                ["area", "area_level", "parent_area", "iso_3166_2", "sort_order:i"],
                [
                    (row["area"], row["level"], row["parent"] or None, row["iso_3166_2"] or None, place)
                    for place, row in enumerate(self.areas, start=1)
                ],
            ),
            "ref_age_bands": _table(
                ["age_system", "age_band", "age_from:i", "age_to:i"],
                [(r["age_system"], r["age_band"], int(r["age_from"]), int(r["age_to"])) for r in self.age_bands],
            ),
            "ref_labels": label_rows(self.labels, dict.fromkeys(self.age_systems, OF_EVERY_AGE_SYSTEM)),
        }

    def _check(self) -> None:
        if self.headline_ages not in self.age_systems:
            raise CaseStoreError(
                f"profile.yml: 'headline_ages' is {self.headline_ages!r}, which is not an age system; known: "
                f"{', '.join(self.age_systems)}."
            )
        for row in self.dimensions:
            if row["ordered"] not in ("yes", "no"):
                raise CaseStoreError(
                    f"dimensions.csv: {row['dimension']}: ordered is {row['ordered']!r}; write yes or no."
                )
        self._check_ages()

    def _check_ages(self) -> None:
        years = [int(row["age_from"]) for row in self.age_bands if row["age_system"] == SINGLE_YEARS]
        for system in self.age_systems:
            ages = [
                age
                for row in self.age_bands
                if row["age_system"] == system
                for age in range(int(row["age_from"]), int(row["age_to"]) + 1)
            ]
            if sorted(ages) != sorted(years):
                raise CaseStoreError(
                    f"age_systems.csv: the bands of '{system}' must hold each year of age of '{SINGLE_YEARS}' once."
                )

    def _levels(self) -> Iterator[tuple[str, str, int, bool, bool, bool, str | None]]:
        for rank, row in enumerate(self.area_levels):
            coordinated, published = row["coordinated"] == "yes", row["published"] == "yes"
            yield "area", row["level"], rank, rank == 0, coordinated, published, row["code_list"] or None
        for classification in (*self.age_systems, *self.concepts):
            yield classification, WHOLE, 0, True, False, True, None
            yield classification, classification.upper(), 1, False, False, True, None

    def _level_codes(self) -> Iterator[tuple[str, str, str, str, int]]:
        """Of each level but the whole: which code a leaf falls into, in the order of the leaves."""
        for level in [row["level"] for row in self.area_levels[1:]]:
            for place, leaf in enumerate(self.leaf_areas, start=1):
                yield "area", level, leaf, self._area_above(leaf, level), place
            yield "area", level, UNKNOWN, UNKNOWN, len(self.leaf_areas) + 1
        years = [row for row in self.age_bands if row["age_system"] == SINGLE_YEARS]
        for system in self.age_systems:
            for year in years:
                age = int(year["age_from"])
                yield system, system.upper(), year["age_band"], self._band(system, age), age
            for leaf in (ADULTS, UNKNOWN):
                yield system, system.upper(), leaf, leaf, 99
        for dimension, concepts in self.concepts.items():
            for place, concept in enumerate([c for c in concepts if c != TOTAL], start=1):
                yield dimension, dimension.upper(), concept, concept, place

    def _area_above(self, leaf: str, level: str) -> str:
        area = next(row for row in self.areas if row["area"] == leaf)
        return leaf if area["level"] == level else self._area_above(area["parent"], level)

    def _band(self, system: str, age: int) -> str:
        bands = [row for row in self.age_bands if row["age_system"] == system]
        return next(row["age_band"] for row in bands if int(row["age_from"]) <= age <= int(row["age_to"]))

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from (("dimension", row["dimension"]) for row in self.dimensions)
        yield from (("area_level", row["level"]) for row in self.area_levels)
        yield from (("area", area) for area in (*(row["area"] for row in self.areas), UNKNOWN))
        yield from ((row["age_system"], row["age_band"]) for row in self.age_bands)
        yield from ((OF_EVERY_AGE_SYSTEM, code) for code in (TOTAL, ADULTS, UNKNOWN))
        yield from ((dimension, code) for dimension, codes in self.concepts.items() for code in codes)

    def _rows(
        self, name: str, columns: Sequence[str], filled: Sequence[str], key: Sequence[str]
    ) -> list[dict[str, str]]:
        """The rows that every deployment has, then the profile's own."""
        shared = ConfigurationFile(self.shared / name, CaseStoreError)
        rows = shared.rows(columns, filled)
        if (self.folder / name).is_file():
            rows += self._file(name).rows(columns, filled)
        _refuse_repeats(shared, rows, key)
        return rows

    def _file(self, name: str) -> ConfigurationFile:
        return ConfigurationFile(self.folder / name, CaseStoreError, f"{self.folder.name}/{name}")


def enumerated(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each name with its place, from 1."""
    return [(name, place) for place, name in enumerate(names, start=1)]


def _refuse_repeats(file: ConfigurationFile, rows: Sequence[Row], key: Sequence[str]) -> None:
    names = ["/".join(row[column] for column in key) for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise file.wrong(f"'{name}' is listed twice; take one out.")


_TYPES = {"i": pa.int32(), "b": pa.bool_(), "": pa.string()}


def _table(columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """`columns`: names, with `:i` for whole numbers and `:b` for true or false."""
    named = [column.partition(":")[::2] for column in columns]
    values = list(zip(*rows, strict=True)) or [()] * len(named)
    return pa.table({name: pa.array(values[place], _TYPES[kind]) for place, (name, kind) in enumerate(named)})
