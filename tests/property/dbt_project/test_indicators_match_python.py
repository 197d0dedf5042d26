"""Every indicator's SQL equals a few lines of plain Python, on random small snapshots."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from pipelines.serving.graph_picture import MONTHS
from tests.support.plain_indicators import (
    PARTS,
    Child,
    allowed_until,
    caregivers,
    child_concern_pairs,
    children_by_risk,
    children_with_concern,
    closures,
    follow_ups_due,
    follow_ups_on_time,
    monthly,
    open_cases,
    overview,
    placed_children,
    referred_children,
    registrations,
    snapshots,
    travel_intention,
    unaccompanied_separated,
    write,
)
from tests.support.snapshot_factory import source_code
from tests.support.warehouse_project import CompiledProject

INDICATORS = {
    ("registrations", "children"): registrations,
    ("open_cases", "children"): open_cases,
    ("closures", "closures"): closures,
    ("children_with_concern", "children"): children_with_concern,
    ("child_concern_pairs", "pairs"): child_concern_pairs,
    ("unaccompanied_separated", "children"): unaccompanied_separated,
    ("referred_children", "children"): referred_children,
    ("placed_children", "children"): placed_children,
    ("travel_intention", "children"): travel_intention,
    ("children_by_risk", "children"): children_by_risk,
    ("follow_ups_on_time", "due"): follow_ups_due,
    ("follow_ups_on_time", "on_time"): follow_ups_on_time,
    ("caregivers", "caregivers"): caregivers,
}
MEASURES = ("children", "closures", "pairs", "due", "on_time", "caregivers")


def cells_of(warehouse: duckdb.DuckDBPyConnection, mart: str, measure: str) -> Counter[Any]:
    columns = f"select columns(lambda c: c not in {MEASURES}), {measure} from marts.{mart}"
    return +Counter({tuple(cell): count for *cell, count in warehouse.execute(columns).fetchall()})


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    return CompiledProject.compile(tmp_path_factory.mktemp("compiled"))


@given(snapshots())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_indicator_equals_plain_python(project: CompiledProject, snapshot: tuple[date, list[Child]]) -> None:
    as_of, children = snapshot
    with TemporaryDirectory() as folder, project.build(write(Path(folder), as_of, children)) as warehouse:
        for (mart, measure), in_python in INDICATORS.items():
            assert cells_of(warehouse, mart, measure) == in_python(children, as_of), f"{mart}.{measure}"
        shown = warehouse.execute("select audience, indicator, value from marts.overview where value > 0").fetchall()
        assert Counter({(audience, name): value for audience, name, value in shown}) == overview(children, as_of)
        assert warehouse.execute(MONTHS).fetchall() == monthly(children, as_of)
        for name, failures in project.tests.items():
            assert warehouse.execute(failures).fetchall() == [], f"dbt test {name}"


def followed_up_once(name: str, registered: date, risk: str, done: date) -> Child:
    known = {"field": "risk", "value": source_code(risk), "since": registered, "entry_no": 0}
    follow_up = {"follow_up_pseudonym": name, "due_date": registered + timedelta(7), "done_date": done}
    fixed = {"case_pseudonym": name, "registration_date": registered, "sex": "_U", "nationality": []}
    return fixed | {part: [] for part in PARTS} | {"case_states": [known], "follow_ups": [follow_up]}


def test_the_interval_of_each_risk_ends_with_its_last_day(project: CompiledProject, tmp_path: Path) -> None:
    """Calendar months of 28, 30 and 31 days, the last day itself and the day after, for each level of risk."""
    as_of = date(2023, 12, 31)
    children = [
        followed_up_once(f"{risk}-{registered}-{late}", registered, risk, last_day + timedelta(late))
        for registered in (date(2023, 1, 31), date(2023, 6, 30), date(2023, 7, 15))
        for risk in ("HIGH", "MED", "LOW")
        for last_day in [allowed_until(registered, risk, registered)]
        for late in (0, 1)
    ]
    with project.build(write(tmp_path, as_of, children)) as warehouse:
        on_time = cells_of(warehouse, "follow_ups_on_time", "on_time")
    assert on_time == follow_ups_on_time(children, as_of) and on_time.total() == len(children) / 2


def test_every_indicator_of_the_project_has_a_python_side(project: CompiledProject) -> None:
    indicators = (Path(__file__).parents[3] / "dbt_project/models/marts/indicators").glob("*.sql")
    assert {file.stem for file in indicators} == {mart for mart, _ in INDICATORS}
