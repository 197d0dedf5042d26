"""All configuration at once: each file is read, and what only two of them together can tell is held together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import pyarrow as pa

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.reports.report_texts import phrases as report_phrases
from anonymization.disclosure.reports.report_texts import phrases_of
from anonymization.policy import POLICY_FILE
from case_store.contract import contract
from case_store.profile import Profile, load_profile
from configuration.file import ConfigurationFile
from dashboards.errors import DashboardError
from pipelines.errors import RunError
from pipelines.release.populations import PASSPORTS, load_populations
from pipelines.run.languages import own_texts
from pipelines.run.policy_in_force import policy_of
from pipelines.run.sealing import OUR_REFUSALS
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.serving.page_words import page_words
from pipelines.warehouse.model_graph import passport_columns, read_models
from pipelines.warehouse.not_asked import needs
from publications.catalogue import FRAMES, Catalogue, faults, in_names_of, read_catalogue
from publications.phrases import all_phrases
from publications.public_tables import TOTAL, TableSpec, load_tables

PROJECT = CHECKOUT / "dbt_project"


def refuse_mistakes(settings: Settings) -> None:
    """Raises RunError with a line for every mistake in the configuration, before a record is read."""
    found = list(mistakes(settings))
    if found:
        raise RunError("\n".join(found))


def mistakes(settings: Settings) -> Iterator[str]:
    """Every mistake, in a sentence that names the file and the key; files are held together once each is right."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: load_profile(settings.profile),
        lambda: policy_of(load_profile(settings.profile)),
        load_tables,
        all_phrases,
        lambda: _words(load_profile(settings.profile)),
        report_phrases,
        lambda: _report_words(load_profile(settings.profile)),
        lambda: page_words(load_profile(settings.profile)),
        needs,
        load_populations,
        _passports,
        _project,
    )
    found = [sentence for read in readers for sentence in _said(read)]
    yield from found
    if not found:
        profile = load_profile(settings.profile)
        yield from _in_policy(profile)
        tables = [table.id for table in load_tables()]
        yield from (
            f"profile.yml: public_tables: {name} is not a public table; known: {', '.join(tables)}."
            for name in profile.public_tables or ()
            if name not in tables
        )
        for spec in load_tables():
            yield from _in_table(spec)
            yield from _in_catalogue(in_names_of(catalogue_of_profile(profile), spec), profile)


def _said(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except (*OUR_REFUSALS, DashboardError) as refusal:
        return str(refusal).splitlines()
    return []


def _words(profile: Profile) -> None:
    """Every table has its words in the languages of the profile, which may bring its own."""
    load_tables(languages=profile.languages, own=own_texts(profile))


def _report_words(profile: Profile) -> None:
    """So has the public report."""
    phrases_of(profile.languages, own_texts(profile, "report"))


def _passports() -> None:
    read_models(PROJECT)
    for passport in sorted(PASSPORTS.glob("*.yml")):
        passport_columns(passport)


def _project() -> None:
    file = ConfigurationFile(PROJECT / "dbt_project.yml", RunError)
    keys = file.mapping()
    for key in ("name", "profile"):
        if keys.get(key) != "caselight":
            raise file.wrong(f"{key} must be caselight.")


def _in_policy(profile: Profile) -> Iterator[str]:
    policy, columns = policy_of(profile), contract()["case"]
    yield from _unknown("night.never_empty", policy.night.never_empty, columns)
    for audience, said in policy.disclosure.items():
        yield from _in_disclosure(f"disclosure.{audience}", said, profile)


def _in_disclosure(key: str, said: DisclosurePolicy, profile: Profile) -> Iterator[str]:
    catalogue = catalogue_of_profile(profile)
    codes: dict[str, set[str]] = {name: {TOTAL} for name in catalogue.sdmx}
    for row in profile.reference_tables()["ref_concepts"].to_pylist():
        codes.setdefault(row["dimension"], {TOTAL}).add(row["concept"])
    codes["area"] |= {row["area"] for row in profile.catalogue.areas}
    codes["age"] |= {row["age_band"] for row in profile.catalogue.age_bands}
    yield from _unknown(f"{key}.sensitive", said.sensitive, codes)
    for place, one in enumerate(said.independent):
        yield from _unknown(f"{key}.independent.{place}.dimensions", one.dimensions, catalogue.sdmx)
    for place, cells in enumerate(said.stricter):
        where = f"{key}.stricter.{place}"
        yield from _unknown(f"{where}.tables", cells.tables, [table.id for table in load_tables()])
        yield from _unknown(f"{where}.levels", cells.levels, codes)
        for dimension, level in cells.levels.items():
            yield from _unknown(f"{where}.levels.{dimension}", [level], catalogue.levels.get(dimension, ()))
        yield from _unknown_codes(f"{where}.codes", cells.codes, codes)
    for name, seen in said.audiences.items():
        yield from _unknown_codes(f"{key}.audiences.{name}.sees", seen.sees, codes)


def _unknown_codes(key: str, said: dict[str, tuple[str, ...]], codes: dict[str, set[str]]) -> Iterator[str]:
    yield from _unknown(key, said, codes)
    for dimension in [name for name in said if name in codes]:
        yield from _unknown(f"{key}.{dimension}", said[dimension], sorted(codes[dimension]))


def _unknown(key: str, names: Collection[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{POLICY_FILE.name}: {key}: {name} is not known; known: {', '.join(known)}."


def _in_table(spec: TableSpec) -> Iterator[str]:
    known = sorted(file.stem for file in PASSPORTS.glob("*.yml"))
    if spec.mart not in known:
        yield f"The public table {spec.id}: mart {spec.mart} is not made; known: {', '.join(known)}."
        return
    passport = PASSPORTS / f"{spec.mart}.yml"
    columns = passport_columns(passport)
    named = {"measure": spec.measure, **{f"dimensions.{n}.column": d.column for n, d in spec.dimensions.items()}}
    for key, column in named.items():
        if column not in columns:
            yield (
                f"The public table {spec.id}: {key} is {column}, which {passport.name} does not have; known: "
                f"{', '.join(columns)}."
            )


def catalogue_of_profile(profile: Profile) -> Catalogue:
    """The dimensions and levels that public tables may name."""
    tables = profile.catalogue.tables()
    return read_catalogue({name: tables[name.replace("dim_", "ref_") + "s"].to_pandas() for name in FRAMES})


def _in_catalogue(spec: TableSpec, profile: Profile) -> Iterator[str]:
    """What a table says of levels and codes that the profile's catalogue does not have."""
    yield from faults(spec, catalogue_of_profile(profile))
    tables = profile.catalogue.tables()
    for name, dimension in spec.dimensions.items():
        of_it = {"classification": dimension.classification}
        leaves = {row["leaf"] for row in _where(tables["ref_level_codes"], of_it)}
        roles = [role for of, role in profile.roles if of == dimension.classification]
        for role in dimension.only:
            if role not in roles:
                yield f"{spec.called}: dimensions.{name}.only: {role} is not a role; known: {', '.join(roles)}."
        for code in dimension.without:
            if code not in leaves:
                known = ", ".join(sorted(leaves))
                yield f"{spec.called}: dimensions.{name}.without: {code} is not known; known: {known}."


def _where(table: pa.Table, wanted: Mapping[str, object]) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if all(row[column] == value for column, value in wanted.items())]
