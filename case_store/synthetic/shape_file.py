"""What a synthetic deployment looks like: a profile's synthetic.yml, typed and held against its codes."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from case_store.errors import CaseStoreError
from case_store.profile import Profile
from case_store.profile_labels import SOURCE, refuse_unlabelled
from case_store.synthetic.answer_keys import Answers, Invented
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Text, read_model

FILE = "synthetic.yml"
YEARS_OF_AGE = 18
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Shares = Annotated[dict[str, Weight], Field(min_length=1)]
Codes = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
# dimensions whose codes are drawn by share -> the column that asks them
DRAWN = {
    "care_status": "case.care_status", "citizenship": "case.nationality", "intention": "case.intention",
    "concern": "case.concerns", "closure_reason": "case.closure_reason", "relation": "family.relation",
    "service": "referrals.service",
}  # fmt: skip
# columns that only the synthetic store reads
COLUMNS = {
    "locations": ("location_code", "parent", "admin_level", "type", "county", "disabled"),
    "groups": ("group_id", "county", "agency"),
    "form": ("section", "field", "subform", "type"),
    "lookups": ("lookup", "code"),
}


class OnTop(Strict):
    """Records that are not counted on the reference day, as shares of those that are."""

    later: Weight
    unposted: Weight
    duplicate: Weight
    disabled: Weight
    other_module: Weight
    adult: Weight
    broken: Weight
    future: Weight
    prenatal: Weight


class Figures(Strict):
    """Figures as if published, of a deployment that publishes none: counts out of `registered`, and a per cent."""

    registered: Annotated[float, Field(gt=0)]
    closed: Weight
    with_concern: Weight
    high_risk: Weight
    caregivers: Weight
    referred: Weight
    placed: Weight
    boys_share: Annotated[float, Field(ge=0, le=100)]


class ShapeFile(Strict):
    """All keys of synthetic.yml."""

    reference_day: dt.date
    store_end: dt.date
    language: str
    registrations: Annotated[dict[Month, Weight], Field(min_length=1)]
    on_top: OnTop
    counties: Annotated[dict[str, Weight], Field(min_length=1)]
    ages: Annotated[tuple[Weight, ...], Field(strict=False, min_length=YEARS_OF_AGE, max_length=YEARS_OF_AGE)]
    family_sizes: Annotated[tuple[Weight, ...], Field(strict=False, min_length=1)]
    shares: dict[str, Shares]  # of each dimension that is drawn: source code, or _U for a missing value -> its share
    aged_out: Text  # the closure reason of whoever has turned 18
    care_types: dict[str, Codes]  # care status -> its care arrangements, the commonest first; _U: of any other status
    women: Codes  # the relations that are women's
    figures: Figures | None = None  # where published_figures.yml gives none
    answers: Answers
    invented: Invented


def read_shape_file(profile: Profile) -> ShapeFile:
    """The profile's synthetic.yml. `CaseStoreError` names the key at fault, and the codes that are known."""
    path = profile.folder / FILE
    if not path.is_file():
        raise CaseStoreError(f"Profile '{profile.name}' has no {FILE}, so nothing can be invented for it.")
    file = ConfigurationFile(path, CaseStoreError)
    keys = read_model(file, ShapeFile)
    tables = profile.reference_tables()
    codes = profile.codes.to_pylist()
    _refuse_unknown_codes(file, keys, codes)
    _refuse_unshared(file, profile, keys)
    _refuse_unknown(
        file, "counties", keys.counties, sorted(filter(None, set(tables["ref_locations"]["county"].to_pylist())))
    )
    _refuse_unknown(file, "language", {keys.language: 1.0}, list(profile.languages))
    if keys.store_end < keys.reference_day:
        raise file.wrong("store_end is before reference_day; correct one of them.")
    return keys


def _refuse_unknown_codes(file: ConfigurationFile, keys: ShapeFile, codes: Sequence[Mapping[str, str]]) -> None:
    known: dict[str, list[str]] = {}
    for row in codes:
        known.setdefault(row["dimension"], ["_U"]).append(row["code"])
    _refuse_unknown(file, "shares", dict.fromkeys(keys.shares, 1.0), list(known))
    for dimension, shares in keys.shares.items():
        _refuse_unknown(file, f"shares.{dimension}", shares, known[dimension])
    _refuse_unknown(file, "aged_out", {keys.aged_out: 1.0}, known["closure_reason"])
    _refuse_unknown(file, "women", dict.fromkeys(keys.women, 1.0), known["relation"])
    _refuse_unknown(file, "care_types", dict.fromkeys(keys.care_types, 1.0), known["care_status"])
    for status, types in keys.care_types.items():
        _refuse_unknown(file, f"care_types.{status}", dict.fromkeys(types, 1.0), known["care_type"])
    if "_U" not in keys.care_types:
        raise file.wrong("care_types._U is missing: the care arrangements of every status that is not named; add it.")


def _refuse_unshared(file: ConfigurationFile, profile: Profile, keys: ShapeFile) -> None:
    for dimension, column in DRAWN.items():
        if dimension not in keys.shares and column not in profile.absent_columns:
            raise file.wrong(f"shares.{dimension} is missing, and the forms ask for its codes; add it.")
    for field, answer in keys.answers.each():
        if answer.shares_of is not None and answer.shares_of not in keys.shares:
            raise file.wrong(f"answers: {field} is drawn by shares.{answer.shares_of}, which is missing; add it.")


def _refuse_unknown(file: ConfigurationFile, key: str, named: dict[str, float], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise file.wrong(f"{key}.{name} is not in the profile's tables; known: {', '.join(known)}.")
    if not any(named.values()):
        raise file.wrong(f"{key}: nothing in it weighs more than 0; correct it.")


def refuse_missing_columns(profile: Profile) -> None:
    """Raise `CaseStoreError` when a table is missing a column that only the synthetic store reads."""
    for name, columns in COLUMNS.items():
        profile.table(name)
        path = profile.folder / f"{name}.csv"
        ConfigurationFile(path, CaseStoreError, f"{profile.folder.name}/{path.name}").rows(columns, more=True)
    refuse_unlabelled(profile.folder, SOURCE, profile.source_labels, _labelled(profile))


def field_key(row: Mapping[str, str]) -> str:
    """What the labels call a field of form.csv: those of a subform by its name too, since two may ask the same."""
    return f"{row['subform']}.{row['field']}" if row["subform"] else row["field"]


def _labelled(profile: Profile) -> Iterator[tuple[str, str]]:
    yield from (("groups", row["group_id"]) for row in profile.table("groups").to_pylist())
    yield from (("locations", row["location_code"]) for row in profile.table("locations").to_pylist())
    yield from ((row["lookup"], row["code"]) for row in profile.table("lookups").to_pylist())
    yield from (("form", field_key(row)) for row in profile.table("form").to_pylist())
