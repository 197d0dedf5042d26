"""A deployment's profile: source fields to contract columns, code crosswalk, places, groups and rules, checked."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import pyarrow as pa

from case_store.contract import NOT_ASKED
from case_store.errors import CaseStoreError
from case_store.profile_catalogue import Catalogue
from case_store.profile_fields import Section, with_absent
from case_store.profile_keys import (
    DataSource,
    FlaggedDuplicates,
    Interval,
    country_of,
    data_source_of,
    date_of,
    fault,
    flagged_duplicates_of,
    intervals_of,
    languages_of,
    mapping_of,
    modules_of,
    names_of_key,
    referral_types_of,
    refuse_unknown_keys,
    sections_of,
    text_of,
    texts_of,
    time_zone_of,
)
from case_store.profile_labels import SOURCE, Labels, read_labels
from case_store.profile_tables import CONCEPTS_SCHEMA, labelled_crosswalk, read_table, reference_tables
from case_store.published_figures import PublishedFigure, read_published_figures
from case_store.roles import codes_by_role
from configuration.file import ConfigurationFile

KEYS = (
    "name", "title", "country", "languages", "data_source", "time_zone", "launch_date", "headline_ages", "module_id",
    "fields", "follow_up_intervals", "flagged_duplicates", "referral_types", "public_tables",
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A deployment as data. Nothing outside it knows a source key or a source code."""

    folder: Traversable
    name: str
    title: Mapping[str, str]
    country: str
    languages: tuple[str, ...]
    data_source: DataSource
    time_zone: str
    launch_date: dt.date
    headline_ages: str
    modules: tuple[str, ...]
    fields: Mapping[str, Section]
    follow_up_intervals: Mapping[str, Interval]
    flagged_duplicates: FlaggedDuplicates
    referral_types: tuple[str, ...]
    public_tables: tuple[str, ...] | None  # those that it publishes, by id; None: all that there are
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

    @cached_property
    def catalogue(self) -> Catalogue:
        """Dimensions, levels, areas, ages and published labels."""
        concepts = read_table(self.folder, "concepts", CONCEPTS_SCHEMA).to_pylist()
        names = dict.fromkeys(row["dimension"] for row in concepts)
        codes = {
            name: [r["concept"] for r in sorted(concepts, key=lambda r: r["sort_order"]) if r["dimension"] == name]
            for name in names
        }
        return Catalogue(self.folder, self.languages, self.headline_ages, codes)

    @cached_property
    def roles(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """(dimension, role) -> the concepts that have it."""
        return codes_by_role(read_table(self.folder, "concepts", CONCEPTS_SCHEMA))

    @property
    def placement_services(self) -> tuple[str, ...]:
        """Source codes of the services whose referral is a placement in alternative care."""
        concepts = self.roles.get(("service", "placement"), ())
        rows = self.codes.select(["dimension", "code", "concept"]).to_pylist()
        return tuple(row["code"] for row in rows if row["dimension"] == "service" and row["concept"] in concepts)

    @cached_property
    def source_labels(self) -> Labels:
        """What the source calls its codes, fields, places and groups, as last reviewed."""
        return read_labels(self.folder, SOURCE, self.languages)

    @property
    def codes(self) -> pa.Table:
        """The crosswalk as codes.csv writes it: a code may have several rows, each for its own days.

        Beside each row a column `label_<language>` for each language of the profile: the reviewed label of the source.
        """
        return labelled_crosswalk(self.folder, self.source_labels, self.languages)

    def reference_tables(self) -> dict[str, pa.Table]:
        """The `ref_*` tables, which travel with every snapshot."""
        return reference_tables(self)


PROFILES = files("case_store") / "profiles"


def default_profile() -> str:
    """The profile that is used where none is named: what the file `profiles/default` says."""
    return (PROFILES / "default").read_text("utf-8").strip()


@cache
def load_profile(name: str = "") -> Profile:
    """The profile `name` of this package, or of a folder; the default one without a name; raises as `read_profile`."""
    return read_profile(PROFILES / (name or default_profile()))


def read_profile(folder: Traversable) -> Profile:
    """Read, check and freeze the profile in `folder`; `CaseStoreError` names the file and the key at fault."""
    raw = _read_yaml(folder, "profile.yml")
    refuse_unknown_keys(raw, KEYS)
    languages = languages_of(raw)
    profile = Profile(
        folder=folder,
        name=text_of(raw, "name"),
        title=names_of_key(raw, "title", languages),
        country=country_of(raw),
        languages=languages,
        data_source=data_source_of(mapping_of(raw, "data_source"), languages),
        time_zone=time_zone_of(raw),
        launch_date=date_of(raw, "launch_date"),
        headline_ages=text_of(raw, "headline_ages"),
        modules=modules_of(raw),
        fields=with_absent(sections_of(mapping_of(raw, "fields"))),
        follow_up_intervals=intervals_of(mapping_of(raw, "follow_up_intervals")),
        flagged_duplicates=flagged_duplicates_of(raw),
        referral_types=referral_types_of(raw),
        public_tables=texts_of(raw, "public_tables") if "public_tables" in raw else None,
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


def _check_dimensions(profile: Profile) -> None:
    known = set(read_table(profile.folder, "concepts", CONCEPTS_SCHEMA)["dimension"].to_pylist())
    fields = [field for section in profile.fields.values() for field in section.columns.values()]
    for field in fields:
        if field.dimension is not None and field.dimension not in known:
            raise fault(f"{field.column}.dimension", "a dimension of concepts.csv")
    described = [row["dimension"] for row in profile.catalogue.dimensions]
    for field in fields:
        if field.dimension is not None and field.dimension not in described:
            raise fault(f"{field.column}.dimension", f"a dimension of dimensions.csv: {', '.join(described)}")
