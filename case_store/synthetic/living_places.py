"""Where children live and which authority owns their cases: draws from the profile's places and groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from case_store.synthetic.shape import Shape

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Places:
    """Location codes and groups by number, and the county (place in `Shape.counties`, -1 none) of each."""

    locations: tuple[str, ...]
    location_county: Numbers
    groups: tuple[str, ...]
    group_county: Numbers
    agencies: tuple[str, ...]  # the unique id of the authority whose staff form each group

    def draw_location(self, rng: np.random.Generator, county: Numbers) -> Numbers:
        """A location in each county: the county itself for a third, else a place or sector inside."""
        whole = self._first(self.location_county, county)
        inside = whole + 1 + np.floor(rng.random(len(county)) * (self._count(self.location_county, county) - 1))
        return np.where(rng.random(len(county)) < 0.35, whole, inside).astype(np.int32)

    def draw_group(self, rng: np.random.Generator, county: Numbers) -> Numbers:
        """A group of each county."""
        step = np.floor(rng.random(len(county)) * self._count(self.group_county, county))
        return (self._first(self.group_county, county) + step).astype(np.int32)

    @staticmethod
    def _first(of_county: Numbers, county: Numbers) -> Numbers:
        first = np.array([np.argmax(of_county == number) for number in range(of_county.max() + 1)])
        return first[county].astype(np.int32)

    @staticmethod
    def _count(of_county: Numbers, county: Numbers) -> Numbers:
        return np.bincount(of_county[of_county >= 0])[county].astype(np.int32)


def load_places(shape: Shape) -> Places:
    """The profile's locations and groups, ordered by county, the country first."""
    number = {county: place for place, county in enumerate(shape.counties)}
    locations = _by_county(shape.profile.table("locations").to_pylist(), "location_code", number)
    groups = _by_county(shape.profile.table("groups").to_pylist(), "group_id", number)
    agency = {row["group_id"]: row["agency"] for row in shape.profile.table("groups").to_pylist()}
    return Places(locations[0], locations[1], groups[0], groups[1], tuple(agency[group] for group in groups[0]))


def _by_county(rows: list[dict[str, str]], key: str, number: dict[str, int]) -> tuple[tuple[str, ...], Numbers]:
    ordered = sorted(rows, key=lambda row: (number.get(row["county"], -1), int(row.get("admin_level", 0)), row[key]))
    counties = np.array([number.get(row["county"], -1) for row in ordered], np.int32)
    return tuple(row[key] for row in ordered), counties
