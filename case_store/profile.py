"""A deployment's profile: source fields to contract columns, code crosswalk, places, groups and rules, checked."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

from case_store.contract import NOT_ASKED, FieldType, Kind
from case_store.errors import CaseStoreError
from case_store.profile_fields import Field, Section, with_absent
from case_store.profile_tables import CONCEPTS_SCHEMA, crosswalk, read_table, reference_tables
from case_store.published_figures import PublishedFigure, read_published_figures
from configuration.file import ConfigurationFile

LANGUAGES = ("en", "ro", "uk")
KEYS = (
    "name", "title", "country", "data_source", "time_zone", "launch_date", "module_id", "fields",
    "follow_up_intervals", "flagged_duplicates", "referral_types", "placement_services",
)  # fmt: skip
COUNTRY = re.compile(r"[A-Z]{2}")
TRANSITIONS = ("Assign", "Referral", "Transfer", "TransferRequest")  # types of Primero's table
SOURCE_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
FlaggedDuplicates = Literal["load", "exclude"]


@dataclass(frozen=True)
class Interval:
    """The longest time allowed between two follow-ups: calendar months, then days."""

    days: int
    months: int


@dataclass(frozen=True)
class DataSource:
    """What the deployment's records are called: a code for machines, and a name in every language."""

    code: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Profile:
    """A deployment as data. Nothing outside it knows a source key or a source code."""

    folder: Traversable
    name: str
    title: Mapping[str, str]
    country: str
    data_source: DataSource
    time_zone: str
    launch_date: dt.date
    modules: tuple[str, ...]
    fields: Mapping[str, Section]
    follow_up_intervals: Mapping[str, Interval]
    flagged_duplicates: FlaggedDuplicates
    referral_types: tuple[str, ...]
    placement_services: tuple[str, ...]
    published_figures: tuple[PublishedFigure, ...]

    @property
    def module_id(self) -> str:
        """The first of the modules whose cases are counted: the one that synthetic cases carry."""
        return self.modules[0]

    @property
    def absent_columns(self) -> tuple[str, ...]:
        """Columns of the contract that this deployment does not ask, such as 'case.intention', in order."""
        sections = self.fields.values()
        return tuple(sorted(f"{s.name}.{f.column}" for s in sections for f in s.columns.values() if f.is_absent))

    def source(self, column: str, section: str = "case") -> str:
        """The source key of a contract column, e.g. `source("residence")`; `CaseStoreError` when there is none."""
        found = self.fields[section].columns.get(column) if section in self.fields else None
        if found is None or found.is_absent:
            raise CaseStoreError(
                f"Profile '{self.name}' maps no column '{section}.{column}'; add it under fields in profile.yml."
            )
        return found.source

    @property
    def dimensions_of_fields(self) -> dict[str, str]:
        """Source field of a case -> the dimension whose codes it holds."""
        return {field.source: field.dimension for field in self.fields["case"].columns.values() if field.dimension}

    def subform(self, section: str) -> str:
        """The source key of a subform, e.g. `subform("follow_ups")`; `CaseStoreError` when there is none."""
        found = self.fields.get(section)
        if found is None or found.source is None or found.source.startswith(NOT_ASKED):
            raise CaseStoreError(
                f"Profile '{self.name}' maps no subform '{section}'; add it under fields in profile.yml."
            )
        return found.source

    def table(self, name: str) -> pa.Table:
        """One CSV of the profile (codes, concepts, locations, groups, form, lookups): all text, '' for empty."""
        return read_table(self.folder, name)

    @property
    def codes(self) -> pa.Table:
        """The crosswalk as codes.csv writes it: a code may stand in several rows, each for its own days."""
        return crosswalk(self.folder)

    def reference_tables(self) -> dict[str, pa.Table]:
        """The `ref_*` tables, which travel with every snapshot."""
        return reference_tables(self)


@cache
def load_profile(name: str = "romania") -> Profile:
    """The profile `name` of this package, read once; raises as `read_profile`."""
    return read_profile(files("case_store") / "profiles" / name)


def read_profile(folder: Traversable) -> Profile:
    """Read, check and freeze the profile in `folder`; `CaseStoreError` names the file and the key at fault."""
    raw = _read_yaml(folder, "profile.yml")
    _refuse_unknown_keys(raw, KEYS)
    profile = Profile(
        folder=folder,
        name=_text(raw, "name"),
        title=_names(raw, "title"),
        country=_country(raw),
        data_source=_data_source(_mapping(raw, "data_source")),
        time_zone=_time_zone(raw),
        launch_date=_date(raw, "launch_date"),
        modules=_modules(raw),
        fields=with_absent(_sections(_mapping(raw, "fields"))),
        follow_up_intervals=_intervals(_mapping(raw, "follow_up_intervals")),
        flagged_duplicates=_flagged_duplicates(raw),
        referral_types=_referral_types(raw),
        placement_services=_texts(raw, "placement_services"),
        published_figures=read_published_figures(folder),
    )
    _check_dimensions(profile)
    profile.reference_tables()  # a broken table is found now, not at the end of a run
    profile.table("form")
    return profile


def _read_yaml(folder: Traversable, file: str) -> dict[str, Any]:
    if not (folder / file).is_file():
        raise CaseStoreError(f"There is no profile '{folder.name}': its {file} is missing.")
    return ConfigurationFile(folder / file, CaseStoreError, f"{folder.name}/{file}").mapping()


def _fault(key: str, wanted: str) -> CaseStoreError:
    return CaseStoreError(f"profile.yml: '{key}' must be {wanted}.")


def _text(raw: Mapping[str, Any], key: str, prefix: str = "") -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _fault(f"{prefix}{key}", "a text")
    return value


