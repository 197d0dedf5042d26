"""Sealed cells and frozen words -> the files of a publication: once for a draft, and once more when it is approved.

Figures come from the ledger's entry alone. All else that the files are made from is frozen in the draft when it is
written: `rendering.json` holds the tables, every phrase, the names of codes, the coverage, the source and the days.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.editions import edition_of
from anonymization.disclosure.ledger.entry import BOUNDS, Entry, describe_frame
from anonymization.disclosure.reports.report_texts import phrases_of
from anonymization.disclosure.small_reasons import merge_small_reasons
from anonymization.disclosure.tables.relations import Cumulative, Revision
from case_store.profile import Profile
from configuration.language_files import Words
from pipelines.errors import RunError
from pipelines.release.public_report import public_reports
from pipelines.run.languages import own_texts
from pipelines.run.reference_time import ReferenceTime
from pipelines.warehouse.not_asked import public_tables
from pipelines.warehouse.provenance import source_of
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.catalogue import FRAMES
from publications.coverage import Coverage, read_coverage
from publications.dataset import Dataset
from publications.edition import Edition
from publications.file_formats import files_in_every_format
from publications.labels import Labels, read_labels
from publications.not_published import NotPublished
from publications.phrases import Phrases, all_phrases, read_phrases
from publications.plain_files import read_object
from publications.public_tables import TableSpec, worded
from publications.source import Source
from publications.stated import StatedFigure

RENDERING_FILE = "rendering.json"
REPORT_WORDS = TypeAdapter(dict[str, dict[str, str]])
# what of each frame of labels is printed or sorted by
LABELS = {
    "dim_area": ("area", "area_level"),
    "dim_age_band": ("age_system", "age_band"),
    "dim_concept": ("dimension", "code"),
    "dim_dimension": ("dimension", "sdmx_concept"),
}
# the frame's classification in dim_label, and its code
NAMED_BY = {
    "dim_area": ("'area'", "area"),
    "dim_age_band": ("age_system", "age_band"),
    "dim_concept": ("dimension", "code"),
    "dim_dimension": ("'dimension'", "dimension"),
}


@dataclass(frozen=True, eq=False)
class Frozen:
    """What a rendering is made from besides the cells; `Dataset` says what each is."""

    as_of: date
    known_at: date
    quarter: str
    tables: tuple[TableSpec, ...]
    languages: tuple[str, ...]
    phrases: Phrases
    report_words: Words
    labels: Labels
    coverage: Coverage
    source: Source
    not_asked: tuple[NotPublished, ...]


def frozen_inputs(
    policy: DisclosurePolicy, profile: Profile, build: Path, snapshot: Path, time: ReferenceTime
) -> bytes:
    """What the files of a protected build are made from besides its cells, as the program and the profile have it now.

    The profile says in which languages, and may bring words of its own in `texts/<language>.yml` of its folder,
    and those of the public report in `texts/report/`.
    """
    languages = profile.languages
    phrases = all_phrases(languages, own_texts(profile))
    coverage = pd.read_parquet(snapshot / "coverage.parquet")
    threshold = policy.threshold
    tables = public_tables(build)
    content = {
        "as_of": time.as_of.isoformat(),
        "known_at": time.known_at.isoformat(),
        "quarter": time.quarter,
        "tables": [worded(table, phrases, languages).model_dump(mode="json") for table in tables.made],
        "not_asked": [_left_out(table.spec, phrases, languages) for table in tables.refused],
        "languages": languages,
        "phrases": {key: phrase.model_dump() for key, phrase in phrases.items() if "." not in key},
        "report_words": phrases_of(languages, own_texts(profile, "report")),
        "labels": {name: describe_frame(frame) for name, frame in _labels(build, languages).items()},
        "coverage": describe_frame(merge_small_reasons(coverage, threshold)),
        "source": source_of(build).model_dump(mode="json"),
    }
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()  # orders are kept


def rendered(file: bytes, entry: Entry, name: str) -> dict[str, bytes]:
    """All public files that the entry's cells and the frozen rest give: name -> bytes. The same input, the same bytes.

    name: of the rendering, such as v1 or v1-r2; the files say it. Raises RunError when the frozen file is none, or of
    another quarter or day than the entry.
    """
    frozen = _read(file)
    if (frozen.quarter, frozen.known_at.isoformat()) != (entry.edition.quarter, entry.edition.known_at):
        raise RunError(f"{RENDERING_FILE} is not of {entry.edition.label}; run its quarter again")
    cells = public_cells(entry)
    dataset = Dataset(
        tables=frozen.tables,
        cells=cells,
        labels=frozen.labels,
        coverage=frozen.coverage,
        edition=Edition(frozen.quarter, frozen.as_of, frozen.known_at, name),
        source=frozen.source,
        languages=frozen.languages,
        phrases=frozen.phrases,
        stated=stated_figures(entry),
        not_asked=frozen.not_asked,
    )
    content = files_in_every_format(dataset)
    reports = public_reports(
        content, cells, frozen.tables, entry.rule, frozen.languages, frozen.phrases, frozen.report_words
    )
    return {**content, **reports}


def public_cells(entry: Entry) -> pd.DataFrame:
    """The entry's cells as the public sees them: shown or hidden, and not why (columns as in `check_cells`)."""
    mark = entry.cells["count"].isna().map({True: "Q", False: "A"})
    dimensions = [name for name in entry.cells.columns if name not in {"table_id", "count", *BOUNDS}]
    return entry.cells.assign(obs_status=mark)[["table_id", *dimensions, "count", "obs_status"]]


