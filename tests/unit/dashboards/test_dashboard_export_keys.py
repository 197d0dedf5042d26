"""The rows behind the registrations page, and their download: one a key, or none."""

import duckdb
import pytest

from dashboards import data
from dashboards.errors import DashboardError


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "('2023-10', 'F', 'Y0T5', 3), ('2023-10', 'F', 'Y0T5', 4)) t(month, sex, age_band, children)",
            "repeats a key",
        ),
        ("('2023-10', 'F', 'Y0T5', 'C01', 3)) t(month, sex, age_band, concern, children)", "concern"),
    ],
)
def test_a_dimension_that_no_page_shows_is_refused(rows: str, told: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table registrations_monthly as from (values {rows}")
        connection.execute(
            "create table served_columns as select 'registrations_monthly' as table_name, "
            "'sex' as column_name, true as is_filter"
        )
        with pytest.raises(DashboardError, match=f"registrations_monthly.*{told}"):
            data.registrations(connection)
