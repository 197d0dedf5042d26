"""What varies is a row, or one file in one folder: each kind is added to a copy of the checkout, and nothing else."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from pandas.testing import assert_frame_equal

from anonymization.pseudonyms.allow_list import AllowList
from case_store.case_source import open_source
from case_store.profile import load_profile
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.support.dropped_in import (
    Checkout,
    add_destination,
    add_indicator,
    add_reader,
    add_table,
    own_policy,
    renumber,
)
from tests.support.line import RUN

CHILDREN, SEED = 2_500, 12
NIGHT = ("run", "--as-of", "2023-11-30", "--known-at", "2023-11-30")  # no quarter ends, so nothing is drafted


@pytest.fixture
def checkout(seeded_store: Callable[[int, int], str], tmp_path: Path) -> Checkout:
    return Checkout.copied(tmp_path, seeded_store(CHILDREN, SEED))


def rows(checkout: Checkout, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse_file(checkout.build)), read_only=True) as warehouse:
        return warehouse.execute(query).fetchall()


def test_a_dimension_is_rows_of_the_profile_and_one_mart(checkout: Checkout) -> None:
    add_destination(checkout)
    add_indicator(checkout)
    checkout.caselight(*NIGHT)
    by_destination = dict(
        rows(checkout, "select destination, sum(children) from marts.children_by_destination group by 1")
    )
    assert {"GER", "POL", "_U"} <= set(by_destination)
    ((open_cases,),) = rows(checkout, "select sum(children) from marts.open_cases")
    assert sum(by_destination.values()) == open_cases
    leaves = rows(checkout, "select leaf from marts.dim_level_code where level = 'DESTINATION' order by sort_order")
    assert leaves[0] == ("GER",)


def test_an_indicator_by_what_nobody_is_asked_is_empty_and_the_rest_is_built(checkout: Checkout) -> None:
    """The same sibling pair where the profile does not map the field."""
    add_indicator(checkout)
    checkout.caselight(*NIGHT)
    assert rows(checkout, "select count(*) from marts.children_by_destination") == [(0,)]
    assert rows(checkout, "select count(*) > 0 from marts.open_cases") == [(True,)]


@pytest.fixture(scope="module")
def plain_tables(seeded_store: Callable[[int, int], str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The public tables of a checkout to which nothing was added."""
    checkout = Checkout.copied(tmp_path_factory.mktemp("plain"), seeded_store(CHILDREN, SEED))
    checkout.caselight(*RUN)
    return {path.name: path.read_bytes() for path in draft(checkout).glob("*.csv")}


def draft(checkout: Checkout) -> Path:
    (found,) = (checkout.root.parent / "data" / "drafts" / "2023-Q4").iterdir()
    return found


def test_a_public_table_is_one_file(checkout: Checkout, plain_tables: dict[str, bytes]) -> None:
    """T3 by closure reason: protected, audited and drafted beside the others, whose files stay as they are."""
    add_table(checkout)
    checkout.caselight(*RUN)
    table = pd.read_csv(draft(checkout) / "T3_closures.csv", dtype=str)
    assert {"TOTAL", "LEFT_COUNTRY", "_U"} & set(table["CLOSURE_REASON"]) == {"LEFT_COUNTRY", "_U"}
    keys = ["REF_AREA", "SEX", "AGE", "CARE_STATUS", "CLOSURE_REASON"]
    assert not table.duplicated(keys).any() and len(table) > 5
    assert {name: (draft(checkout) / name).read_bytes() for name in plain_tables} == plain_tables
    assert "T3a Reasons" in load_workbook(draft(checkout) / "caselight_2023-Q4_en.xlsx", read_only=True).sheetnames


def test_concepts_numbered_otherwise_give_the_same_tables(checkout: Checkout, plain_tables: dict[str, bytes]) -> None:
    """What SQL, rules and policy name is a role: with other codes, and concerns numbered backwards, nothing changes."""
    concerns = [f"C{number:02}" for number in range(1, 33)]
    codes = {
        "sex": {"M": "1", "F": "2"},
        "care_status": {"UNACC": "SEP", "SEP": "K7", "ACC": "UNACC"},
        "citizenship": {"UKR": "OTH", "OTH": "UKR"},
        "concern": dict(zip(concerns, reversed(concerns), strict=True)),
    }
    renumber(checkout, codes)
    checkout.caselight(*RUN)
    columns = {"SEX": codes["sex"], "CARE_STATUS": codes["care_status"]}
    assert plain_tables
    for name, content in plain_tables.items():
        before = pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False)
        renamed = before.assign(**{column: before[column].replace(new) for column, new in columns.items()})
        after = pd.read_csv(draft(checkout) / name, dtype=str, keep_default_na=False)
        by = list(before.columns)
        assert_frame_equal(after.sort_values(by, ignore_index=True)[by], renamed.sort_values(by, ignore_index=True)[by])


def test_an_authority_with_a_higher_threshold_edits_no_shared_code(checkout: Checkout) -> None:
    own_policy(checkout, "disclosure: {public: {threshold: 10, width: 9, stricter: []}}\n")
    assert "threshold: 10" in checkout.caselight("policy")
    checkout.caselight(*RUN)
    shown: list[int] = []
    for path in draft(checkout).glob("*.csv"):
        values = pd.read_csv(path, dtype=str, keep_default_na=False)["OBS_VALUE"]
        shown += [int(value) for value in values if value]
    assert len(shown) > 20 and 0 in shown
    assert min(value for value in shown if value) >= 10


def test_a_reader_is_one_file(checkout: Checkout) -> None:
    """The store's tables as files, read by a reader that is dropped in, make the snapshot that the database makes."""
    checkout.caselight(*NIGHT)
    from_database = snapshot_files(checkout)
    exported = checkout.root.parent / "exported"
    exported.mkdir()
    profile = load_profile()
    with open_source(checkout.dsn) as source:
        keys = sorted(AllowList.from_fields(profile.fields).keys.values())
        for name, table in {**source.configuration(), **source.read(source.ranges()[0], keys)}.items():
            pq.write_table(table, exported / f"{name}.parquet")
    shutil.rmtree(checkout.root.parent / "data")
    add_reader(checkout)
    elsewhere = replace(checkout, dsn=f"parquet://{exported}")
    elsewhere.caselight(*NIGHT)
    assert snapshot_files(elsewhere) == from_database


def snapshot_files(checkout: Checkout) -> dict[str, bytes]:
    files = (checkout.root.parent / "data" / "snapshots").rglob("*.parquet")
    return {path.name: path.read_bytes() for path in files}
