"""The profile's tables: CSV files read with fixed types, held against each other, and given out as `ref_*`."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from case_store.code_validity import named_at_rest, names_of, refuse_overlaps
from case_store.errors import CaseStoreError
from case_store.profile_fields import field_rows
from case_store.profile_labels import SOURCE, Key, Labels, refuse_unlabelled
from case_store.roles import codes_by_role, refuse_wrong_roles
from configuration.file import ConfigurationFile

if TYPE_CHECKING:
    from case_store.profile import Interval, Profile

CODES_SCHEMA = pa.schema(
    [
        ("dimension", pa.string()),
        ("code", pa.string()),
        ("concept", pa.string()),
        ("sort_order", pa.int32()),
        ("lookup", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
CONCEPTS_SCHEMA = pa.schema(
    [("dimension", pa.string()), ("concept", pa.string()), ("role", pa.string()), ("sort_order", pa.int32())]
)
_LOCATIONS_SCHEMA = pa.schema([("location_code", pa.string()), ("admin_level", pa.int32()), ("county", pa.string())])
_GROUPS_SCHEMA = pa.schema([("group_id", pa.string()), ("county", pa.string())])


# columns that the line reads of each file; a profile may have more, which the synthetic store reads
NEEDED: Mapping[str, Sequence[str]] = {
    "codes": CODES_SCHEMA.names,
    "concepts": CONCEPTS_SCHEMA.names,
    "locations": _LOCATIONS_SCHEMA.names,
    "groups": _GROUPS_SCHEMA.names,
    "form": ["field", "subform"],
    "lookups": ["lookup", "code"],
}
FILLED: Mapping[str, Sequence[str]] = {
    "codes": ["dimension", "code", "concept", "sort_order"],
    "concepts": ["dimension", "concept", "sort_order"],
    "locations": ["location_code", "admin_level"],
    "groups": ["group_id"],
    "form": ["field"],
    "lookups": ["lookup", "code"],
}


def read_table(folder: Traversable, name: str, schema: pa.Schema | None = None) -> pa.Table:
    """One CSV of the profile: the columns of `schema` with its types (empty = null), or every column as text.

    Raises CaseStoreError naming the file, the column that is missing, and the line that is not of its type.
    """
    file = _file(folder, name)
    rows = file.rows(NEEDED[name], FILLED[name], more=True)
    if schema is None:
        return pa.Table.from_pylist(rows, schema=pa.schema([(column, pa.string()) for column in rows[0]]))
    typed = [
        {field.name: _typed(file, number, field, row[field.name]) for field in schema}
        for number, row in enumerate(rows, start=2)
    ]
    return pa.Table.from_pylist(typed, schema=schema)


def _file(folder: Traversable, name: str) -> ConfigurationFile:
    return ConfigurationFile(folder / f"{name}.csv", CaseStoreError, f"{folder.name}/{name}.csv")


def _typed(file: ConfigurationFile, line: int, field: pa.Field, value: str) -> str | int | dt.date | None:
    try:
        if not value:
            return None
        if pa.types.is_integer(field.type):
            return int(value)
        return dt.date.fromisoformat(value) if pa.types.is_date(field.type) else value
    except ValueError:
        wanted = "a whole number" if pa.types.is_integer(field.type) else "a date such as 2022-07-25"
        raise file.wrong(f"line {line}: {field.name} is {value!r}, and must be {wanted}.") from None


def crosswalk(folder: Traversable) -> pa.Table:
    """codes.csv as it is written, checked: one code may stand in several rows, whose days must not overlap."""
    codes = read_table(folder, "codes", CODES_SCHEMA)
    refuse_overlaps(f"{folder.name}/codes.csv", codes, _file(folder, "codes").text())
    return codes


def labelled_crosswalk(folder: Traversable, labels: Labels, languages: Sequence[str]) -> pa.Table:
    """`crosswalk` with a column `label_<language>` for each language.

    The label is that of the row's name at rest (see `named_at_rest`), else that of its code. CaseStoreError names a
    code without a label.
    """
    codes = crosswalk(folder)
    names = named_at_rest(codes)["code"].to_pylist()
    rows = codes.to_pylist()
    keys = [_labelled_key(labels, row, name) for row, name in zip(rows, names, strict=True)]
    refuse_unlabelled(folder, SOURCE, labels, keys)
    for language in languages:
        said = pa.array([labels[key][language] for key in keys], pa.string())
        codes = codes.append_column(f"label_{language}", said)
    return codes


def _labelled_key(labels: Labels, row: Mapping[str, str], name: str) -> Key:
    named = (row["dimension"], name)
    return named if named in labels else (row["dimension"], row["code"])


def reference_tables(profile: "Profile") -> dict[str, pa.Table]:
    """The profile's `ref_*` tables, checked: unique keys, concepts that exist, places inside a county.

    In `ref_codes` each row has a `code` of its own (see `named_at_rest`); `source_code` is what documents hold.
    """
    folder = profile.folder
    codes = named_at_rest(crosswalk(folder))
    tables = {
        "ref_codes": codes,
        "ref_concepts": read_table(folder, "concepts", CONCEPTS_SCHEMA),
        "ref_locations": read_table(folder, "locations", _LOCATIONS_SCHEMA),
        "ref_groups": read_table(folder, "groups", _GROUPS_SCHEMA),
        "ref_follow_up_intervals": _intervals_table(profile, codes),
        "ref_fields": field_rows(profile.fields),
        **profile.catalogue.tables(),
    }
    tables["ref_placement_services"] = pa.table({"service": pa.array(_placement_services(tables), pa.string())})
    _check_unique(folder.name, tables)
    _check_places(profile, tables)
    _check_crosswalk(folder.name, tables, profile.launch_date)
    refuse_wrong_roles(folder.name, tables["ref_concepts"], tables["ref_codes"], profile.absent_columns)
    if "case.risk" not in profile.absent_columns:
        _check_named_codes(profile.codes, "follow_up_intervals", "risk", tuple(profile.follow_up_intervals))
        _check_every_risk(profile.codes, profile)
    return tables


def _check_named_codes(codes: pa.Table, key: str, dimension: str, named: tuple[str, ...]) -> None:
    known = [row["code"] for row in codes.to_pylist() if row["dimension"] == dimension]
    for code in named:
        if code not in known:
            raise CaseStoreError(
                f"profile.yml: '{key}.{code}' is no code of the dimension {dimension} in codes.csv; known: "
                f"{', '.join(known)}."
            )


def _check_every_risk(codes: pa.Table, profile: "Profile") -> None:
    """A risk without an interval would never have a follow-up due, and nobody would be told."""
    for row in codes.to_pylist():
        if row["dimension"] == "risk" and row["code"] not in profile.follow_up_intervals:
            raise CaseStoreError(
                f"profile.yml: 'follow_up_intervals.{row['code']}' is missing: codes.csv has this risk, so say how "
                "soon its follow-ups are due."
            )


def _intervals_table(profile: "Profile", codes: pa.Table) -> pa.Table:
    intervals = profile.follow_up_intervals
    named = [(name, interval) for risk, interval in intervals.items() for name in names_of(codes, "risk", risk)]
    _check_intervals(named, codes)
    columns = {
        "risk": pa.array([name for name, _ in named], pa.string()),
        "days": pa.array([interval.days for _, interval in named], pa.int32()),
        "months": pa.array([interval.months for _, interval in named], pa.int32()),
    }
    return pa.table(columns)


def _check_intervals(named: Iterable[tuple[str, "Interval"]], codes: pa.Table) -> None:
    concepts = {row["code"]: row["concept"] for row in codes.to_pylist() if row["dimension"] == "risk"}
    allowed: dict[str, Interval] = {}
    for code, interval in named:
        concept = concepts.get(code, code)
        if allowed.setdefault(concept, interval) != interval:
            raise CaseStoreError(
                f"profile.yml: 'follow_up_intervals' allows two different times for codes that mean '{concept}', "
                f"'{code}' among them; give all of them the same."
            )


def _placement_services(tables: dict[str, pa.Table]) -> list[str]:
    """The services, as called at rest, whose referral is a placement: those with the concept of that role."""
    concepts = codes_by_role(tables["ref_concepts"]).get(("service", "placement"), ())
    rows = tables["ref_codes"].to_pylist()
    return [row["code"] for row in rows if row["dimension"] == "service" and row["concept"] in concepts]


def _check_unique(profile_name: str, tables: dict[str, pa.Table]) -> None:
    keys = {
        "ref_codes": ["dimension", "code"],
        "ref_concepts": ["dimension", "concept"],
        "ref_locations": ["location_code"],
        "ref_groups": ["group_id"],
    }
    for name, key in keys.items():
        counts = tables[name].group_by(key).aggregate([([], "count_all")])
        twice = counts.filter(pc.greater(counts["count_all"], 1))
        if twice.num_rows:
            key_text = "/".join(str(twice[column][0]) for column in key)
            raise CaseStoreError(f"{profile_name}/{name.removeprefix('ref_')}.csv: '{key_text}' is listed twice.")


def _check_places(profile: "Profile", tables: dict[str, pa.Table]) -> None:
    whole, leaves = profile.catalogue.areas[0]["area"], profile.catalogue.leaf_areas
    if profile.country != whole:
        raise CaseStoreError(f"profile.yml: 'country' must be {whole}, the area of areas.csv that holds all others.")
    for name in ("locations", "groups"):
        for area in tables[f"ref_{name}"]["county"].to_pylist():
            if area and area not in leaves:
                raise CaseStoreError(
                    f"{profile.folder.name}/{name}.csv: county {area} is not an area of the finest level of areas.csv; "
                    f"known: {', '.join(leaves)}."
                )


def _check_crosswalk(profile_name: str, tables: dict[str, pa.Table], launch_date: dt.date) -> None:
    concepts = set(zip(*(tables["ref_concepts"][key].to_pylist() for key in ("dimension", "concept")), strict=True))
    for row in tables["ref_codes"].to_pylist():
        key = f"{profile_name}/codes.csv: '{row['dimension']}/{row['code']}'"
        if (row["dimension"], row["concept"]) not in concepts:
            raise CaseStoreError(f"{key} names a concept that concepts.csv does not have.")
        if row["valid_to"] is not None and row["valid_to"] < launch_date:
            raise CaseStoreError(f"{key} ended before the launch; remove the row.")
