"""The dbt project keeps its layers, its names and its promises: read from the files, so that nothing has to run."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.serving_contract import NATIONAL

PROJECT = Path(__file__).parents[2] / "dbt_project"
MODELS = {file.stem: file for file in sorted((PROJECT / "models").rglob("*.sql"))}

# layer -> the layers that it may read; a dimension is where a classification or a deployment's concepts arrive
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate"},
    "dimensions": {"staging", "intermediate"},
    "indicators": {"intermediate", "dimensions", "indicators"},
    "pages": {"dimensions", "indicators"},
}
NAMES = {"staging": r"stg_[a-z_]+", "intermediate": r"int_[a-z_]+", "dimensions": r"dim_[a-z_]+"}
MARTS = {"dimensions", "indicators", "pages"}
READ = re.compile(r"(ref|source)\(\s*'(\w+)'|\b(codes)\(")


def layer(model: str) -> str:
    return MODELS[model].parent.name


def layers_read(model: str) -> set[str]:
    """`codes()` is our macro over a source of the snapshot."""
    reads = READ.findall(MODELS[model].read_text())
    return {"source" if kind == "source" or macro else layer(name) for kind, name, macro in reads}


def passport(model: str) -> dict[str, Any]:
    described = yaml.safe_load(MODELS[model].with_suffix(".yml").read_text())["models"]
    assert [entry["name"] for entry in described] == [model], f"{model}.yml must describe {model} and nothing else"
    return described[0]


def columns(model: str) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in passport(model)["columns"]}


@pytest.mark.parametrize("model", MODELS)
def test_reads_only_the_layers_before_it(model: str) -> None:
    assert layers_read(model), f"{model} reads nothing that dbt knows"
    assert layers_read(model) <= MAY_READ[layer(model)]


@pytest.mark.parametrize("model", MODELS)
def test_is_named_after_its_layer(model: str) -> None:
    named_for = [name for name, pattern in NAMES.items() if re.fullmatch(pattern, model)]
    assert named_for == ([layer(model)] if layer(model) in NAMES else [])


@pytest.mark.parametrize("model", MODELS)
def test_has_a_sibling_that_describes_it(model: str) -> None:
    assert passport(model)["description"].strip().endswith(".")


@pytest.mark.parametrize("model", [model for model in MODELS if layer(model) in MARTS])
def test_mart_types_and_describes_every_column(model: str) -> None:
    for name, column in columns(model).items():
        assert column["data_type"], f"{model}.{name}"
        assert column["description"].strip().endswith("."), f"{model}.{name}"


@pytest.mark.parametrize("model", [model for model in MODELS if layer(model) == "indicators"])
def test_indicator_has_a_passport_and_no_empty_cell(model: str) -> None:
    assert set(passport(model)["config"]["meta"]["indicator"]) <= {"title", "unit", "time", "population", "needs"}
    assert {"title", "unit", "time", "population"} <= set(passport(model)["config"]["meta"]["indicator"])
    for name, column in columns(model).items():
        assert {"type": "not_null"} in column["constraints"], f"{model}.{name} may be empty; unknown is _U"


@pytest.mark.parametrize("model", [model for model in MODELS if layer(model) == "indicators"])
def test_every_column_of_an_indicator_is_a_dimension_or_a_count(model: str) -> None:
    """The rules of both gates and the pages read the kind of a column from its type."""
    assert {column["data_type"] for column in columns(model).values()} <= {"varchar", "boolean", "bigint"}
    assert [name for name, column in columns(model).items() if column["data_type"] == "bigint"]


def test_marts_are_contracts_and_staging_leaves_nothing_behind() -> None:
    configured = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["models"]["caselight"]
    assert configured["marts"]["+contract"] == {"enforced": True}
    assert configured["staging"]["+materialized"] == "ephemeral"
    assert not [model for model in MODELS if "enforced: false" in MODELS[model].with_suffix(".yml").read_text()]


def test_every_source_is_described_and_read() -> None:
    sources = yaml.safe_load((PROJECT / "models/staging/_sources.yml").read_text())["sources"][0]["tables"]
    assert all(source["description"] for source in sources)
    read = set(re.findall(r"source\('snapshot', '(\w+)'\)", "".join(file.read_text() for file in sql_files())))
    assert read == {source["name"] for source in sources}


def sql_files() -> list[Path]:
    return [*MODELS.values(), *(PROJECT / "macros").glob("*.sql")]


def test_the_whole_country_is_called_the_same_by_marts_and_pages() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    assert project["vars"]["national"] == NATIONAL
