"""What a serving file must hold: the tables and columns that these pages read, with their DuckDB types.

The file is written by the pipeline as `<serving folder>/<audience>.duckdb`; a contract test compares the two.
"""

NATIONAL = "national"

AGE_SYSTEM = "seed3"
"""The age bands of `registrations_monthly.age_band`, named in `dim_age_band.age_system`: 0-5, 6-13, 14-17."""

SEXES = ("F", "M", "_U")

INDICATORS = (
    "registered",
    "registered_in_month",
    "open",
    "closed",
    "with_concern",
    "unaccompanied_separated",
    "referred",
    "placed",
    "high_risk",
    "follow_ups_due_in_quarter",
    "follow_ups_on_time_in_quarter",
    "caregivers",
)
"""The rows of `overview`, one each. Month and quarter are those that hold `about.as_of`."""

_LABELS = {"label_en": "VARCHAR", "label_ro": "VARCHAR", "label_uk": "VARCHAR"}

TABLES: dict[str, dict[str, str]] = {
    "about": {
        "as_of": "DATE",
        "known_at": "DATE",
        "audience": "VARCHAR",
        "area_label_en": "VARCHAR",
        "area_label_ro": "VARCHAR",
        "area_label_uk": "VARCHAR",
        "build": "VARCHAR",
        "is_synthetic": "BOOLEAN",
        "source_code": "VARCHAR",
        "source_label_en": "VARCHAR",
        "source_label_ro": "VARCHAR",
        "source_label_uk": "VARCHAR",
    },
    "overview": {"indicator": "VARCHAR", "value": "BIGINT"},
    "registrations_monthly": {
        "month": "VARCHAR",
        "sex": "VARCHAR",
        "age_band": "VARCHAR",
        "children": "BIGINT",
    },
    "dim_concept": {"dimension": "VARCHAR", "code": "VARCHAR", **_LABELS, "sort_order": "INTEGER"},
    "dim_age_band": {"age_system": "VARCHAR", "age_band": "VARCHAR", **_LABELS, "sort_order": "INTEGER"},
}
"""Table -> column -> DuckDB type. More tables or columns may stand in the file; the pages do not read them."""
