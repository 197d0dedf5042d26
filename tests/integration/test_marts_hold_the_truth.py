"""The marts say what the generator knows: other days, other days of knowledge, other sizes, another country."""

from collections import Counter
from datetime import date

import duckdb
import pytest

from case_store.synthetic.record_histories import make_population
from case_store.synthetic.truth import expected
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.support.marts_line import build_marts, settings_for
from tests.support.profiles import FIRST, SECOND

SIZES = {700: 11, 900: 13, 2_500: 12}  # children: seed
TIMES = [
    (FIRST, 700, date(2023, 12, 31), date(2023, 12, 31)),
    (FIRST, 2_500, date(2022, 12, 31), date(2022, 12, 31)),
    (FIRST, 2_500, date(2023, 9, 30), date(2023, 12, 31)),
    (FIRST, 2_500, date(2023, 12, 31), date(2024, 2, 15)),
    (FIRST, 2_500, date(2024, 2, 29), date(2024, 3, 31)),
    (SECOND, 900, date(2024, 6, 30), date(2024, 6, 30)),
    (SECOND, 900, date(2023, 9, 30), date(2024, 7, 15)),
]


def _sums(warehouse, mart, dimension, measure="children", where="true"):
    query = f"select {dimension}, sum({measure})::bigint from marts.{mart} where {where} group by 1"
    return Counter({code: n for code, n in warehouse.execute(query).fetchall() if n})


def _coverage(snapshot, outcome):
    query = f"""select reason, records from '{snapshot}/coverage.parquet'
        where table_name = 'cases' and outcome = '{outcome}' and records > 0"""
    return Counter(dict(duckdb.sql(query).fetchall()))


@pytest.mark.parametrize(
    ("profile", "children", "as_of", "known_at"), TIMES, ids=lambda one: getattr(one, "name", str(one))
)
def test_marts_and_coverage_hold_the_truth(seeded_store, tmp_path, profile, children, as_of, known_at):
    truth = expected(make_population(profile, children, SIZES[children]), as_of, known_at)
    build = build_marts(tmp_path, seeded_store(children, SIZES[children], profile.name), as_of, known_at, profile.name)
    snapshot = settings_for(tmp_path, "").snapshots / str(as_of) / str(known_at)

    assert _coverage(snapshot, "excluded") == truth.excluded
    assert _coverage(snapshot, "quarantined") == truth.quarantined

    with duckdb.connect(str(warehouse_file(build)), read_only=True) as warehouse:
        ours = {
            "registrations": _sums(warehouse, "registrations", "month"),
            "residence_at_registration": _sums(warehouse, "registrations", "county"),
            "care_status_at_registration": _sums(warehouse, "registrations", "care_status"),
            "age_at_registration": _sums(warehouse, "registrations", "age"),
            "sex": _sums(warehouse, "registrations", "sex"),
            "risk": _sums(warehouse, "children_by_risk", "risk"),
            "age_on_the_day": _sums(warehouse, "children_by_risk", "age"),
            "residence": _sums(warehouse, "children_by_risk", "county"),
            "open_by_age": _sums(warehouse, "open_cases", "age"),
            "open_by_residence": _sums(warehouse, "open_cases", "county"),
            "open_unaccompanied_separated": _sums(warehouse, "unaccompanied_separated", "county"),
            "concerns": _sums(warehouse, "child_concern_pairs", "concern", "pairs"),
            "follow_ups_due": _sums(warehouse, "follow_ups_on_time", "month", "due"),
            "follow_ups_on_time": _sums(warehouse, "follow_ups_on_time", "month", "on_time"),
            "with_concern": _sums(warehouse, "children_with_concern", "1").total(),
            "referred": _sums(warehouse, "referred_children", "1").total(),
            "placed": _sums(warehouse, "placed_children", "1").total(),
            "closed": _sums(warehouse, "children_by_risk", "1", where="not is_open").total(),
            "caregivers": _sums(
                warehouse, "caregivers", "1", "caregivers", "county = '_T' and relation = '_T'"
            ).total(),
        }
    assert ours == {name: getattr(truth, name) for name in ours}
    closings = duckdb.sql(
        f"""select event_date, count(*) from '{snapshot}/status_events.parquet'
        where status = 'closed' and event_date <= date '{as_of}' group by 1"""
    ).fetchall()
    assert Counter(dict(closings)) == Counter({day: n for day, n in truth.closings.items() if day <= as_of})
