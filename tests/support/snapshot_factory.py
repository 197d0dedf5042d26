"""Small synthetic snapshots for tests: the Parquet files that dbt reads, from lists of plain rows."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from case_store.profile import load_profile
from case_store.profile_catalogue import Catalogue
from case_store.profile_fields import field_rows

Rows = Sequence[Mapping[str, Any]]

TEXT, DAY, COUNT, YEARS = pa.string(), pa.date32(), pa.int64(), pa.int16()

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "cases": {
        "case_pseudonym": TEXT,
        "registration_date": DAY,
        "sex": TEXT,
        "nationality": pa.list_(TEXT),
        "entry_point": TEXT,
        "birth_year": YEARS,
        "birth_month": YEARS,
        "age_at_registration": YEARS,
        "age_as_of": YEARS,
        "is_age_estimated": pa.bool_(),
        "registered_by_pseudonym": TEXT,
    },
    "case_states": {"case_pseudonym": TEXT, "field": TEXT, "value": TEXT, "since": DAY, "entry_no": pa.int32()},
    "status_events": {
        "case_pseudonym": TEXT,
        "event_no": pa.int32(),
        "status": TEXT,
        "event_date": DAY,
        "closure_reason": TEXT,
        "age": YEARS,
    },
    "case_concerns": {"case_pseudonym": TEXT, "concern": TEXT, "since": DAY},
    "follow_ups": {
        "case_pseudonym": TEXT,
        "follow_up_pseudonym": TEXT,
        "due_date": DAY,
        "done_date": DAY,
        "age": YEARS,
    },
    "care_arrangements": {
        "case_pseudonym": TEXT,
        "care_arrangement_pseudonym": TEXT,
        "care_type": TEXT,
        "started_date": DAY,
    },
    "caregivers": {"case_pseudonym": TEXT, "caregiver_pseudonym": TEXT, "relation": TEXT},
    "referrals": {
        "case_pseudonym": TEXT,
        "referral_pseudonym": TEXT,
        "service": TEXT,
        "status": TEXT,
        "referred_on": DAY,
        "age": YEARS,
    },
    "ref_codes": {
        "dimension": TEXT,
        "code": TEXT,
        "concept": TEXT,
        "sort_order": pa.int32(),
        "lookup": TEXT,
        "valid_from": DAY,
        "valid_to": DAY,
    },
    "ref_concepts": {"dimension": TEXT, "concept": TEXT, "role": TEXT, "sort_order": pa.int32()},
    "ref_locations": {"location_code": TEXT, "admin_level": pa.int16(), "county": TEXT},
    "ref_groups": {"group_id": TEXT, "county": TEXT},
    "ref_follow_up_intervals": {"risk": TEXT, "days": pa.int32(), "months": pa.int32()},
    "ref_placement_services": {"service": TEXT},
    "ref_run": {
        "as_of": DAY,
        "known_at": DAY,
        "launch_date": DAY,
        "time_zone": TEXT,
        "country": TEXT,
        "is_synthetic": pa.bool_(),
        "source_code": TEXT,
        "source_label_en": TEXT,
        "source_label_ro": TEXT,
        "source_label_uk": TEXT,
    },
    "coverage": {"table_name": TEXT, "outcome": TEXT, "reason": TEXT, "records": COUNT},
    "findings": {
        "rule_id": TEXT,
        "severity": TEXT,
        "table_name": TEXT,
        "field": TEXT,
        "reason": TEXT,
        "records": COUNT,
    },
}

CONCEPTS: dict[str, list[str]] = {
    "sex": ["M", "F"],
    "citizenship": ["UKR", "OTH", "STLS"],
    "care_status": ["UNACC", "SEP", "ACC"],
    "care_type": ["PARENT", "KINSHIP", "FOSTER", "RESID"],
    "concern": ["C01", "C07", "C25", "C27", "C28"],
    "intention": ["STAY", "TRANSIT", "RETURN"],
    "risk": ["HIGH", "MED", "LOW"],
    "entry_point": ["SIRET", "ISACCEA"],
    "closure_reason": ["LEFT_COUNTRY", "AGED_OUT"],
    "relation": ["PARENT", "SIBLING"],
    "service": ["HEALTH", "PLACEMENT"],
}
ROLES = {
    ("sex", "M"): "male",
    ("sex", "F"): "female",
    ("care_status", "UNACC"): "unaccompanied",
    ("care_status", "SEP"): "separated",
    ("risk", "HIGH"): "high_risk",
}
# the areas, ages, levels and labels of the first profile, with the few concepts above
CATALOGUE = {
    "ref_fields": field_rows(load_profile().fields),
    **Catalogue(
        load_profile().folder,
        ("en", "ro", "uk"),
        "seed3",
        {name: ["_T", *codes, "_U"] for name, codes in CONCEPTS.items()},
    ).tables(),
}


def source_code(concept: str) -> str:
    """The made-up source code of a statistical concept in these snapshots."""
    return f"src_{concept.lower()}"


def reference_rows(as_of: date, known_at: date) -> dict[str, Rows]:
    """The reference tables of a small made-up deployment with two counties in use."""
    return {
        "ref_codes": [
            {"dimension": dimension, "code": source_code(concept), "concept": concept}
            for dimension, concepts in CONCEPTS.items()
            for concept in concepts
        ],
        "ref_concepts": [
            {"dimension": dimension, "concept": code, "role": ROLES.get((dimension, code)), "sort_order": place}
            for dimension, concepts in CONCEPTS.items()
            for place, code in enumerate(["_T", *concepts, "_U"])
        ],
        "ref_follow_up_intervals": [
            {"risk": source_code("HIGH"), "days": 14, "months": None},
            {"risk": source_code("MED"), "days": None, "months": 1},
            {"risk": source_code("LOW"), "days": None, "months": 2},
        ],
        "ref_placement_services": [{"service": source_code("PLACEMENT")}],
        "ref_run": [
            {
                "as_of": as_of,
                "known_at": known_at,
                "launch_date": date(2022, 7, 25),
                "time_zone": "Europe/Bucharest",
                "country": "RO",
                "is_synthetic": True,
                "source_code": "PRIMERO_RO",
                "source_label_en": "Primero en",
                "source_label_ro": "Primero ro",
                "source_label_uk": "Primero uk",
            }
        ],
    }


def write_snapshot(folder: Path, rows: Mapping[str, Rows]) -> Path:
    """Write every source table to `folder` as Parquet; a table without rows is written empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in SCHEMAS.items():
        table = pa.Table.from_pylist([dict(row) for row in rows.get(name, [])], schema=pa.schema(columns))
        pq.write_table(table, folder / f"{name}.parquet")
    for name, table in CATALOGUE.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder
