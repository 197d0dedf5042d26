"""SYNTHETIC children for the disclosure benchmark: no real person and no real count is behind a single row.

    python tests/bench/make_microdata.py OUT.csv [--n 34000] [--seed 20260401] [--quarters 1]

About 34,000 rows: half boys, a very uneven spread over counties, about 11 % with a protection concern, 5.5 %
unaccompanied or separated. With more quarters the file has a column `quarter`, and each quarter's caseload grows out of
the one before by leaving, arriving, moving, correcting and ageing, so that releases can be compared.

The order of the draws is part of the format: the same seed must give the same bytes for ever.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

COUNTIES_OF_REGION = {
    "Nord-Vest": "BH BN CJ MM SM SJ",
    "Centru": "AB BV CV HR MS SB",
    "Nord-Est": "BC BT IS NT SV VS",
    "Sud-Est": "BR BZ CT GL TL VN",
    "Sud-Muntenia": "AG CL DB GR IL PH TR",
    "Bucuresti-Ilfov": "B IF",
    "Sud-Vest": "DJ GJ MH OT VL",
    "Vest": "AR CS HD TM",
}
REGION_OF_COUNTY = {county: region for region, codes in COUNTIES_OF_REGION.items() for county in codes.split()}
# How many cases fall to each county, relative to the others; the order is that of the draws.
CASES_OF_COUNTY = {
    "B": 300, "CT": 130, "BV": 95, "IS": 60, "CJ": 55, "TM": 45, "GL": 40, "SB": 35, "SV": 32, "IF": 30, "PH": 25,
    "BH": 18, "MM": 16, "TL": 14, "BC": 12, "DJ": 11, "AG": 10, "VS": 9, "BR": 8, "NT": 7, "MS": 7, "AR": 6, "HD": 5,
    "BT": 5, "DB": 4, "VL": 4, "BZ": 3.5, "AB": 3, "GR": 3, "SM": 2.5, "VN": 2.2, "CL": 2, "IL": 1.8, "OT": 1.6,
    "HR": 1.5, "BN": 1.4, "CV": 1.2, "CS": 1.0, "GJ": 0.9, "MH": 0.7, "TR": 0.6, "SJ": 0.5,
}  # fmt: skip
AGES = [3.2, 3.8, 4.4, 5.0, 5.4, 5.8, 6.2, 6.5, 6.6, 6.6, 6.5, 6.3, 6.1, 5.9, 5.7, 5.5, 5.6, 4.9]  # weight of each year
LAST_YEAR_OF_GROUP = {"0-2": 2, "3-5": 5, "6-10": 10, "11-13": 13, "14-15": 15, "16-17": 17}
OLDEST = 17
SHARE_OF_CONCERN = {
    "none": 0.89, "psychosocial": 0.045, "health_disability": 0.027, "neglect_abuse": 0.014,
    "family_separation": 0.012, "gbv": 0.008, "exploitation_trafficking": 0.004,
}  # fmt: skip
INTENTIONS = ["stay", "transit", "return", "undecided"]
SHARES_OF_INTENTION = {"unaccompanied": [0.35, 0.35, 0.05, 0.25], "others": [0.66, 0.10, 0.07, 0.17]}


def draw_children(number: int, random: np.random.Generator) -> pd.DataFrame:
    """New children: county, age, sex, concern, uasc, intention; older boys are more often without their parents."""
    weights = np.array(list(CASES_OF_COUNTY.values()), float)
    county = random.choice(list(CASES_OF_COUNTY), number, p=weights / weights.sum())
    sex = np.where(random.random(number) < 0.502, "M", "F")
    age = random.choice(len(AGES), number, p=np.array(AGES) / np.sum(AGES))
    uasc = _draw_uasc(age, sex, random)
    concern = _draw_concern(age, sex, uasc, random)
    children = {"county": county, "age": age, "sex": sex, "concern": concern, "uasc": uasc}
    return pd.DataFrame({**children, "intention": _draw_intention(uasc, random)})


def _draw_uasc(age: np.ndarray, sex: np.ndarray, random: np.random.Generator) -> np.ndarray:
    unaccompanied = 0.004 + 0.075 * (age >= 14) * np.where(sex == "M", 1.4, 0.7)
    separated = 0.018 + 0.035 * (age >= 11)
    chance = random.random(len(age))
    with_someone = np.where(chance < unaccompanied + separated, "separated", "accompanied")
    return np.where(chance < unaccompanied, "unaccompanied", with_someone)


def _draw_concern(age: np.ndarray, sex: np.ndarray, uasc: np.ndarray, random: np.random.Generator) -> np.ndarray:
    shares = np.tile(list(SHARE_OF_CONCERN.values()), (len(age), 1))
    shares[:, 1:] *= np.where(uasc == "accompanied", 1.0, 2.2)[:, None]
    shares[:, 5] *= np.where((sex == "F") & (age >= 11), 3.0, 0.4)
    shares[:, 6] *= np.where(age >= 14, 2.5, 0.5)
    shares[:, 0] = 1 - shares[:, 1:].sum(1)
    return _drawn(list(SHARE_OF_CONCERN), shares, random)


def _draw_intention(uasc: np.ndarray, random: np.random.Generator) -> np.ndarray:
    alone = (uasc == "unaccompanied")[:, None]
    return _drawn(INTENTIONS, np.where(alone, *([row] for row in SHARES_OF_INTENTION.values())), random)


def _drawn(codes: list[str], shares: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One code a row, with the shares of its row."""
    place = (random.random(len(shares))[:, None] > shares.cumsum(1)).sum(1)
    return np.array(codes)[place.clip(0, len(codes) - 1)]


def with_groups(children: pd.DataFrame) -> pd.DataFrame:
    """The children with the region of their county and the group of their age."""
    place = np.searchsorted(list(LAST_YEAR_OF_GROUP.values()), children["age"])
    groups = np.array(list(LAST_YEAR_OF_GROUP), dtype=object)[place]
    return children.assign(region=children["county"].map(REGION_OF_COUNTY), age_group=groups)


def next_quarter(children: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Three months on: some leave, move, are corrected, grow a year older or of age; others arrive."""
    stay = children[random.random(len(children)) > 0.06].copy()
    arrived = draw_children(int(0.07 * len(children)), random)
    moved = random.random(len(stay)) < 0.015
    stay.loc[moved, "county"] = draw_children(int(moved.sum()), random)["county"].to_numpy()
    corrected = random.random(len(stay)) < 0.01
    stay.loc[corrected, "intention"] = draw_children(int(corrected.sum()), random)["intention"].to_numpy()
    stay.loc[random.random(len(stay)) < 0.25, "age"] += 1
    return pd.concat([stay[stay["age"] <= OLDEST], arrived], ignore_index=True)


def make_microdata(number: int = 34_000, seed: int = 20260401, quarters: int = 1) -> pd.DataFrame:
    """All rows, one a child and quarter; the column `quarter` is there when there are several."""
    random = np.random.default_rng(seed)
    caseloads = [draw_children(number, random)]
    while len(caseloads) < quarters:
        caseloads.append(next_quarter(caseloads[-1], random))
    if quarters == 1:
        return with_groups(caseloads[0])
    parts = [with_groups(load) for load in caseloads]
    for place, part in enumerate(parts, start=1):
        part.insert(0, "quarter", f"Q{place}")
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--n", type=int, default=34_000)
    parser.add_argument("--seed", type=int, default=20260401)
    parser.add_argument("--quarters", type=int, default=1)
    given = parser.parse_args()
    make_microdata(given.n, given.seed, given.quarters).to_csv(given.out, index=False)


if __name__ == "__main__":
    main()
