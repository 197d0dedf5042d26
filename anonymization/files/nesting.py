"""Dimensions that look like levels of one another, which a model that crosses them cannot know."""

from itertools import permutations

import pandas as pd

from anonymization.tables.specification import TableSet


def nested_dimensions(counts: pd.DataFrame, table_set: TableSet) -> list[str]:
    """A sentence for each dimension of which every code lies within one code of another; `counts`: finest combinations.

    Whoever knows which county is in which region knows more than tables crossed over both say, so the audit would see
    too little. It is a guess from the counts, so nothing is refused.
    """
    names = table_set.dimension_names
    pairs = [pair for pair in permutations(names, 2) if _lies_within(counts, *pair)]
    return [
        f"Every code of {fine} lies within one code of {coarse}: if {coarse} groups {fine}, make it a level of {fine} "
        "in the SPEC, or the audit does not know what a reader knows."
        for fine, coarse in pairs
    ]


def _lies_within(counts: pd.DataFrame, fine: str, coarse: str) -> bool:
    together = counts[[fine, coarse]].drop_duplicates()
    several = together[coarse].nunique() > 1
    return several and len(together) == together[fine].nunique() > together[coarse].nunique()
