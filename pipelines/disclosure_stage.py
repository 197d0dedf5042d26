"""The work behind `caselight protect` and `caselight audit`: files in, files or findings out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anonymization.audit.limits import Limits
from anonymization.audit.report import AuditReport
from anonymization.files.adding_up import refuse_contradictions
from anonymization.files.cell_keys import CellKeys, cell_keys
from anonymization.files.cells_file import PublishedCells, read_cells
from anonymization.files.changed_cells import audit_changed, read_changed_cells
from anonymization.files.csv_rows import open_csv
from anonymization.files.file_audit import audit_file as attack_file
from anonymization.files.file_audit import refuse_hidden_zeros, small_counts_from, wrong_marks
from anonymization.files.microdata import is_of_margins_only, read_release
from anonymization.files.nesting import nestings
from anonymization.files.nesting_in_cells import nestings_in_cells, uncrossed
from anonymization.files.nesting_rule import refuse_nesting, unseen_pairs
from anonymization.files.pattern_file import SUPPRESSED, read_pattern
from anonymization.files.several_cells import as_one
from anonymization.files.spec_attackers import has_attackers
from anonymization.files.spec_file import Spec, read_spec
from anonymization.files.spec_method import Changing
from anonymization.files.spec_numbers import TOTAL_CODE
from anonymization.files.spec_sources import Sources, correspondence_files
from anonymization.files.spec_tables import POPULATION, kept_cells, refuse_unknown_cells, table_set, threshold_rule
from anonymization.files.spec_yaml import read_yaml
from anonymization.files.spelling_notices import spelling_notices
from anonymization.headline import hidden_headline
from anonymization.perturbation.certainty import Certainty, largest_certainty
from anonymization.perturbation.readers_view import requirements_of_gate, stated_intervals
from anonymization.perturbation.rules import CellKey
from anonymization.rules import ThresholdRule
from anonymization.tables.joint_model import JointModel, build_model
from anonymization.tables.requirements import Requirements, requirements
from anonymization.tables.specification import TOTAL, Release, TableSet
from pipelines.disclosure_files import read_text
from pipelines.emergency_stop import stop_after
from pipelines.progress import report
from pipelines.sealing import sealed

MARK_OF_TOTAL = re.compile(rf"(\w+)={TOTAL}\b")
WEAKER = (
    "knowledge is nonnegative, weaker than the truth where zeros are always shown: whoever knows that they are can "
    "compute more than this says. Use zeros_published for anything that is given away."
)
UNTRIED = "The contributors and audiences of the SPEC know true counts: without microdata only the public was tried."

MOST_NAMED = 5  # counts that are named in a verdict
IN_WORDS: dict[str, str] = {"exact": "exactly", "narrow": "closer than their width", "undecided": "not proven open"}


@dataclass(frozen=True, eq=False)
class Asked:
    """A SPEC, read: its file's name, what it says, and what that amounts to."""

    file: str
    spec: Spec
    tables: TableSet
    rule: ThresholdRule

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever asked should know."""
        return (WEAKER,) if self.rule.knowledge == "nonnegative" and self.spec.changing is None else ()

    @property
    def left_open(self) -> tuple[str, ...]:
        """What the SPEC leaves open by choice, in sentences."""
        return tuple(one.sentence for one in self.spec.left_open)

    @property
    def width(self) -> int:
        """What must stay open of a small count."""
        return self.spec.gate.least_width if self.spec.gate else self.rule.width


@dataclass(frozen=True, eq=False)
class Findings:
    """What an audit says, for the screen and for machines.

    certainty: the largest chance of naming a small count; None where counts are hidden, not changed.
    """

    asked: Asked
    report: AuditReport
    source: str
    warnings: tuple[str, ...]
    certainty: float | None = None

    @property
    def is_safe(self) -> bool:
        """Whether nothing too close can be computed, and no small count be named with too large a chance."""
        gate = self.asked.spec.gate
        too_sure = gate is not None and self.certainty is not None and self.certainty > gate.largest_certainty
        return self.report.verdict == "safe" and not too_sure

    @property
    def verdict(self) -> str:
        """In a word."""
        return "safe" if self.is_safe else "unsafe"

    @property
    def sentence(self) -> str:
        """The result in a few lines."""
        found = self.report
        return (
            f"{self.verdict}: of {found.cells:,} cells {found.hidden:,} {self._are_open}, {found.primary:,} of them "
            f"small (known from {self.source}).\n"
            f"Shown although small: {found.shown_small}. Computable exactly: {found.exact_integer}. Not shown to span "
            f"{self.asked.width}: {found.narrow_integer}, of which undecided: {found.undecided}."
            f"{'' if self.certainty is None else self._chance}{self._of_quantities}"
        )

    @property
    def _of_quantities(self) -> str:
        """What follows from the cells without being one: what is known too closely, and what was not tried."""
        found = self.report
        close = [finding for finding in found.findings if finding.quantity is not None]
        named = "; ".join(f"{one.place} ({IN_WORDS[one.reason]})" for one in close[:MOST_NAMED])
        more = f"; and {len(close) - MOST_NAMED} more" if len(close) > MOST_NAMED else ""
        said = f"\nOther counts that follow from the cells: {found.quantities:,}; known too closely: {len(close):,}"
        untried = (
            f"\nNot tried: {found.untried_quantities:,} more counts that could be small, of which the tool tries "
            f"{found.quantities:,} without microdata."
            if found.untried_quantities
            else ""
        )
        return f"{said}{f', {named}{more}' if close else ''}.{untried}" if found.quantities or untried else ""

    @property
    def _chance(self) -> str:
        allowed = self.asked.spec.gate.largest_certainty if self.asked.spec.gate else 1.0
        return f" Largest chance of naming a small count: {self.certainty:.2f} (allowed: {allowed:.2f})."

    @property
    def _are_open(self) -> str:
        return "are hidden" if self.asked.spec.changing is None else "do not tell their count"

    def as_json(self) -> dict[str, Any]:
        """The rule, the result and every finding; internal, as CELLS with labels are."""
        rule = self.asked.rule
        stated = {"threshold": rule.threshold, "width": self.asked.width, "knowledge": rule.knowledge}
        told = {"small_counts_from": self.source, "warnings": list(self.warnings)}
        figures = _in_words_of(self.asked.spec.total_of, self.report.figures())
        found = {name: _finite(value) for name, value in figures.items()}
        verdict = {"verdict": self.verdict, "largest_certainty": self.certainty}
        return {"spec": self.asked.file} | found | verdict | stated | told


def _in_words_of(total_of: Mapping[str, str], value: Any) -> Any:
    """Figures in which totals have the word that CELLS have for them."""
    if isinstance(value, str):
        return MARK_OF_TOTAL.sub(lambda found: f"{found[1]}={total_of.get(found[1], TOTAL_CODE)}", value)
    if isinstance(value, dict):
        return {name: _in_words_of(total_of, inner) for name, inner in value.items()}
    return [_in_words_of(total_of, inner) for inner in value] if isinstance(value, list | tuple) else value


def _finite(value: Any) -> Any:
    """JSON has no infinity: an interval without an end is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


