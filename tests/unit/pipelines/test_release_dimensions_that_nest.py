"""Promise: a release whose dimensions nest is refused by table and key, unless the policy says why they do not."""

from pathlib import Path

import pandas as pd
import pytest

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.tool_files.spec_independent import Independent
from anonymization.errors import DisclosureError, PolicyError
from case_store.profile import load_profile
from pipelines.release import protect_release as protection_stage
from pipelines.release.nested_columns import refuse_nested_columns
from pipelines.run.policy_in_force import policy_of
from tests.support.hand_made_marts import line_in, write_marts
from tests.support.tables_by_id import publish_only, tables

REGION_OF = {"C1": "R1", "C2": "R1", "C3": "R2", "C4": "R2"}
POLICY = policy_of(load_profile()).disclosure[PUBLIC]
BECAUSE = "the region is where the child was born"


def release(*rows: tuple[str, str, int]) -> Release:
    """County and region as two dimensions of T1: `area` and `sex` stand for them, since the tables have these."""
    area = Dimension("area", {"COUNTY": {code: code for code in REGION_OF}})
    region = Dimension("sex", {"REGION": {code: code for code in ("R1", "R2")}})
    margin = {"area": ("TOTAL", "COUNTY"), "sex": ("TOTAL", "REGION")}
    counts = pd.DataFrame(rows, columns=["area", "sex", "count"]).astype({"count": "int64"})
    return Release(TableSet((Table("T1", "registrations", (area, region), (margin,)),)), {"registrations": counts})


NESTED = release(*((county, region, 30) for county, region in REGION_OF.items()))
CROSSED = release(*((county, region, 30) for county in REGION_OF for region in ("R1", "R2")))


def policy(*independent: Independent) -> DisclosurePolicy:
    return POLICY.model_copy(update={"independent": independent})


def test_dimensions_that_nest_are_refused_by_table_and_key() -> None:
    specs = tables("T1")
    with pytest.raises(DisclosureError) as refused:
        refuse_nested_columns(NESTED, policy(), PUBLIC, specs)
    for said in (
        "tables, T1: dimensions: Every code of area lies within one code of sex.",
        "policy.yml",
        "independent",
    ):
        assert said in str(refused.value)


def test_dimensions_that_cross_or_are_called_independent_pass() -> None:
    refuse_nested_columns(CROSSED, policy(), PUBLIC, tables("T1", "T4"))
    reason = Independent(dimensions=("sex", "area"), because=BECAUSE)
    refuse_nested_columns(NESTED, policy(reason), PUBLIC, tables("T1", "T4"))


def test_a_quarter_without_any_such_child_nests_in_nothing() -> None:
    refuse_nested_columns(release(), policy(), PUBLIC, tables("T1", "T4"))


def test_a_dimension_that_no_table_has_is_named_with_the_known_ones() -> None:
    wrong = Independent(dimensions=("area", "county"), because=BECAUSE)
    with pytest.raises(PolicyError, match=r"policy\.yml: disclosure\.public\.independent: county .* known: area, age"):
        refuse_nested_columns(CROSSED, policy(wrong), PUBLIC, tables("T1", "T4"))


def test_a_draft_asks_with_what_the_policy_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In these marts girls are unaccompanied and boys separated."""
    publish_only(monkeypatch, "T1", "T4")
    line = line_in(tmp_path)
    write_marts(line)
    with monkeypatch.context() as patch, pytest.raises(DisclosureError, match="tables, T4: dimensions: "):
        patch.setattr(protection_stage, "public_policy", lambda settings: policy())
        line.draft()
    line.draft()
