"""Two years of a small register, all invented: children who come, leave, are found late, corrected and erased.

What is known of them changes from quarter to quarter, so a quarter can be counted again later: its second vintage.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule

QUARTERS = [f"{2023 + number // 4}-Q{number % 4 + 1}" for number in range(8)]
COUNTIES = {f"C{number}": f"R{number // 4}" for number in range(7)}
SHARES = [0.34, 0.22, 0.14, 0.12, 0.09, 0.06, 0.03]
AGES = [f"Y{year}" for year in range(6)]
BANDS = {age: f"A{year // 2}" for year, age in enumerate(AGES)}
OTHER_BANDS = {age: f"B{year // 3}" for year, age in enumerate(AGES)}
SEXES = ["F", "M"]
SECOND_AGE_SYSTEM = 4  # from this quarter on
# quarters in the order of publication, each with the time up to which records were known: 1 is the end of the second
ORDER = [(0, 0), (1, 1), (0, 1.5), (2, 2), (3, 3), (4, 4), (3, 4.5), (5, 5), (6, 6), (5, 6.5), (7, 7)]
RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
TIMINGS = {
    "registered": Timing("flow"),
    "ever": Timing("cumulative", arrivals="registered"),
    "open": Timing("stock"),
}
MULTIPLE = 5


@dataclass(frozen=True, eq=False)
class Step:
    """One release of the sequence, in the order of publication."""

    edition: LedgerEdition
    release: Release


def two_years(seed: int = 20260401, children: int = 420) -> Iterator[Step]:
    """Eight quarters and three second vintages."""
    seen: dict[int, int] = {}
    for quarter, known in ORDER:
        seen[quarter] = seen.get(quarter, 0) + 1
        yield counted(quarter, seen[quarter], known, seed, children)


def counted(quarter: int, vintage: int, known: float, seed: int = 20260401, children: int = 420) -> Step:
    """One release: a quarter as known at a time."""
    edition = LedgerEdition(QUARTERS[quarter], vintage, f"quarter {known:.1f}")
    return Step(edition, Release(TableSet(_tables(quarter)), _counts(_register(seed, children), quarter, known)))


def _register(seed: int, children: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    registered = draw.integers(0, 8, children)
    late = draw.random(children) < 0.03
    return pd.DataFrame(
        {
            "county": draw.choice(list(COUNTIES), children, p=SHARES),
            "corrected_county": draw.choice(list(COUNTIES), children, p=SHARES),
            "corrected": np.where(draw.random(children) < 0.01, registered + 1, 99),
            "age": draw.choice(AGES, children),
            "sex": draw.choice(SEXES, children),
            "registered": registered,
            "received": registered + late,
            "closed": registered + draw.integers(1, 6, children),
            "erased": np.where(draw.random(children) < 0.01, registered + draw.integers(1, 4, children), 99),
        }
    )


def _counts(register: pd.DataFrame, quarter: int, known: float) -> dict[str, pd.DataFrame]:
    """What is counted of the end of a quarter, as known at the end of another."""
    view = register[
        (register["received"] <= known) & (register["erased"] > known) & (register["registered"] <= quarter)
    ]
    view = view.assign(county=view["county"].where(view["corrected"] > known, view["corrected_county"]))
    return {
        "registered": _count(view[view["registered"] == quarter], ["county", "age", "sex"]),
        "ever": _count(view, ["county", "age"]),
        "open": _count(view[view["closed"] > quarter], ["county", "sex"]),
    }


def _count(children: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return children.groupby(names, as_index=False).size().rename(columns={"size": "count"})


def _tables(quarter: int) -> tuple[Table, ...]:
    county = Dimension("county", {"COUNTY": {code: code for code in COUNTIES}, "REGION": COUNTIES})
    bands = {"BAND": BANDS} | ({"OTHER": OTHER_BANDS} if quarter >= SECOND_AGE_SYSTEM else {})
    age, sex = Dimension("age", bands), Dimension("sex", {"SEX": {code: code for code in SEXES}})
    by_age = ("TOTAL", *bands)
    return (
        Table(
            "F1", "registered", (county, age), ({"county": ("TOTAL", "REGION"), "age": by_age}, {"county": ("COUNTY",)})
        ),
        Table("F2", "registered", (county, sex), ({"county": ("TOTAL", "COUNTY"), "sex": ("TOTAL", "SEX")},)),
        Table("E1", "ever", (county, age), ({"county": ("TOTAL", "COUNTY")}, {"county": ("REGION",), "age": by_age})),
        Table("S1", "open", (county, sex), ({"county": ("TOTAL", "COUNTY"), "sex": ("TOTAL", "SEX")},)),
    )