def read_asked(path: Path, microdata: Path | None = None) -> Asked:
    """A SPEC from its file, with the codes that it takes from microdata or from correspondence files beside it.

    Raises PolicyError with the key, RunError when a file cannot be read.
    """
    text = read_text(path)
    named = correspondence_files(read_yaml(text, path.name))
    lists = {name: open_csv(read_text(path.parent / name), name, []) for name in named}
    records = open_csv(read_text(microdata), microdata.name, []) if microdata else None
    spec = read_spec(text, path.name, Sources(records, lists))
    tables = table_set(spec, path.name)
    refuse_unknown_cells(spec, tables, path.name)
    return Asked(path.name, spec, tables, threshold_rule(spec, path.name))


def read_counts(path: Path, asked: Asked) -> Release:
    """The release of a file of microdata or counts. Raises DisclosureError with the place."""
    report("Read the microdata")
    return read_release(read_text(path), path.name, asked.spec, asked.tables)


@sealed("audit")
def audit_file(cells_paths: Sequence[Path], spec_path: Path, microdata: Path | None) -> Findings:
    """Attack the cells of one file or of several together, with or without what they count."""
    asked = read_asked(spec_path, microdata)
    release = read_counts(microdata, asked) if microdata else None
    spelling = notices_of_spelling([*cells_paths, *([microdata] if microdata else [])], asked)
    report("Build the joint model")
    model = build_model(asked.tables)
    required, keys = requirements(model, asked.rule), cell_keys(model, asked.spec.total_of)
    atoms = model.tabulate(release) if release else None
    text = as_one([(path.name, read_text(path)) for path in cells_paths], keys)
    file = " with ".join(path.name for path in cells_paths)
    nested = notices_of_nesting(asked, microdata, release) if microdata and release else []
    if asked.spec.changing is not None:
        found, certainty = _attack_changed((text, file), asked, asked.spec.changing, model, required, atoms)
        return Findings(
            asked, found, small_counts_from(None, atoms), (*asked.warnings, *spelling, *nested), certainty.largest
        )
    truth = None if atoms is None else model.cells @ atoms
    report("Read the cells")
    cells = _read_published(text, file, keys, truth)
    refuse_contradictions(asked.tables, keys, cells.counts, file)
    refuse_hidden_zeros(cells, truth, required, keys)
    nested = nested if microdata else _notices_by_cells(asked, model, cells.counts)
    report("Attack the cells")
    found = attack_file(cells, model, required, asked.spec, atoms, _limits(asked))
    untried = (UNTRIED,) if atoms is None and has_attackers(asked.spec) else ()
    headline = hidden_headline(model, cells.hidden, kept_cells(asked.spec))
    told = (*spelling, *asked.left_open, *untried, *nested, *headline)
    warnings = (*asked.warnings, *told, *_warnings(cells, truth, required))
    return Findings(asked, found, small_counts_from(cells, atoms), warnings)


