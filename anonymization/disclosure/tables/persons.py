"""True counts of the kinds of persons: codes say only how many, so who is who is decided along the relations' tree.

As many as can stay from one population to the next do stay, so the fewest are removed or changed: those are the numbers
that our published figures are rounded up from.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.finding_kinds import is_allowed, reserved
from anonymization.disclosure.tables.kinds import Kind, Kinds, name_of

Line = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows, and from where to where each stands, one after the other


def counts_of_kinds(kinds: Kinds, counts: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The counts of every kind that has atoms, by its name, as a release gives those of populations."""
    persons: dict[Kind, pd.DataFrame] = {}
    done: set[str] = set()
    for name, tied in kinds.order:
        came = reserved(name, tied, kinds.relations, done)
        done.add(name)
        shared = [d for d in kinds.dimensions[name] if tied and d in kinds.dimensions[tied]]
        fitting = [kind for kind in persons if tied in kind and is_allowed(kind | {name}, kinds.relations, done)]
        before = [persons.pop(kind) for kind in fitting]
        new = counts[name][counts[name]["count"] > 0]
        for place, is_new, frame in _matched(before, new, shared, counts[came] if came else new[:0]):
            kind = (fitting[place] if place >= 0 else frozenset()) | ({name} if is_new else frozenset())
            persons[kind] = pd.concat([persons[kind], frame]) if kind in persons else frame
    return {name_of(kind): _summed(persons.get(kind), kinds.dimensions_of(kind)) for kind in kinds.with_atoms}


def _summed(persons: pd.DataFrame | None, dimensions: tuple[str, ...]) -> pd.DataFrame:
    if persons is None:
        return pd.DataFrame(columns=[*dimensions, "count"]).astype({"count": np.int64})
    if not dimensions:
        return pd.DataFrame({"count": [persons["count"].sum()]})
    return persons.groupby(list(dimensions), observed=True)["count"].sum().reset_index()


def _matched(
    before: list[pd.DataFrame], new: pd.DataFrame, shared: list[str], came: pd.DataFrame
) -> list[tuple[int, bool, pd.DataFrame]]:
    """Persons so far and those of another population: as many as their shared codes allow are the same.

    Of each part: the frame of `before` it comes from or -1, whether the new population counts it, codes and counts.
    """
    old = pd.concat([frame.assign(frame=n, row=range(len(frame))) for n, frame in enumerate([*before, new[:0]])])
    first, second, size = _overlaps(old, new, shared, came)
    frame_of = np.append(old["frame"].to_numpy(dtype=np.int64), -1)[first]  # a row of -1 is none
    row_of = np.append(old["row"].to_numpy(dtype=np.int64), -1)[first]
    found = []
    for place, is_new in sorted(set(zip(frame_of.tolist(), (second >= 0).tolist(), strict=True)) - {(-1, False)}):
        part = (frame_of == place) & ((second >= 0) == is_new)
        sides = [before[place].iloc[row_of[part]]] if place >= 0 else []
        sides += [new.iloc[second[part]]] if is_new else []
        codes = pd.concat([side.reset_index(drop=True) for side in sides], axis=1)
        found.append((place, is_new, codes.loc[:, ~codes.columns.duplicated()].assign(count=size[part])))
    return found


def _overlaps(
    old: pd.DataFrame, new: pd.DataFrame, shared: list[str], came: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of both that count the same persons, -1 for none, and how many.

    Of each combination of the shared codes the old ones stand in a line, and the new ones in a line beside it. Those
    who `came` now are the same as nobody, so as many of the new ones stand before the mark where the old ones begin.
    """
    frames = [old, new, came]
    codes = pd.concat([frame[shared] for frame in frames])
    numbers = codes.groupby(shared, observed=True).ngroup().to_numpy() if shared else np.zeros(len(codes), dtype=int)
    groups = np.split(numbers, np.cumsum([len(frame) for frame in frames])[:-1])
    counts = [frame["count"].to_numpy(dtype=np.int64) for frame in frames]
    totals = np.zeros((3, int(numbers.max(initial=-1)) + 1), dtype=np.int64)
    for total, group, count in zip(totals, groups, counts, strict=True):
        np.add.at(total, group, count)
    room = totals.sum(axis=0)
    start = np.cumsum(room) - room
    lines = _line(groups[0], counts[0], start + totals[2]), _line(groups[1], counts[1], start)
    points = np.unique(np.concatenate([ends for line in lines for ends in line[1:]]))
    first, second = (_at(line, points[:-1]) for line in lines)
    return first, second, np.diff(points)


def _line(group: np.ndarray, counts: np.ndarray, start: np.ndarray) -> Line:
    rows = np.argsort(group, kind="stable")
    group, ends = group[rows], np.cumsum(counts[rows])
    begins = ends - counts[rows]
    shift = start[group] - begins[np.searchsorted(group, group)]
    return rows, begins + shift, ends + shift


def _at(line: Line, points: np.ndarray) -> np.ndarray:
    """The row that stands at each point, -1 for none."""
    rows, begins, ends = line
    place = np.searchsorted(begins, points, "right") - 1
    is_inside = (place >= 0) & (points < np.append(ends, 0)[place])
    return np.where(is_inside, np.append(rows, -1)[place], -1)
