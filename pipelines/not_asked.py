"""What a deployment does not ask, and the figures that are refused for it: a zero there would be a wrong number."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from anonymization.errors import DisclosureError
from pipelines.settings import CHECKOUT
from publications.specification import TableSpec

NEEDS = CHECKOUT / "dbt_project" / "needs.csv"
FILE = "absent_columns.json"


def needs(file: Path = NEEDS) -> dict[str, tuple[str, ...]]:
    """Figure (a mart, a mart's column, a tile or a line of the golden table) -> contract columns it is made from."""
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(file.read_text("utf-8").splitlines()):
        found[row["figure"]] = (*found.get(row["figure"], ()), row["column"])
    return found


def keep_absent_columns(build: Path, manifest: Mapping[str, Any]) -> None:
    """Writes into a build what its snapshot's manifest says is not asked."""
    (build / FILE).write_text(json.dumps(manifest.get("absent_columns", [])) + "\n", "utf-8")


def refused_figures(build: Path) -> dict[str, tuple[str, ...]]:
    """Figure -> the columns it lacks, for every figure of a build that this deployment cannot have."""
    file = build / FILE
    absent = set(json.loads(file.read_text("utf-8"))) if file.is_file() else set()
    lacking = {figure: tuple(column for column in columns if column in absent) for figure, columns in needs().items()}
    return {figure: columns for figure, columns in lacking.items() if columns}


def refuse_tables(specs: Iterable[TableSpec], build: Path) -> None:
    """Raises DisclosureError naming a public table, and what it lacks, when the deployment does not ask for it."""
    refused = refused_figures(build)
    for spec in specs:
        names = [spec.mart, *(f"{spec.mart}.{dimension.column}" for dimension in spec.dimensions.values())]
        lacking = [column for name in names for column in refused.get(name, ())]
        if lacking:
            raise DisclosureError(
                f"The table {spec.id} needs {', '.join(dict.fromkeys(lacking))}, which this deployment does not "
                "ask: map it under fields in profile.yml, or take the table out of publications/tables."
            )
