"""Coverage is published with every release, so its small counts are protected too: small reasons are combined."""

import pandas as pd

TOGETHER = "SEVERAL_REASONS"


def merge_small_reasons(coverage: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Joins reasons of fewer than `threshold` records into one line an outcome, itself of at least `threshold`.

    In and out: table_name, outcome, reason, records; sums per table and outcome stay. An outcome that has fewer than
    `threshold` records in all stays one line, for its total follows from the others anyway.

    >>> told = {"table_name": "cases", "outcome": "excluded", "reason": ["A", "B", "C"], "records": [9, 2, 6]}
    >>> merge_small_reasons(pd.DataFrame(told), 5)[["reason", "records"]].values.tolist()
    [['A', 9], ['SEVERAL_REASONS', 8]]
    """
    parts = [_merged(part, threshold) for _, part in coverage.groupby(["table_name", "outcome"], sort=True)]
    return pd.concat(parts, ignore_index=True)


def _merged(part: pd.DataFrame, threshold: int) -> pd.DataFrame:
    told = part[part["records"] > 0].sort_values(["records", "reason"])
    small = int((told["records"] < threshold).sum())
    while 0 < small < len(told) and (small < 2 or told["records"].iloc[:small].sum() < threshold):
        small += 1
    if small < 2:
        return part
    together = told.iloc[[0]].assign(reason=TOGETHER, records=told["records"].iloc[:small].sum())
    return pd.concat([told.iloc[small:].sort_values("reason"), together])
