"""A quarter's marts by hand, for tests of releases: no store, no snapshot, no dbt. A few invented children."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from pipelines.release.design_advice import advise_on_tables
from pipelines.release.drafts import approve, draft_release
from pipelines.release.protect_release import protect_cells
from pipelines.run.policy_in_force import public_policy
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import MANIFEST, manifest_bytes, sha256
from pipelines.warehouse.not_asked import keep_absent_columns
from pipelines.warehouse.warehouse_file import warehouse_file
from publications.register import Vintage
from tests.support.catalogue_frames import LANGUAGES, catalogue_frames

QUARTER, AS_OF, KNOWN_AT = "2023-Q4", date(2023, 12, 31), date(2024, 1, 14)
AREAS = (
    ("RO", "COUNTRY", None),
    ("RO42", "REGION", "RO"),
    ("RO32", "REGION", "RO"),
    ("RO421", "COUNTY", "RO42"),
    ("RO422", "COUNTY", "RO42"),
    ("RO424", "COUNTY", "RO42"),
    ("RO321", "COUNTY", "RO32"),
    ("_U", "UNKNOWN", None),
)
AGES = (("Y3", "Y0T5"), ("Y7", "Y6T13"), ("Y15", "Y14T17"), ("Y_GE18", "Y_GE18"))
CONCEPTS = (("sex", "F"), ("sex", "M"), ("care_status", "UNACC"), ("care_status", "SEP"))
COUNTIES = {"RO421": 12, "RO422": 0, "RO424": 31, "RO321": 25}


@dataclass(frozen=True)
class Line:
    """A data folder, and the two steps from marts to a draft, for one quarter."""

    settings: Settings
    as_of: date = AS_OF
    known_at: date = KNOWN_AT

    @property
    def snapshot(self) -> Path:
        return self.settings.snapshots / self.time.folder

    @property
    def time(self) -> ReferenceTime:
        return ReferenceTime(self.as_of, self.known_at, "Europe/Bucharest")

    def draft(self) -> Vintage:
        """Protects and drafts the quarter from the marts as they stand."""
        protect_cells(self.settings, self.settings.building, self.time)
        return draft_release(self.settings, self.settings.building, self.snapshot, self.time)

    def approve(
        self, vintage: str = "v1", by: str = "Ana Sintetica", second: str = "Olena Vydumana", note: str = "invented"
    ) -> Path:
        return approve(self.settings, self.time.quarter, vintage, by, second, note, self.known_at + timedelta(18))


def line_in(folder: Path) -> Line:
    """The line's folders below `folder`, whatever is in them."""
    return Line(Settings(folder / "data", folder / "state", folder / "state" / "key", None))


def write_marts(
    line: Line,
    counties: dict[str, int] | None = None,
    absent: tuple[str, ...] = (),
    listed: tuple[str, ...] | None = None,
) -> None:
    """Marts, coverage and advice of the quarter: so many children registered in each county, some columns not asked.

    listed: the public tables that the profile lists, None where it lists none and so all are published.
    """
    children = COUNTIES if counties is None else counties
    line.settings.make_data_folder()
    for folder in (line.settings.building, line.snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    keep_absent_columns(line.settings.building, {"absent_columns": absent, "public_tables": listed})
    file = warehouse_file(line.settings.building)
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as warehouse:
        warehouse.execute("create schema marts")
        for name, frame in _marts(children, line.time.quarter).items():
            warehouse.register("rows_of_it", frame)
            warehouse.execute(f"create table marts.{name} as from rows_of_it")
    coverage = line.snapshot / "coverage.parquet"
    _coverage(sum(children.values())).to_parquet(coverage)
    tables = {"coverage": {"rows": 1, "sha256": sha256(coverage)}}
    (line.snapshot / MANIFEST).write_bytes(manifest_bytes({"tables": tables, "coverage": [], "findings": []}))
    advise_on_tables(public_policy(line.settings), line.settings.building, line.time)


def _marts(children: dict[str, int], quarter: str) -> dict[str, pd.DataFrame]:
    leaves = [(c, a, s) for c in children for a, _ in AGES[:3] for s in ("F", "M")]
    registered = [(quarter, *leaf, children[leaf[0]] + n % 2) for n, leaf in enumerate(leaves)]
    open_cases = [(*leaf, ("UNACC", "SEP")[n % 2], 6 + 5 * n % 9) for n, leaf in enumerate(leaves)]
    return {
        "dim_run": pd.DataFrame({"is_synthetic": [True], "source_code": ["CASE_STORE"]}),
        "dim_language": pd.DataFrame({"language": LANGUAGES, "rank": range(1, len(LANGUAGES) + 1)}),
        "dim_area": _labelled(AREAS, "area", "area_level", "parent_area"),
        "dim_level": catalogue_frames()["dim_level"],
        "dim_dimension": catalogue_frames()["dim_dimension"],
        "dim_label": _labels(),
        "dim_level_code": pd.DataFrame(
            _level_codes(), columns=["classification", "level", "leaf", "code", "sort_order"]
        ),
        "dim_age_band": _labelled([("seed3", band) for _, band in AGES], "age_system", "age_band"),
        "dim_concept": _labelled(CONCEPTS, "dimension", "code").assign(
            role=["female", "male", "unaccompanied", "separated"]
        ),
        "registrations": pd.DataFrame(registered, columns=["quarter", "county", "age", "sex", "children"]),
        "unaccompanied_separated": pd.DataFrame(
            open_cases, columns=["county", "age", "sex", "care_status", "children"]
        ),
    }


def _labels() -> pd.DataFrame:
    named = [("area", area) for area, *_ in AREAS] + [("seed3", band) for _, band in AGES] + [*CONCEPTS]
    rows = [(of, code, language, f"{code} in {language}") for of, code in named for language in LANGUAGES]
    rows += [("source", "CASE_STORE", language, "The case store") for language in LANGUAGES]
    dimensions = catalogue_frames()["dim_dimension"]
    rows += [
        ("dimension", name, language, label)
        for language in LANGUAGES
        for name, label in zip(dimensions["dimension"], dimensions[f"label_{language}"], strict=True)
    ]
    return pd.DataFrame(rows, columns=["classification", "code", "language", "label"])


def _level_codes() -> list[tuple[str, str, str, str, int]]:
    counties = [(area, above) for area, level, above in AREAS if level in ("COUNTY", "UNKNOWN")]
    codes = [("area", "COUNTY", county, county) for county, _ in counties]
    codes += [("area", "REGION", county, above or county) for county, above in counties]
    codes += [("seed3", "SEED3", *age) for age in AGES]
    codes += [(dimension, dimension.upper(), code, code) for dimension, code in CONCEPTS]
    return [(*code, place) for place, code in enumerate(codes)]


def _labelled(rows: object, *columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    code = frame[columns[0] if columns[0] == "area" else columns[1]]
    labels = {f"label_{language}": code + f" in {language}" for language in ("en", "ro", "uk")}
    return frame.assign(**labels, sort_order=range(len(frame)))


def _coverage(loaded: int) -> pd.DataFrame:
    rows = [
        ("cases", "extracted", None, loaded + 9),
        ("cases", "loaded", None, loaded),
        ("cases", "excluded", "DUPLICATE", 9),
    ]
    return pd.DataFrame(rows, columns=["table_name", "outcome", "reason", "records"])
