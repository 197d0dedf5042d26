"""Gate 2: the shape of the marts. Every cell has known codes, a count that can be, and is listed once.

Each indicator is judged by its own columns, so another one needs no other rule. Whoever asks gives views over all
indicators: `marts.cell_counts` (mart, column_name, n), `marts.cell_keys` (mart, has_null, cells: how many rows have the
same dimensions), `marts.cell_values` (mart, column_name, value, cells) and `marts.cell_months` (mart, month, quarter).
"""

from data_quality.rule import Rule, failing_rows

REPORT = "If not, a model of the warehouse is at fault: report the defect, publish nothing."
# columns that hold areas, as the profile's list of fields says; a total of caregivers is no code
AREAS = "column_name in (select attribute from snapshot.ref_fields where type in ('location', 'groups'))"
# of the finest level, and of the one at which coordinators work, where persons are counted who are known in two places
AREAS_THAT_COUNT = """select leaf from marts.dim_level_code where classification = 'area'
    union all select code from marts.dim_level_code inner join marts.dim_level using (classification, level)
    where classification = 'area' and is_coordinated"""
VALUES = "marts.cell_values where value is distinct from '_T'"
TIME = ("month", "quarter")


def _unknown_values(columns: str, known: str) -> str:
    """Rows of the marts whose value of these columns is not among the known ones, and the column in which most are."""
    return f"""
        select
            coalesce(sum(cells) filter (where not is_known), 0)::bigint as failing,
            coalesce(sum(cells), 0)::bigint as total,
            coalesce(arg_max(mart || '.' || column_name, cells) filter (where not is_known), '') as place
        from (select *, ({known}) is true as is_known from {VALUES} and {columns})
    """


RULES = (
    Rule(
        "MRT-20",
        "no count is negative or missing",
        "error",
        "all marts",
        "A count is a whole number of at least 0. " + REPORT,
        failing_rows("marts.cell_counts", "(n >= 0) is not true"),
    ),
    Rule(
        "MRT-22",
        "no dimension is missing",
        "error",
        "all marts",
        "What is not known is _U, never null. " + REPORT,
        """
        select
            coalesce(sum(cells) filter (where has_null), 0)::bigint as failing,
            coalesce(sum(cells), 0)::bigint as total
        from marts.cell_keys
        """,
    ),
    Rule(
        "MRT-23",
        "a cell is listed once",
        "error",
        "all marts",
        "One row for each combination of a mart's dimensions; a doubled one is counted twice. " + REPORT,
        """
        select coalesce(sum(cells - 1), 0)::bigint as failing, coalesce(sum(cells), 0)::bigint as total
        from marts.cell_keys
        """,
    ),
    Rule(
        "MRT-24",
        "every county of the marts is a county",
        "error",
        "dim_area",
        "Areas are those of the finest level of dim_area, those at which coordinators work, or _U. Add the missing "
        "area to the profile's areas, or correct its locations and groups.",
        _unknown_values(AREAS, f"value in ({AREAS_THAT_COUNT})"),
    ),
    Rule(
        "MRT-25",
        "every age of the marts is known",
        "error",
        "dim_age",
        "Ages are single years of dim_age, Y_GE18 or _U. " + REPORT,
        _unknown_values("column_name = 'age'", "value in (select age from marts.dim_age)"),
    ),
    Rule(
        "MRT-30",
        "every concept of the marts has a label",
        "error",
        "dim_concept",
        "A code without a row in dim_concept has no label and no place in a table. Add the concept to the profile, "
        "and map the source code to it.",
        _unknown_values(
            f"column_name not in ('age', 'month', 'quarter') and not ({AREAS})",
            "(column_name, value) in (select (dimension, code) from marts.dim_concept)",
        ),
    ),
    Rule(
        "MRT-40",
        "every month is in the calendar, in its quarter",
        "error",
        "dim_month",
        "Months of the marts are in dim_month with the same quarter. Lengthen the calendar, or report the defect.",
        failing_rows(
            "marts.cell_months as m left join marts.dim_month as d using (month)",
            "(d.month is not null and m.quarter = d.quarter) is not true",
        ),
    ),
    Rule(
        "MRT-41",
        "registrations lie between the launch and the reference day",
        "error",
        "registrations",
        "A registration outside those months belongs to no period of these statistics. " + REPORT,
        failing_rows(
            "marts.registrations cross join snapshot.ref_run",
            "(month between strftime(launch_date, '%Y-%m') and strftime(as_of, '%Y-%m')) is not true",
        ),
    ),
    Rule(
        "MRT-42",
        "nothing is counted after the reference day",
        "error",
        "all marts",
        "What is counted by month lies no later than the month of the reference day. " + REPORT,
        failing_rows(
            "marts.cell_months cross join snapshot.ref_run", "(month <= strftime(as_of, '%Y-%m')) is not true"
        ),
    ),
)
