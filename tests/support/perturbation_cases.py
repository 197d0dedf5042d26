"""Small linked tables of SYNTHETIC children for the tests of rounding and noise: area (two levels), sex, care."""

from itertools import product

import pandas as pd

from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from tests.bench.make_microdata import make_microdata

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
AREA = Dimension("area", {"COUNTY": {c: c for c in ("C1", "C2", "C3")}, "REGION": {"C1": "R1", "C2": "R1", "C3": "R2"}})
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
CARE = Dimension("care", {"CARE": {"SEP": "SEP", "UNACC": "UNACC"}})
WHOLE_AREA = ("TOTAL", "REGION", "COUNTY")
BY_SEX = Table("by_sex", "children", (AREA, SEX), ({"area": WHOLE_AREA, "sex": ("TOTAL", "SEX")},))
BY_CARE = Table("by_care", "children", (AREA, CARE), ({"area": WHOLE_AREA, "care": ("TOTAL", "CARE")},))
COMBINATIONS = list(product(AREA.leaves, SEX.leaves, CARE.leaves))


def linked(counts: list[int]) -> Release:
    """Two tables that share the areas, from a count for each of the twelve combinations."""
    children = pd.DataFrame(COMBINATIONS, columns=["area", "sex", "care"]).assign(count=counts)
    return Release(TableSet((BY_SEX, BY_CARE)), {"children": children})


def one_table(counts: list[int]) -> Release:
    """Area by sex, from a count for each of the six combinations."""
    children = pd.DataFrame(list(product(AREA.leaves, SEX.leaves)), columns=["area", "sex"]).assign(count=counts)
    return Release(TableSet((BY_SEX,)), {"children": children})


def bench_table(seed: int) -> Release:
    """J1: county x age group x sex, all margins."""
    children = make_microdata(seed=seed)
    names = ["county", "age_group", "sex"]
    dimensions = tuple(Dimension(n, {"LEAF": {code: code for code in sorted(children[n].unique())}}) for n in names)
    table = Table("J1", "children", dimensions, (dict.fromkeys(names, ("TOTAL", "LEAF")),))
    counts = children.groupby(names, as_index=False).size().rename(columns={"size": "count"})
    return Release(TableSet((table,)), {"children": counts})


def by_row(rows: pd.DataFrame, counts: object) -> dict[tuple[str, ...], int]:
    """The count of every published row by its table and codes. `counts`: by distinct cell."""
    names = [name for name in rows.columns if name not in ("grouping", "cell")]
    found = rows.assign(count=counts[rows["cell"].to_numpy()])
    return {tuple(row[:-1]): int(row[-1]) for row in found[[*names, "count"]].itertuples(index=False)}


def broken_sums(rows: pd.DataFrame, counts: object) -> list[tuple[str, ...]]:
    """Rows that are not the sum of their finer rows, read from the codes alone; empty when all sums hold."""
    shown = by_row(rows, counts)
    finer = {"area": {"_T": ("R1", "R2"), "R1": ("C1", "C2"), "R2": ("C3",)}, "sex": {"_T": SEX.leaves}}
    finer["care"] = {"_T": CARE.leaves}
    names = [name for name in rows.columns if name not in ("grouping", "cell", "table_id")]
    broken = []
    for key, count in shown.items():
        for place, name in enumerate(names, start=1):
            parts = [(*key[:place], code, *key[place + 1 :]) for code in finer[name].get(key[place], ())]
            if parts and all(part in shown for part in parts) and sum(shown[part] for part in parts) != count:
                broken.append(key)
    return broken
