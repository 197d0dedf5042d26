"""The keys of profile.yml, each read into its type; `CaseStoreError` names the key at fault and what it must be."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from case_store.contract import FieldType, Kind
from case_store.errors import CaseStoreError
from case_store.profile_fields import Field, Section

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47
COUNTRY = re.compile(r"[A-Z]{2}")
TRANSITIONS = ("Assign", "Referral", "Transfer", "TransferRequest")  # types of Primero's table
SOURCE_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
FlaggedDuplicates = Literal["load", "exclude"]


@dataclass(frozen=True)
class Interval:
    """The longest time allowed between two follow-ups: calendar months, then days."""

    days: int
    months: int

    @property
    def about_days(self) -> int:
        """Its length where months have 30 days."""
        return self.days + 30 * self.months


@dataclass(frozen=True)
class DataSource:
    """What the deployment's records are called: a code for machines, and a name in every language."""

    code: str
    labels: Mapping[str, str]


def fault(key: str, wanted: str) -> CaseStoreError:
    """The refusal of a key of profile.yml, to be raised."""
    return CaseStoreError(f"profile.yml: '{key}' must be {wanted}.")


def text_of(raw: Mapping[str, Any], key: str, prefix: str = "") -> str:
    """A text that is not empty."""
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise fault(f"{prefix}{key}", "a text")
    return value


def texts_of(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts, each once."""
    value = raw.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise fault(key, "a list of texts")
    if len(set(value)) < len(value):
        raise fault(key, "a list that names each once")
    return tuple(value)


def languages_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages of the profile, the first one first."""
    languages = texts_of(raw, "languages")
    if not languages or not all(LANGUAGE.fullmatch(language) for language in languages):
        raise fault("languages", "a list of language codes (BCP 47) such as [en, th], the one always there first")
    return languages


def names_of_key(raw: Mapping[str, Any], key: str, languages: Collection[str], prefix: str = "") -> dict[str, str]:
    """A text in every language of the profile, and in no other."""
    names = mapping_of(raw, key, prefix)
    for language in [name for name in names if name not in languages]:
        raise CaseStoreError(
            f"profile.yml: '{prefix}{key}.{language}' is not in a language of the profile ('languages'); known: "
            f"{', '.join(languages)}."
        )
    return {language: text_of(names, language, f"{prefix}{key}.") for language in languages}


def country_of(raw: Mapping[str, Any]) -> str:
    """The code of the country (ISO 3166-1)."""
    country = text_of(raw, "country")
    if not COUNTRY.fullmatch(country):
        raise fault("country", "two capital letters (ISO 3166-1), such as TH")
    return country


def referral_types_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Types of Primero's transitions that count as referrals."""
    types = texts_of(raw, "referral_types")
    for name in types:
        if name not in TRANSITIONS:
            raise fault(
                "referral_types", f"a list of types of transition, and {name!r} is none: {', '.join(TRANSITIONS)}"
            )
    return types


def modules_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The modules whose cases are counted: one, or a list."""
    value = raw.get("module_id")
    modules = [value] if isinstance(value, str) else value
    if not isinstance(modules, list) or not modules or not all(isinstance(name, str) and name for name in modules):
        raise fault("module_id", "a text, or a list of texts such as [primeromodule-cp, primeromodule-pcm]")
    if len(set(modules)) < len(modules):
        raise fault("module_id", "a list that names each module once")
    return tuple(modules)


def mapping_of(raw: Mapping[str, Any], key: str, prefix: str = "") -> dict[str, Any]:
    """A mapping that is not empty."""
    value = raw.get(key)
    if not isinstance(value, dict) or not value:
        raise fault(f"{prefix}{key}", "a mapping")
    return value


def refuse_unknown_keys(raw: Mapping[str, Any], known: Collection[str], prefix: str = "") -> None:
    """Raise CaseStoreError naming the first key that is not known, and the known ones."""
    for key in raw:
        if key not in known:
            raise CaseStoreError(f"profile.yml: '{prefix}{key}' is not a key of a profile; known: {', '.join(known)}.")


def date_of(raw: Mapping[str, Any], key: str) -> dt.date:
    """A date."""
    value = raw.get(key)
    if type(value) is not dt.date:
        raise fault(key, "a date such as 2022-07-25")
    return value


def data_source_of(raw: Mapping[str, Any], languages: Collection[str]) -> DataSource:
    """What the records are called; a code that says SYNTHETIC is refused."""
    refuse_unknown_keys(raw, ("code", "name"), "data_source.")
    code = text_of(raw, "code", "data_source.")
    if not SOURCE_CODE.fullmatch(code) or "SYNTHETIC" in code:
        raise fault("data_source.code", "capital letters, digits and _, and not SYNTHETIC, which the records say")
    return DataSource(code, names_of_key(raw, "name", languages, "data_source."))


def time_zone_of(raw: Mapping[str, Any]) -> str:
    """A zone of the IANA database."""
    zone = text_of(raw, "time_zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise fault("time_zone", "a zone of the IANA database, such as Asia/Bangkok") from unknown
    return zone


def sections_of(raw: dict[str, Any]) -> dict[str, Section]:
    """The case itself and its subforms, each with its columns."""
    return {name: _section(name, mapping_of(raw, name, "fields.")) for name in raw}


def _section(name: str, raw: dict[str, Any]) -> Section:
    prefix = f"fields.{name}."
    source = None if name == "case" else text_of(raw, "source", prefix)
    columns = mapping_of(raw, "columns", prefix)
    return Section(name, source, {column: _field(f"{prefix}columns.{column}", columns[column]) for column in columns})


def _field(key: str, raw: Any) -> Field:
    if not isinstance(raw, dict):
        raise fault(key, "a mapping with source, type and kind")
    if raw.get("type") not in get_args(FieldType):
        raise fault(f"{key}.type", f"one of {', '.join(get_args(FieldType))}")
    if raw.get("kind") not in get_args(Kind):
        raise fault(f"{key}.kind", f"one of {', '.join(get_args(Kind))}")
    if (raw["type"] in ("code", "codes")) != ("dimension" in raw):
        raise fault(f"{key}.dimension", "given for codes, and for codes only")
    if not isinstance(raw.get("dimension", ""), str):
        raise fault(f"{key}.dimension", "a text")
    refuse_unknown_keys(raw, ("source", "type", "kind", "dimension"), f"{key}.")
    column, source = key.rsplit(".", 1)[1], text_of(raw, "source", f"{key}.")
    return Field(column, source, raw["type"], raw["kind"], raw.get("dimension"))


def intervals_of(raw: dict[str, Any]) -> dict[str, Interval]:
    """Risk -> the longest time allowed between two follow-ups."""
    for risk, interval in raw.items():
        if (
            not isinstance(interval, dict)
            or not interval.keys() <= {"days", "months"}
            or not interval
            or not all(type(n) is int and n >= 0 for n in interval.values())
            or not any(interval.values())
        ):
            raise fault(f"follow_up_intervals.{risk}", "a number of days, of months, or both, above 0")
    return {risk: Interval(int(raw[risk].get("days", 0)), int(raw[risk].get("months", 0))) for risk in raw}


def flagged_duplicates_of(raw: Mapping[str, Any]) -> FlaggedDuplicates:
    """What becomes of a record that Primero flags as a duplicate."""
    value = raw.get("flagged_duplicates")
    if value == "load" or value == "exclude":
        return value
    raise fault("flagged_duplicates", f"one of {', '.join(get_args(FlaggedDuplicates))}")