def stated_figures(entry: Entry) -> tuple[StatedFigure, ...]:
    """The figures among the entry's statements, as the public reads them."""
    tables = {
        entry.edition.population(population): tuple(t.table_id for t in entry.tables if t.population == population)
        for population in entry.timings
    }
    found = []
    for relation in entry.statements:
        if isinstance(relation, Revision):
            earlier = edition_of(relation.first)
            found.append(StatedFigure("revision", tables[relation.second], earlier, relation.at_most))
        if isinstance(relation, Cumulative) and relation.removals:
            earlier = edition_of(relation.earlier)
            found.append(StatedFigure("removals", tables[relation.later], earlier, relation.removals))
    return tuple(found)


def _read(file: bytes) -> Frozen:
    content = read_object(file, f"{RENDERING_FILE} of the draft")
    try:
        return Frozen(
            date.fromisoformat(content["as_of"]),
            date.fromisoformat(content["known_at"]),
            content["quarter"],
            tuple(TableSpec.model_validate(table) for table in content["tables"]),
            tuple(content["languages"]),
            read_phrases(content["phrases"]),
            REPORT_WORDS.validate_python(content["report_words"], strict=True),
            read_labels({name: _frame(content["labels"][name]) for name in (*LABELS, "dim_level")}),
            read_coverage(_frame(content["coverage"])),
            Source.model_validate(content["source"]),
            tuple(NotPublished.model_validate(table) for table in content["not_asked"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{RENDERING_FILE} of the draft is not what was written; run its quarter again") from error


def _frame(content: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(content["rows"], columns=content["columns"], dtype=object)


def _left_out(table: TableSpec, phrases: Phrases, languages: tuple[str, ...]) -> dict[str, Any]:
    return NotPublished(id=table.id, title=worded(table, phrases, languages).title).model_dump()


def _labels(build: Path, languages: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """The frames of names, with a column label_<language> each, and that of the levels."""
    levels = f"select {', '.join(FRAMES['dim_level'])} from marts.dim_level order by all"
    with open_warehouse(build) as warehouse:
        named = {
            name: warehouse.execute(_labelled(name, (*keys, "sort_order"), languages)).df()
            for name, keys in LABELS.items()
        }
        return {**named, "dim_level": warehouse.execute(levels).df()}


def _labelled(name: str, columns: Sequence[str], languages: tuple[str, ...]) -> str:
    classification, code = NAMED_BY[name]
    labels = ", ".join(
        f"max(l.label) filter (where l.language = '{language}') as label_{language}" for language in languages
    )
    named = ", ".join(f"d.{column}" for column in columns)
    return f"""select {named}, {labels} from (select *, {classification} as classified, {code} as named
        from marts.{name}) as d inner join marts.dim_label as l on l.classification = d.classified and l.code = d.named
        group by {named} order by all"""
