"""For any tables: the advisor's lines add up, and its small counts are those that plain Python finds."""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.advice.estimate import estimate
from anonymization.disclosure.advice.lines import lines_of
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule

RULE = ThresholdRule(5, 4, "zeros_published")


@st.composite
def dimensions(draw: st.DrawFn, name: str) -> Dimension:
    leaves = [f"{name}{number}" for number in range(draw(st.integers(1, 4)))]
    levels = {"LEAF": {leaf: leaf for leaf in leaves}}
    for level in draw(st.sets(st.sampled_from(["one", "two"]))):
        groups = [draw(st.integers(0, 1)) for _ in leaves]
        members = {g: "+".join(leaf for leaf, own in zip(leaves, groups, strict=True) if own == g) for g in groups}
        # a group is named by its members, so one code can stand at two levels, as `_U` does
        levels[level] = {leaf: members[group] for leaf, group in zip(leaves, groups, strict=True)}
    return Dimension(name, levels)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    known = [draw(dimensions(name)) for name in "abc"]
    tables = [_table(draw, f"t{number}", known) for number in range(draw(st.integers(1, 2)))]
    used = {dimension.name for table in tables for dimension in table.dimensions}
    leaves = [dimension.leaves for dimension in known if dimension.name in used]
    rows = list(product(*leaves))
    counts = draw(st.lists(st.integers(0, 9), min_size=len(rows), max_size=len(rows)))
    frame = pd.DataFrame(rows, columns=[d.name for d in known if d.name in used]).assign(count=counts)
    return Release(TableSet(tuple(tables)), {"children": frame})


def _table(draw: st.DrawFn, table_id: str, known: list[Dimension]) -> Table:
    own = [d for d in known if draw(st.booleans())] or known[:1]
    levels = {d.name: st.lists(st.sampled_from([TOTAL_LEVEL, *d.levels]), min_size=1, unique=True) for d in own}
    margins = draw(st.lists(st.fixed_dictionaries(levels), min_size=1, max_size=2))
    return Table(
        table_id, "children", tuple(own), tuple({n: tuple(ls) for n, ls in margin.items()} for margin in margins)
    )


@given(releases())
@settings(max_examples=150)
def test_lines_add_up_and_small_counts_are_exact(release: Release) -> None:
    model = build_model(release.table_set)
    counts, lines = model.cells @ model.tabulate(release), lines_of(model)
    parts = np.zeros(len(lines), dtype=np.int64)
    np.add.at(parts, lines.line, counts[lines.part])
    assert (parts == counts[lines.total]).all()
    found = estimate(release, RULE)
    plain = _plainly(release)
    assert (found.cells, found.nonzero) == (len(plain), sum(count > 0 for count in plain.values()))
    assert found.primary == sum(0 < count < 5 for count in plain.values())
    assert found.primary + found.secondary <= found.nonzero


def _plainly(release: Release) -> dict[frozenset[int], int]:
    """The count of every set of leaf combinations that some cell shows."""
    frame = release.counts["children"]
    cells: dict[frozenset[int], int] = {}
    for table in release.table_set.tables:
        for grouping in table.groupings:
            pairs = list(zip(table.dimensions, grouping, strict=True))
            for label in table.labels(grouping):
                rows = frame.index[
                    [
                        all(d.code(row[d.name], level) == code for (d, level), code in zip(pairs, label, strict=True))
                        for row in frame.to_dict("records")
                    ]
                ]
                cells[frozenset(rows)] = int(frame.loc[rows, "count"].sum())
    return cells
