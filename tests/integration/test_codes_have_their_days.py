"""A profile in which codes came to mean something else, from a real store to the marts: each record counts once."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from case_store.database import connect
from case_store.errors import CaseStoreError
from pipelines.run.builds import start_build
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from pipelines.warehouse.build_warehouse import build_warehouse
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.support.line import write_key
from tests.support.recoded_profile import BEGINS, recoded_folder

DAY = date(2023, 12, 31)
CHILDREN, SEED = 700, 11
SUMS = {
    "registrations": "children",
    "children_by_risk": "children",
    "unaccompanied_separated": "children",
    "referred_children": "children",
    "placed_children": "children",
    "closures": "closures",
    "child_concern_pairs": "pairs",
    "children_with_concern": "children",
    "follow_ups_on_time": "due",
    "travel_intention": "children",
}
# a code of every dimension in two rows; where no pair of child and code could fall together, of another meaning
SPLIT = (
    ("sex", "female", "F", "F"),
    ("citizenship", "ukraine", "UKR", "OTH"),
    ("care_status", "unaccompanied", "UNACC", "SEP"),
    ("risk", "high", "HIGH", "HIGH"),
    ("intention", "transit_77aa001", "TRANSIT", "STAY"),
    ("entry_point", "siret_0d4c9a1", "SIRET", "OTHER"),
    ("concern", "disabled", "C27", "C27"),
    ("care_type", "parent_s", "PARENT", "KINSHIP"),
    ("relation", "mother", "PARENT", "SIBLING"),
    ("service", "special_protection_service", "PLACEMENT", "PLACEMENT"),
    ("status", "closed", "CLOSED", "CLOSED"),
)


def counted(dsn: str, folder: Path, profile: str) -> tuple[Counter[str], Counter[tuple[str, str]], Path]:
    """The sum of each mart, the records of each table by outcome, and the warehouse."""
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), dsn, profile)
    settings.make_data_folder()
    snapshot = take_snapshot(settings, ReferenceTime(DAY, DAY, "Europe/Bucharest"))
    start_build(settings.building)
    build_warehouse(settings, snapshot)
    warehouse = warehouse_file(settings.building)
    with duckdb.connect(str(warehouse), read_only=True) as marts:
        sums = Counter({name: _value(marts, f"select sum({what}) from marts.{name}") for name, what in SUMS.items()})
        sums["caregivers"] = _value(
            marts, "select sum(caregivers) from marts.caregivers where county = '_T' and relation = '_T'"
        )
    outcomes = Counter[tuple[str, str]]()
    for row in read_manifest(snapshot)["coverage"]:
        outcomes[row["table_name"], row["outcome"]] += row["records"]
    return sums, outcomes, warehouse


def _value(marts: duckdb.DuckDBPyConnection, query: str) -> int:
    row: tuple[Any, ...] | None = marts.execute(query).fetchone()
    return int(row[0]) if row else 0


def test_codes_in_two_rows_count_every_record_once(seeded_store: Callable[[int, int], str], tmp_path: Path) -> None:
    dsn = seeded_store(CHILDREN, SEED)
    plain, outcomes, _ = counted(dsn, tmp_path / "plain", "romania")
    split, same_outcomes, warehouse = counted(dsn, tmp_path / "split", str(recoded_folder(tmp_path, *SPLIT)))
    assert (split, same_outcomes) == (plain, outcomes)
    assert all(split.values())
    with duckdb.connect(str(warehouse), read_only=True) as marts:
        rows = marts.execute(
            "select month >= '2023-06', care_status = 'UNACC', count(*) from marts.registrations group by all"
        ).fetchall()
    meant = {(is_later, is_alone) for is_later, is_alone, _ in rows}
    assert meant == {(False, True), (False, False), (True, False)}


@pytest.mark.parametrize(("label", "is_right"), [("Woman", True), ("Girl", False)])
def test_a_past_day_is_built_again_after_a_code_was_recoded(
    label: str, is_right: bool, changed_store: Callable[[int, int], str], tmp_path: Path
) -> None:
    """The store shows the label of today, whichever past day is asked for."""
    dsn = changed_store(CHILDREN, SEED)
    folder = recoded_folder(tmp_path, ("sex", "female", "F", "F"))
    with (folder / "source_labels.csv").open("a", encoding="utf-8") as labels:
        labels.writelines(f"sex,female@{BEGINS},{language},Woman\n" for language in ("en", "ro", "uk"))
    with connect(dsn) as connection:
        connection.execute(
            """update lookups set lookup_values_i18n = regexp_replace(
                lookup_values_i18n::text, '"(Female|Feminin|Жіноча)"', %s, 'g')::jsonb
            where unique_id = 'lookup-gender'""",
            [f'"{label}"'],
        )
    settings = Settings(tmp_path / "data", tmp_path / "state", write_key(tmp_path / "key"), dsn, str(folder))
    settings.make_data_folder()
    past = ReferenceTime(date(2023, 3, 31), date(2023, 3, 31), "Europe/Bucharest")
    if is_right:
        assert read_manifest(take_snapshot(settings, past))["known_at"] == "2023-03-31"
    else:
        with pytest.raises(CaseStoreError, match="The label of `female` of lookup-gender has changed"):
            take_snapshot(settings, past)