def _texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _fault(key, "a list of texts")
    if len(set(value)) < len(value):
        raise _fault(key, "a list that names each once")
    return tuple(value)


def _names(raw: Mapping[str, Any], key: str, prefix: str = "") -> dict[str, str]:
    """A text in every language, and in no other."""
    names = _mapping(raw, key, prefix)
    _refuse_unknown_keys(names, LANGUAGES, f"{prefix}{key}.")
    return {language: _text(names, language, f"{prefix}{key}.") for language in LANGUAGES}


def _country(raw: Mapping[str, Any]) -> str:
    country = _text(raw, "country")
    if not COUNTRY.fullmatch(country):
        raise _fault("country", "two capital letters (ISO 3166-1), such as RO")
    return country


def _referral_types(raw: Mapping[str, Any]) -> tuple[str, ...]:
    types = _texts(raw, "referral_types")
    for name in types:
        if name not in TRANSITIONS:
            raise _fault(
                "referral_types", f"a list of types of transition, and {name!r} is none: {', '.join(TRANSITIONS)}"
            )
    return types


def _modules(raw: Mapping[str, Any]) -> tuple[str, ...]:
    value = raw.get("module_id")
    modules = [value] if isinstance(value, str) else value
    if not isinstance(modules, list) or not modules or not all(isinstance(name, str) and name for name in modules):
        raise _fault("module_id", "a text, or a list of texts such as [primeromodule-cp, primeromodule-pcm]")
    if len(set(modules)) < len(modules):
        raise _fault("module_id", "a list that names each module once")
    return tuple(modules)


def _mapping(raw: Mapping[str, Any], key: str, prefix: str = "") -> dict[str, Any]:
    value = raw.get(key)
    if not isinstance(value, dict) or not value:
        raise _fault(f"{prefix}{key}", "a mapping")
    return value


def _refuse_unknown_keys(raw: Mapping[str, Any], known: Collection[str], prefix: str = "") -> None:
    for key in raw:
        if key not in known:
            raise CaseStoreError(f"profile.yml: '{prefix}{key}' is not a key of a profile; known: {', '.join(known)}.")


def _date(raw: Mapping[str, Any], key: str) -> dt.date:
    value = raw.get(key)
    if type(value) is not dt.date:
        raise _fault(key, "a date such as 2022-07-25")
    return value


def _data_source(raw: Mapping[str, Any]) -> DataSource:
    _refuse_unknown_keys(raw, ("code", "name"), "data_source.")
    code = _text(raw, "code", "data_source.")
    if not SOURCE_CODE.fullmatch(code) or "SYNTHETIC" in code:
        raise _fault("data_source.code", "capital letters, digits and _, and not SYNTHETIC, which the records say")
    return DataSource(code, _names(raw, "name", "data_source."))


def _time_zone(raw: Mapping[str, Any]) -> str:
    zone = _text(raw, "time_zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise _fault("time_zone", "a zone of the IANA database, such as Europe/Bucharest") from unknown
    return zone


def _sections(raw: dict[str, Any]) -> dict[str, Section]:
    return {name: _section(name, _mapping(raw, name, "fields.")) for name in raw}


def _section(name: str, raw: dict[str, Any]) -> Section:
    prefix = f"fields.{name}."
    source = None if name == "case" else _text(raw, "source", prefix)
    columns = _mapping(raw, "columns", prefix)
    return Section(name, source, {column: _field(f"{prefix}columns.{column}", columns[column]) for column in columns})


def _field(key: str, raw: Any) -> Field:
    if not isinstance(raw, dict):
        raise _fault(key, "a mapping with source, type and kind")
    if raw.get("type") not in get_args(FieldType):
        raise _fault(f"{key}.type", f"one of {', '.join(get_args(FieldType))}")
    if raw.get("kind") not in get_args(Kind):
        raise _fault(f"{key}.kind", f"one of {', '.join(get_args(Kind))}")
    if (raw["type"] in ("code", "codes")) != ("dimension" in raw):
        raise _fault(f"{key}.dimension", "given for codes, and for codes only")
    if not isinstance(raw.get("dimension", ""), str):
        raise _fault(f"{key}.dimension", "a text")
    _refuse_unknown_keys(raw, ("source", "type", "kind", "dimension"), f"{key}.")
    return Field(key.rsplit(".", 1)[1], _text(raw, "source", f"{key}."), raw["type"], raw["kind"], raw.get("dimension"))


def _intervals(raw: dict[str, Any]) -> dict[str, Interval]:
    for risk, interval in raw.items():
        if (
            not isinstance(interval, dict)
            or not interval.keys() <= {"days", "months"}
            or not interval
            or not all(type(n) is int and n >= 0 for n in interval.values())
            or not any(interval.values())
        ):
            raise _fault(f"follow_up_intervals.{risk}", "a number of days, of months, or both, above 0")
    return {risk: Interval(int(raw[risk].get("days", 0)), int(raw[risk].get("months", 0))) for risk in raw}


def _flagged_duplicates(raw: Mapping[str, Any]) -> FlaggedDuplicates:
    value = raw.get("flagged_duplicates")
    if value == "load" or value == "exclude":
        return value
    raise _fault("flagged_duplicates", f"one of {', '.join(get_args(FlaggedDuplicates))}")


def _check_dimensions(profile: Profile) -> None:
    known = set(read_table(profile.folder, "concepts", CONCEPTS_SCHEMA)["dimension"].to_pylist())
    fields = [field for section in profile.fields.values() for field in section.columns.values()]
    for field in fields:
        if field.dimension is not None and field.dimension not in known:
            raise _fault(f"{field.column}.dimension", "a dimension of concepts.csv")
