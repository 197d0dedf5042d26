"""The golden table holds for three seeds, and one child more, closed, reopened or counted twice breaks its line."""

from datetime import date

import psycopg
import pytest

from case_store.profile import load_profile
from pipelines.commands.golden import golden_lines, refuse_disagreement
from pipelines.errors import RunError
from tests.support.marts_line import build_marts

CHILDREN = 33_936
DAY = date(2023, 12, 31)
PROFILE = load_profile()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_golden_table_holds(seeded_store, tmp_path, seed):
    lines = golden_lines(build_marts(tmp_path, seeded_store(CHILDREN, seed), DAY, DAY), PROFILE)
    assert len(lines) == len(PROFILE.published_figures)
    assert {line.figure: line.counted for line in lines if line.agrees is False} == {}
    refuse_disagreement(lines)


def test_a_later_day_is_another_table(seeded_store, tmp_path):
    """The store lives on: whoever reads today's values instead of those of the day gets other figures."""
    later = date(2024, 3, 31)
    lines = golden_lines(build_marts(tmp_path, seeded_store(CHILDREN, 1), later, later), PROFILE)
    wrong = {line.figure for line in lines if line.agrees is False}
    assert {"registered", "closed", "with_concern", "high_risk", "referred", "caregivers"} <= wrong


ONE_LOADED_CHILD = """
    select id from cases
    where data ->> 'status' = '{status}' and data ->> 'record_state' = 'true'
        and data ->> 'module_id' = 'primeromodule-cp' and data ->> 'age' in ('5', '6', '7', '8', '9', '10', '11', '12')
        and data ->> 'posted_at' between '2022-09-01' and '2023-05-31'
        and not exists (
            select from record_histories where record_id = cases.id::text and datetime >= '2023-06-01'
        )
    order by id limit 1
"""
TURN = """
    with child as ({child})
    insert into record_histories (record_id, record_type, datetime, user_name, action, record_changes)
    select id::text, 'Child', '2023-10-02 09:00', 'synthetic', 'update',
        '{{"status": {{"from": "{status}", "to": "{turned}"}}}}'::jsonb from child;
    update cases set data = data || '{{"status": "{turned}"}}'::jsonb where id in ({child})
"""
COPY = """
    insert into cases (id, data)
    select gen_random_uuid(), data || '{change}'::jsonb from cases where id in ({child})
"""
OPEN, CLOSED = (ONE_LOADED_CHILD.format(status=status) for status in ("open", "closed"))
CHANGES = {
    "inserted": (COPY.format(child=OPEN, change='{"name": "One more"}'), {"registered"}),
    "duplicated": (COPY.format(child=CLOSED, change="{}"), {"registered", "closed"}),
    "closed": (TURN.format(child=OPEN, status="open", turned="closed"), {"closed"}),
    "reopened": (TURN.format(child=CLOSED, status="closed", turned="open"), {"closed"}),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_one_child_changed_breaks_its_line(changed_store, tmp_path, change):
    query, broken = CHANGES[change]
    dsn = changed_store(CHILDREN, 1)
    with psycopg.connect(dsn) as connection:
        connection.execute(query)
    lines = golden_lines(build_marts(tmp_path, dsn, DAY, DAY), PROFILE)
    assert broken <= {line.figure for line in lines if line.agrees is False}
    label = next(line.label for line in lines if line.figure == min(broken))
    with pytest.raises(RunError, match=label):
        refuse_disagreement(lines)
