"""What in a store is no longer as the profile was reviewed, or never was: codes and fields, each with its cases.

Names of fields and codes are printed only where the store's own forms and lists define them: what a document holds
besides may be anything, a name among it, and is counted only.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from case_store.case_source import Source
from case_store.known_fields import PRIMERO_KEYS
from case_store.lookups import changed_labels, is_valid, labels_of
from case_store.profile import Profile
from case_store.store_usage import SERVICE, Progress, Usage, count_usage

Kind = Literal["unmapped", "relabelled", "retired", "emptied"]
KINDS: Mapping[Kind, str] = {
    "unmapped": "the store has it and the profile does not: map it, or leave it out knowingly",
    "relabelled": "it is called something else now, and may mean something else: review it",
    "retired": "the profile has it and the store offers it no longer",
    "emptied": "no case holds it",
}
NOT_LISTED = "(values that no list has)"
List = tuple[str, str]  # kind of the contract's labels, and the lookup or field


@dataclass(frozen=True, order=True)
class ProfileFinding:
    """One field (`code` empty) or code that differs. `place`: the field, or the lookup or field that lists the code."""

    kind: Kind
    place: str
    code: str
    cases: int
    label: str = ""

    @property
    def needs_review(self) -> bool:
        """Whether somebody should look; what no case holds is only told."""
        return self.kind != "emptied"


@dataclass(frozen=True)
class _Coded:
    """A coded field of the profile: where documents hold it, its dimension, and which list of the store is its own."""

    key: str
    dimension: str
    of: List


def check_profile(
    profile: Profile, source: Source, today: dt.date, progress: Progress | None = None
) -> list[ProfileFinding]:
    """Hold a profile against a store; gives what differs, by kind. Counts are of cases of the profile's modules.

    `today`: the day on which codes must be valid in a store that has never changed; else that of its last change.

    Raises CaseStoreError when the store cannot be read, or holds no case.
    """
    state = source.state()
    on = state.last_change.date() if state.last_change else today
    survey, labels = source.survey(), source.configuration()["labels"]
    coded = list(_coded_fields(profile, survey["fields"]))
    module = profile.source("module")
    usage = count_usage(
        source, {one.key for one in coded}, lambda document: document.get(module) in profile.modules, progress
    )
    found = [
        *_codes(profile, coded, survey["codes"], labels, usage, on),
        *_relabelled_codes(profile, coded, labels, usage, on),
        *_fields(profile, survey, usage),
    ]
    return sorted(found, key=lambda finding: ([*KINDS].index(finding.kind), finding.place, finding.code))


def _coded_fields(profile: Profile, fields: pa.Table) -> Iterator[_Coded]:
    lookup_of = {_key(row["subform"], row["name"]): row["lookup"] for row in fields.to_pylist()}
    reviewed = {row["dimension"]: row["lookup"] for row in profile.codes.to_pylist() if row["lookup"]}
    for key, field in _mapped(profile).items():
        if field.dimension:
            lookup = lookup_of.get(key) or reviewed.get(field.dimension)
            yield _Coded(key, field.dimension, ("lookup", lookup) if lookup else ("field", field.source))
    if "service" in reviewed:
        yield _Coded(SERVICE, "service", ("lookup", reviewed["service"]))


def _mapped(profile: Profile) -> dict[str, Any]:
    """Field of the forms -> the column that it fills."""
    return {
        _key(section.source, field.source): field
        for section in profile.fields.values()
        for field in section.columns.values()
        if not field.is_absent
    }


def _key(subform: str | None, name: str) -> str:
    return f"{subform}.{name}" if subform else name


def _codes(
    profile: Profile, coded: list[_Coded], codes: pa.Table, labels: pa.Table, usage: Usage, on: dt.date
) -> Iterator[ProfileFinding]:
    offered: dict[List, dict[str, bool]] = {}
    for row in codes.to_pylist():
        offered.setdefault((row["kind"], row["list"]), {})[row["code"]] = not row["is_retired"]
    rows = profile.codes.to_pylist()
    for of in dict.fromkeys(one.of for one in coded):
        fields = [one for one in coded if one.of == of]
        known = {row["code"]: is_valid(row, on) for one in fields for row in rows if row["dimension"] == one.dimension}
        held = {code: sum(usage.codes[one.key, code] for one in fields) for code in _held(fields, usage) | {*known}}
        said = labels_of(labels, of[0])
        listed = offered.get(of, {})
        for code, is_offered in listed.items():
            if code not in known and (is_offered or held.get(code)):
                yield ProfileFinding("unmapped", of[1], code, held.get(code, 0), _first(said.get((of[1], code), {})))
        unlisted = sum(cases for code, cases in held.items() if code not in known and code not in listed)
        if unlisted:
            yield ProfileFinding("unmapped", of[1], NOT_LISTED, unlisted)
        for code, counts in known.items():
            if counts and not listed.get(code):
                yield ProfileFinding("retired", of[1], code, held[code])
            elif counts and not held[code]:
                yield ProfileFinding("emptied", of[1], code, 0)


def _held(fields: list[_Coded], usage: Usage) -> set[str]:
    keys = {one.key for one in fields}
    return {code for key, code in usage.codes if key in keys}


def _relabelled_codes(
    profile: Profile, coded: list[_Coded], labels: pa.Table, usage: Usage, on: dt.date
) -> Iterator[ProfileFinding]:
    said = {**labels_of(labels, "field"), **labels_of(labels, "lookup")}
    for place, code in changed_labels(labels, profile.codes, on, profile.dimensions_of_fields):
        cases = sum(usage.codes[one.key, code] for one in coded if one.of[1] == place)
        yield ProfileFinding("relabelled", place, code, cases, _first(said[place, code]))


def _fields(profile: Profile, survey: Mapping[str, pa.Table], usage: Usage) -> Iterator[ProfileFinding]:
    own = {*PRIMERO_KEYS.read_text("utf-8").split(), *(str(s.source) for s in profile.fields.values() if s.source)}
    form = {_key(row["subform"], row["field"]) for row in profile.table("form").to_pylist()}
    mapped = _mapped(profile)
    shown = {_key(row["subform"], row["name"]): not row["is_retired"] for row in survey["fields"].to_pylist()}
    names = _names(survey["names"])
    for key, is_shown in shown.items():
        if key not in form and key not in mapped and key not in own and (is_shown or usage.filled[key]):
            yield ProfileFinding("unmapped", key, "", usage.filled[key], _first(names.get(key, {})))
    for key in sorted({*form, *mapped}):
        if key in shown:
            reviewed = profile.source_labels.get(("form", key), {})
            if any(names.get(key, {}).get(language, label) != label for language, label in reviewed.items()):
                yield ProfileFinding("relabelled", key, "", usage.filled[key], _first(names[key]))
        if not shown.get(key) and key not in own and _asked_in_forms(key, mapped):
            yield ProfileFinding("retired", key, "", usage.filled[key])
        elif key in mapped and not usage.filled[key]:
            yield ProfileFinding("emptied", key, "", 0)


def _asked_in_forms(key: str, mapped: Mapping[str, Any]) -> bool:
    """Whether a form should define it: a subform's id and our own mark are written without being asked."""
    return not key.endswith(".unique_id") and not (key in mapped and mapped[key].column == "is_synthetic")


def _names(names: pa.Table) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in names.to_pylist():
        if row["kind"] == "field" and row["language"]:
            found.setdefault(row["code"], {})[row["language"]] = (row["label"] or "").strip()
    return found


def _first(labels: Mapping[str, str]) -> str:
    return next((label for label in labels.values() if label), "")
