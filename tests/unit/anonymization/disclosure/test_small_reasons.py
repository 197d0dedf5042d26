"""Published coverage tells no small count, and loses no record."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from anonymization.disclosure.small_reasons import TOGETHER, merge_small_reasons

reasons = st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(0, 12), min_size=1)


def _frame(counts):
    return pd.DataFrame(
        [("cases", "excluded", reason, records) for reason, records in counts.items()],
        columns=["table_name", "outcome", "reason", "records"],
    )


@given(reasons)
def test_no_small_reason_stands_alone_unless_it_is_all_there_is(counts):
    merged = merge_small_reasons(_frame(counts), 5)
    assert merged["records"].sum() == sum(counts.values())
    small = merged[(merged["records"] > 0) & (merged["records"] < 5)]
    assert small.empty or (merged["records"] > 0).sum() == 1


@given(reasons)
def test_what_is_told_together_is_of_at_least_two_reasons(counts):
    merged = merge_small_reasons(_frame(counts), 5)
    if TOGETHER in set(merged["reason"]):
        present = [records for records in counts.values() if records]
        assert len(present) - (len(merged) - 1) >= 2


def test_large_reasons_stay_as_they_are():
    assert merge_small_reasons(_frame({"A": 170, "B": 5}), 5)["records"].tolist() == [170, 5]
