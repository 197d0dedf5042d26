"""Fine cumulative tables cannot be released every quarter: the advisor finds it, and proposes what can be."""

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.advice.cumulative import FEW_DIFFERENCES, advise_on_cumulative
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

RULE = ThresholdRule(5, 4, "zeros_published")
COUNTIES = [f"c{number:02d}" for number in range(20)]
AREA = Dimension("area", {"COUNTY": {c: c for c in COUNTIES}, "REGION": {c: f"r{c[1]}" for c in COUNTIES}})
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
TABLES = TableSet(
    (Table("T", "children", (AREA, SEX), ({"area": (TOTAL_LEVEL, "COUNTY"), "sex": (TOTAL_LEVEL, "SEX")},)),)
)
LEAVES = [(county, sex) for county in COUNTIES for sex in "FM"]


def release(counts: np.ndarray) -> Release:
    frame = pd.DataFrame(LEAVES, columns=["area", "sex"]).assign(count=counts)
    return Release(TABLES, {"children": frame})


BEFORE = np.full(40, 30)


def test_small_differences_are_counted_as_by_hand() -> None:
    came = np.zeros(40, dtype=int)
    came[:6] = [3, 7, 0, 2, 4, 5]  # counties 10, 2, 9; girls 7, boys 14; all 21
    found = advise_on_cumulative(release(BEFORE), release(BEFORE + came), RULE)
    assert (found.differences.compared, found.differences.small) == (63, 4)  # 3, 2, 4 and the county with 2
    assert found.by_table == {"T": found.differences}
    assert not found.can_be_quarterly and "4 of 63 cells" in found.words[0]


def test_hidden_cells_are_not_compared() -> None:
    before = BEFORE.copy()
    before[0] = 3
    found = advise_on_cumulative(release(before), release(before + 10), RULE)
    assert found.differences.compared == 62 and found.differences.small == 0


def test_flows_stocks_and_coarser_areas_are_proposed() -> None:
    found = advise_on_cumulative(release(BEFORE), release(BEFORE + 1), RULE)
    words = " ".join(found.words)
    assert found.differences.small == 60
    assert "Release flows" in words and "release stocks" in words and "coarser cumulative tables" in words
    assert found.flows is not None and found.flows.is_too_fine
    regions = next(one for one in found.coarser if "REGION" in one.changes[0])
    assert regions.differences.small == 0 and regions.differences.compared == 9
    assert all(one.differences.small_share <= FEW_DIFFERENCES for one in found.coarser)


def test_when_counts_fell_no_flow_is_told() -> None:
    came = np.ones(40, dtype=int)
    came[7] = -2
    found = advise_on_cumulative(release(BEFORE), release(BEFORE + came), RULE)
    assert found.flows is None and any("state the removals" in sentence for sentence in found.words)


def test_coarse_enough_tables_get_one_sentence() -> None:
    found = advise_on_cumulative(release(BEFORE), release(BEFORE + 9), RULE)
    assert found.can_be_quarterly and len(found.words) == 1


def test_different_tables_are_refused() -> None:
    other = TableSet((Table("T", "children", (AREA, SEX), ({"area": ("COUNTY",)},)),))
    earlier = Release(other, release(BEFORE).counts)
    with pytest.raises(DisclosureError, match="different tables"):
        advise_on_cumulative(earlier, release(BEFORE), RULE)
