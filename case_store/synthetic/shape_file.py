"""What a synthetic deployment looks like: a profile's synthetic.yml, typed and held against its codes."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from case_store.errors import CaseStoreError
from case_store.profile import Profile
from case_store.profile_labels import SOURCE, refuse_unlabelled
from configuration.file import ConfigurationFile
from configuration.schema import Strict, read_model

FILE = "synthetic.yml"
YEARS_OF_AGE = 18
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Shares = Annotated[dict[str, Weight], Field(min_length=1)]
# columns that only the synthetic store reads
COLUMNS = {
    "locations": ("location_code", "parent", "admin_level", "type", "county", "disabled"),
    "groups": ("group_id", "county"),
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


class SharesKeys(Strict):
    """Of each dimension that is drawn: source code, or _U for a missing value -> its share."""

    care_status: Shares
    citizenship: Shares
    entry_point: Shares
    intention: Shares
    concern: Shares
    service: Shares
    closure_reason: Shares
    relation: Shares


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
    shares: SharesKeys


def read_shape_file(profile: Profile) -> ShapeFile:
    """The profile's synthetic.yml. `CaseStoreError` names the key at fault, and the codes that are known."""
    path = profile.folder / FILE
    if not path.is_file():
        raise CaseStoreError(f"Profile '{profile.name}' has no {FILE}, so nothing can be invented for it.")
    file = ConfigurationFile(path, CaseStoreError)
    keys = read_model(file, ShapeFile)
    tables = profile.reference_tables()
    codes = profile.codes.to_pylist()
    for dimension, shares in keys.shares.model_dump().items():
        known = [row["code"] for row in codes if row["dimension"] == dimension]
        _refuse_unknown(file, f"shares.{dimension}", shares, [*known, "_U"])
    _refuse_unknown(
        file, "counties", keys.counties, sorted(filter(None, set(tables["ref_locations"]["county"].to_pylist())))
    )
    _refuse_unknown(file, "language", {keys.language: 1.0}, list(profile.languages))
    if keys.store_end < keys.reference_day:
        raise file.wrong("store_end is before reference_day; correct one of them.")
    return keys


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
