"""Promise: of a protected dimension with levels that do not nest, no intersection or difference of groups is narrowed.

The attacker enumerates all counts of the leaves that agree with what is shown, in plain Python, and subtracts groups.
All counts are synthetic.
"""

from itertools import combinations, product

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import protect
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

RULE = ThresholdRule(threshold=3, width=2, knowledge="zeros_published")
LEAVES = "pqrs"
WIDTH = RULE.threshold  # of a count that no table shows: it may be 0
FARTHEST = 12  # values of a leaf that the attacker looks at
Group = frozenset[str]


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """Four leaves, two or three levels that need not nest, and the total."""
    levels = {}
    for number in range(draw(st.integers(2, 3))):
        groups = draw(st.lists(st.sampled_from("12"), min_size=4, max_size=4))
        levels[f"L{number}"] = {leaf: f"L{number}{group}" for leaf, group in zip(LEAVES, groups, strict=True)}
    counts = draw(st.lists(st.sampled_from((0, 1, 2, 4, 7)), min_size=4, max_size=4))
    dimension = Dimension("region", {**levels, "LEAF": {leaf: leaf for leaf in LEAVES}})
    table = Table("T", "records", (dimension,), ({"region": ("TOTAL", *levels)},))
    return Release(TableSet((table,)), {"records": pd.DataFrame({"region": list(LEAVES), "count": counts})})


def shown_groups(release: Release) -> dict[str, Group]:
    dimension = release.table_set.tables[0].dimensions[0]
    codes = {"_T": frozenset(LEAVES)}
    for level, mapping in dimension.levels.items():
        if level != "LEAF":
            for leaf, code in mapping.items():
                codes[code] = codes.get(code, frozenset()) | {leaf}
    return codes


def followed(groups: set[Group]) -> set[Group]:
    """Intersections of groups, and differences of one that contains another, without the groups themselves."""
    met = set(groups)
    for _ in LEAVES:
        met |= {one & other for one, other in combinations(met, 2)}
    differences = {one - other for one, other in product(met, repeat=2) if other < one}
    return {group for group in met | differences if group} - groups


@settings(max_examples=25, deadline=None)
@given(releases())
def test_no_group_that_follows_is_small_and_narrow(release: Release) -> None:
    named = Named(intersections=("region",), differences=("region",))
    try:
        cells = protect(release, History(), RULE, Terms(quantities=named)).cells
    except DisclosureError:
        return  # nothing is shown
    groups = shown_groups(release)
    known = {groups[row.region]: row.count for row in cells.itertuples(index=False)}
    counts = dict(zip(LEAVES, release.counts["records"]["count"], strict=True))
    tables = [
        dict(zip(LEAVES, values, strict=True))
        for values in product(range(FARTHEST), repeat=4)
        if all(agrees(sum(values[LEAVES.index(leaf)] for leaf in group), told) for group, told in known.items())
    ]
    for group in followed(set(groups.values())):
        true = sum(counts[leaf] for leaf in group)
        if 0 < true < RULE.threshold:
            sums = [sum(table[leaf] for leaf in group) for table in tables]
            assert max(sums) - min(sums) >= WIDTH, sorted(group)


def agrees(count: int, told: object) -> bool:
    """A published count is what was told; a hidden one is not zero, since all zeros are shown."""
    return count > 0 if pd.isna(told) else count == told
