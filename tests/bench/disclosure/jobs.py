"""The three jobs of the disclosure benchmark, as releases of synthetic children, and the two rules they are held to.

J1: one table of county, age group and sex. J2: five linked tables, with regions. J3: one table of single years of age,
with regions and age groups, by sex, uasc and intention: far too fine on purpose. Every table has all its margins.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from tests.bench.make_microdata import (
    CASES_OF_COUNTY,
    INTENTIONS,
    LAST_YEAR_OF_GROUP,
    OLDEST,
    REGION_OF_COUNTY,
    SHARE_OF_CONCERN,
    make_microdata,
)

SEED = 20260401  # the one that our experiments and most peers were run on
SEEDS = (SEED, *range(101, 111))
PEER_SEEDS = (SEED, 2, 3)
EVERY_SEED = (*PEER_SEEDS, *SEEDS[1:])
POPULATION = "children"
RULES = {
    "R0": ThresholdRule(threshold=5, width=5, knowledge="nonnegative"),
    "R1": ThresholdRule(threshold=5, width=4, knowledge="zeros_published"),
}
J1 = (("county", "age_group", "sex"),)
J2 = (
    ("county", "age_group", "sex"),
    ("county", "concern"),
    ("county", "uasc", "sex"),
    ("concern", "age_group", "sex"),
    ("intention", "county", "sex"),
)
J3 = (("county", "age", "sex", "uasc", "intention"),)


def plain(name: str, codes: Sequence[str]) -> Dimension:
    """A dimension without groups."""
    return Dimension(name, {"CODE": {code: code for code in codes}})


def _of_year(year: int) -> str:
    return next(group for group, last in LAST_YEAR_OF_GROUP.items() if year <= last)


YEARS = {f"y{year:02d}": _of_year(year) for year in range(OLDEST + 1)}
COUNTIES = sorted(CASES_OF_COUNTY)
COUNTY = plain("county", COUNTIES)
COUNTY_IN_REGION = Dimension(
    "county",
    {"COUNTY": {code: code for code in COUNTIES}, "REGION": {code: REGION_OF_COUNTY[code] for code in COUNTIES}},
)
DIMENSIONS = {
    "county": COUNTY_IN_REGION,
    "age_group": plain("age_group", list(LAST_YEAR_OF_GROUP)),
    "age": Dimension("age", {"YEAR": {year: year for year in YEARS}, "GROUP": YEARS}),
    "sex": plain("sex", ["F", "M"]),
    "concern": plain("concern", list(SHARE_OF_CONCERN)),
    "uasc": plain("uasc", ["accompanied", "separated", "unaccompanied"]),
    "intention": plain("intention", INTENTIONS),
}
JOBS: dict[str, tuple[Sequence[Sequence[str]], Mapping[str, Dimension]]] = {
    "J1": (J1, DIMENSIONS | {"county": COUNTY}),
    "J2": (J2, DIMENSIONS),
    "J3": (J3, DIMENSIONS),
}


def release_of(job: str, seed: int) -> Release:
    """The tables of a job with the counts of one seed's children."""
    names, dimensions = JOBS[job]
    tables = tuple(whole_table(f"T{place}", POPULATION, own, dimensions) for place, own in enumerate(names, 1))
    table_set = TableSet(tables)
    return Release(table_set, {POPULATION: counts_of(make_microdata(seed=seed), table_set, POPULATION)})


def whole_table(table_id: str, population: str, names: Sequence[str], dimensions: Mapping[str, Dimension]) -> Table:
    """A table with every margin, at every level of its dimensions."""
    own = tuple(dimensions[name] for name in names)
    return Table(table_id, population, own, ({d.name: (TOTAL_LEVEL, *d.levels) for d in own},))


def counts_of(children: pd.DataFrame, table_set: TableSet, population: str) -> pd.DataFrame:
    """Children of the microdata, counted by the leaf codes of a population's dimensions."""
    coded = children.assign(age=children["age"].map("y{:02d}".format))
    names = list(table_set.dimensions_of(population))
    return coded.groupby(names, as_index=False).size().rename(columns={"size": "count"})