def notices_of_spelling(files: Sequence[Path], asked: Asked) -> list[str]:
    """What to tell of codes that are spelt otherwise than in the SPEC."""
    return [notice for path in files for notice in spelling_notices(read_text(path), path.name, asked.spec)]


def notices_of_nesting(asked: Asked, microdata: Path, release: Release) -> list[str]:
    """What to tell of columns that may nest. Raises DisclosureError with the right lines for those that do."""
    if is_of_margins_only(read_text(microdata), microdata.name, asked.spec, asked.tables):
        model = build_model(asked.tables)
        return _notices_by_cells(asked, model, model.cells @ model.tabulate(release))
    dimensions = asked.tables.dimensions_of(POPULATION)
    return refuse_nesting(asked.spec, nestings(release.counts[POPULATION], dimensions), asked.file)


def _notices_by_cells(asked: Asked, model: JointModel, counts: np.ndarray) -> list[str]:
    """The same where nothing but the cells is known; `counts`: of each distinct cell, nan where hidden."""
    told = refuse_nesting(asked.spec, nestings_in_cells(model, counts), asked.file)
    return [*told, *unseen_pairs(asked.spec, uncrossed(model))]


def _limits(asked: Asked) -> Limits:
    return Limits(stop_after(asked.spec.time_limit), report=report)


def _attack_changed(
    published: tuple[str, str],
    asked: Asked,
    changing: Changing,
    model: JointModel,
    required: Requirements,
    atoms: np.ndarray | None,
) -> tuple[AuditReport, Certainty]:
    """The audit of cells whose counts a method changed; and how surely the method lets one name a small count."""
    report("Read the cells")
    keys = cell_keys(model, asked.spec.total_of)
    text, file = published
    counts = read_changed_cells(text, file, keys, changing.rule)
    if not isinstance(changing.rule, CellKey):
        refuse_contradictions(asked.tables, keys, counts.astype(float), file)
    report("Attack the cells")
    shown = stated_intervals(model, counts, changing.rule)
    asked_of = requirements_of_gate(required, changing.gate)
    true_counts = None if atoms is None else model.cells @ atoms
    certainty = largest_certainty(changing.rule, true_counts, counts, required.threshold)
    return audit_changed(shown, model, asked_of, atoms, _limits(asked)), certainty


def _read_published(text: str, file: str, keys: CellKeys, truth: np.ndarray | None) -> PublishedCells:
    is_pattern = SUPPRESSED in open_csv(text, file, []).columns
    return (read_pattern if is_pattern else read_cells)(text, file, keys, truth)


def _warnings(cells: PublishedCells, truth: np.ndarray | None, required: Requirements) -> list[str]:
    wrong = 0 if truth is None else wrong_marks(cells, truth, required)
    marks = [f"{wrong} hidden cells are marked otherwise than the microdata say; the microdata are believed."]
    return marks if wrong else []
