"""A profile may leave out optional columns: what needs them is refused by name, and the rest is built."""

import csv
import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from case_store.contract import contract
from case_store.errors import CaseStoreError
from case_store.profile import load_profile, read_profile
from dashboards.pages.overview import INDICATORS
from pipelines.commands.golden import golden_lines
from pipelines.warehouse import not_asked
from pipelines.warehouse.not_asked import NEEDS, lacking, needs, sorted_out
from pipelines.warehouse.warehouse_file import open_warehouse
from tests.support.line import AS_OF, RUN, House
from tests.support.tables_by_id import tables

PROFILE = files("case_store") / "profiles" / "romania"
COLUMNS = ("intention", "entry_point", "risk", "concerns", "care_status", "nationality", "registered_by")
SUBFORMS = ("follow_ups", "care_arrangements", "family")


def profile_without(folder: Path, columns: tuple[str, ...], subforms: tuple[str, ...] = ()) -> Path:
    """A copy of Romania's profile whose `fields` leave these out."""
    copy = folder / "elsewhere"
    shutil.copytree(str(PROFILE), copy)
    content: dict[str, Any] = yaml.safe_load((copy / "profile.yml").read_text("utf-8"))
    for column in columns:
        del content["fields"]["case"]["columns"][column]
    for subform in subforms:
        del content["fields"][subform]
    (copy / "profile.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return copy


def build_of(house: House) -> Path:
    return house.builds / (house.builds / "current").resolve().name


def test_what_is_not_asked_is_refused_by_name_and_the_rest_is_built(
    lanes: tuple[House, House], new_store: Callable[[], str], tmp_path: Path
) -> None:
    profile = profile_without(tmp_path, COLUMNS, SUBFORMS)
    house = lanes[0].begin_anew(new_store())
    house.environment["CASELIGHT_PROFILE"] = str(profile)
    ended = house.run(*RUN)
    assert ended.code == 0, ended.printed
    printed = " ".join(ended.printed.split())
    assert "tables-not-asked The table T4 (Unaccompanied and separated children) is not published" in printed
    assert "it needs case.care_status, which this deployment does not ask" in printed
    said = {rule for rule in ("SNP-52", "SNP-53", "MRT-62", "MRT-63", "MRT-64") if rule in ended.printed}
    assert not said, ended.printed  # what nobody was asked is not unknown
    manifest = json.loads((house.data / "snapshots" / AS_OF / AS_OF / "manifest.json").read_text("utf-8"))
    assert manifest["absent_columns"] == list(read_profile(profile).absent_columns)
    assert {"case.intention", "follow_ups.due_date", "family.relation"} <= set(manifest["absent_columns"])
    build, refused = build_of(house), lacking(manifest["absent_columns"])
    shown = served(build)
    missing = {"with_concern", "unaccompanied_separated", "high_risk", "caregivers"}
    missing |= {"follow_ups_due_in_quarter", "follow_ups_on_time_in_quarter"}
    assert set(shown) == set(INDICATORS) - missing
    assert shown["registered"] > 300
    assert not {mart: rows for mart, rows in rows_of_marts(build).items() if rows and mart in refused}
    lines = {line.figure: line for line in golden_lines(build, read_profile(profile))}
    not_asked = {name for name, line in lines.items() if not line.is_asked}
    assert {"high_risk", "with_concern", "with_concern_share", "uasc_first_year", "caregivers"} <= not_asked
    assert not_asked == {name for name, line in lines.items() if line.counted is None}
    assert lines["high_risk"].counted is None and lines["high_risk"].agrees is None
    assert lines["registered"].counted == shown["registered"]
    golden = house.run("golden").printed.splitlines()
    assert all(any(lines[name].label in line and "not asked" in line for line in golden) for name in ("high_risk",))

    people = ("--by", "Ana Sintetica", "--second", "Olena Vydumana")
    approved = house.run("release", "approve", "2023-Q4", *people)
    assert approved.code == 0, approved.printed
    public = {path.name: path for path in (house.data / "publications" / "2023-Q4" / "v1").iterdir()}
    assert [name for name in public if name.endswith(".csv")] == ["T1_registrations.csv"]
    metadata = json.loads(public["metadata.json"].read_bytes())
    assert [table["id"] for table in metadata["tables"]] == ["T1"]
    assert [table["id"] for table in metadata["not_published"]] == ["T4"]
    for name in (name for name in public if name.endswith(".html")):
        assert "T4" not in public[name].read_text("utf-8")


def served(build: Path) -> dict[str, int]:
    with duckdb.connect(str(build / "serving" / "national.duckdb"), read_only=True) as serving:
        return dict(serving.execute("select indicator, value from overview").fetchall())


def rows_of_marts(build: Path) -> dict[str, int]:
    with open_warehouse(build) as warehouse:
        marts = warehouse.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {mart: warehouse.execute(f"select count(*) from marts.{mart}").fetchall()[0][0] for (mart,) in marts}


def only_t4() -> None:
    not_asked.load_tables = lambda: tables("T4")  # type: ignore[attr-defined]


def test_where_no_public_table_is_left_the_dashboards_are_built_and_a_sentence_says_so(
    lanes: tuple[House, House], new_store: Callable[[], str], tmp_path: Path
) -> None:
    house = lanes[0].begin_anew(new_store())
    house.environment["CASELIGHT_PROFILE"] = str(profile_without(tmp_path, ("care_status",)))
    ended = house.run(*RUN, sabotage=(only_t4,))
    assert ended.code == 0, ended.printed
    assert "So there is no public table to publish, and no draft is written." in " ".join(ended.printed.split())
    assert set(served(build_of(house))) == set(INDICATORS) - {"unaccompanied_separated"}
    assert not [*(house.data / "drafts").rglob("*.csv")]
    told = house.run("release", "approve", "2023-Q4", "--by", "Ana Sintetica", "--second", "Olena Vydumana")
    assert told.code == 1 and "There is no draft 2023-Q4 v1" in told.printed


def test_a_lookup_and_a_subform_less_leave_every_public_table(
    lanes: tuple[House, House], new_store: Callable[[], str], tmp_path: Path
) -> None:
    profile = profile_without(tmp_path, ("intention", "entry_point"), ("follow_ups",))
    house = lanes[0].begin_anew(new_store())
    house.environment["CASELIGHT_PROFILE"] = str(profile)
    ended = house.run(*RUN)
    assert ended.code == 0, ended.printed
    assert "tables-not-asked" not in ended.printed
    rows = rows_of_marts(build_of(house))
    assert rows["travel_intention"] == rows["follow_ups_on_time"] == 0
    assert rows["unaccompanied_separated"] and rows["caregivers"]
    due = {"follow_ups_due_in_quarter", "follow_ups_on_time_in_quarter"}
    assert set(served(build_of(house))) == set(INDICATORS) - due
    metadata = json.loads((house.data / "drafts" / "2023-Q4" / "v1" / "metadata.json").read_bytes())
    assert {"T1", "T4"} <= {table["id"] for table in metadata["tables"]} and not metadata["not_published"]


def test_a_table_that_needs_what_is_not_asked_is_told_apart_and_named() -> None:
    refused = lacking(["case.care_status", "case.nationality"])
    sorted_tables = sorted_out(tables("T1", "T4"), refused)
    assert [spec.id for spec in sorted_tables.made] == ["T1"]
    (sentence,) = sorted_tables.sentences
    assert "The table T4 (Unaccompanied and separated children) is not published" in sentence
    assert refused["closures.care_status"] == ("case.care_status",)


def test_every_optional_column_may_be_left_out_alone(tmp_path: Path) -> None:
    for section, columns in contract().items():
        for column, row in columns.items():
            if section == "case" and row["need"] == "optional":
                profile = read_profile(profile_without(tmp_path / column, (column,)))
                assert profile.absent_columns == (f"case.{column}",)
                with pytest.raises(CaseStoreError, match=f"maps no column 'case.{column}'"):
                    profile.source(column)


@pytest.mark.parametrize("column", ["registration_date", "sex", "consent_reporting", "status"])
def test_a_required_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(
        CaseStoreError, match=rf"'fields.case.columns.{column}' is missing.*may be left out: .*intention"
    ):
        read_profile(profile_without(tmp_path, (column,)))


def test_a_column_that_the_contract_does_not_know_is_named(tmp_path: Path) -> None:
    copy = profile_without(tmp_path, ())
    path = copy / "profile.yml"
    path.write_text(path.read_text("utf-8").replace("      intention:", "      intension:"), "utf-8")
    with pytest.raises(CaseStoreError, match=r"'fields.case.columns.intension' is not known; known are .*intention"):
        read_profile(copy)


def test_the_contract_agrees_with_the_first_profile() -> None:
    mapped = load_profile().fields
    for section, columns in contract().items():
        for column, row in columns.items():
            field = mapped[section].columns[column]
            assert (field.type, field.kind, field.dimension or "") == (
                row["type"],
                row["kinds"].split()[0],
                row["dimension"],
            )
    assert load_profile().absent_columns == ()


def test_needs_name_columns_that_may_be_absent_and_figures_that_exist() -> None:
    optional = {f"case.{name}" for name, row in contract()["case"].items() if row["need"] == "optional"}
    optional |= {f"{table}.{name}" for table in SUBFORMS for name in contract()[table]}
    marts = {path.stem for path in (NEEDS.parent / "models" / "marts" / "indicators").glob("*.sql")}
    figures = set(INDICATORS) | marts
    with NEEDS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["column"] for row in rows} <= optional
    assert {row["figure"].split(".")[0] for row in rows} <= figures
    assert sum(map(len, needs().values())) == len({(row["figure"], row["column"]) for row in rows}) == len(rows)
