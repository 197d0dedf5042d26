"""The work behind `caselight audit`: files of cells in, findings out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.pattern_knower import Published
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.headline import hidden_headline
from anonymization.disclosure.perturbation.certainty import largest_certainty
from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.disclosure.perturbation.readers_view import requirements_of_gate, stated_intervals
from anonymization.disclosure.protect import attacked_by_repeating
from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.tool_files.adding_up import refuse_contradictions
from anonymization.disclosure.tool_files.cell_keys import CellKeys, cell_keys
from anonymization.disclosure.tool_files.cells_file import PublishedCells, read_cells
from anonymization.disclosure.tool_files.changed_cells import audit_changed, read_changed_cells
from anonymization.disclosure.tool_files.csv_rows import open_csv
from anonymization.disclosure.tool_files.file_audit import audit_file as attack_file
from anonymization.disclosure.tool_files.file_audit import refuse_hidden_zeros, small_counts_from, wrong_marks
from anonymization.disclosure.tool_files.pattern_file import SUPPRESSED, read_pattern
from anonymization.disclosure.tool_files.several_cells import as_one
from anonymization.disclosure.tool_files.spec_attackers import has_attackers
from anonymization.disclosure.tool_files.spec_method import Changing
from anonymization.disclosure.tool_files.spec_tables import kept_cells
from pipelines.run.emergency_stop import stop_after
from pipelines.run.progress import report
from pipelines.run.sealing import sealed
from pipelines.tool.asked import (
    Asked,
    nesting_not_tried,
    notices_by_cells,
    notices_of_nesting,
    notices_of_spelling,
    read_asked,
    read_counts,
    terms_of,
)
from pipelines.tool.audit_findings import Findings, totals_as_in_files
from pipelines.tool.text_files import read_text
from pipelines.tool.time_bound import AT_MOST, seconds_in

UNTRIED = "contributors and audiences of the SPEC, who know true counts: without microdata only the public was tried"
NO_REPEATS = "the pattern knower, who repeats the protection: that needs microdata"


@dataclass(frozen=True, eq=False)
class _Published:
    """What is attacked. text, file: the cells, all files as one. release, atoms: the true counts, where known.

    not_tried: what the files do not tell, in words.
    """

    asked: Asked
    text: str
    file: str
    model: JointModel
    required: Requirements
    keys: CellKeys
    release: Release | None
    atoms: np.ndarray | None
    not_tried: tuple[str, ...]

    @property
    def truth(self) -> np.ndarray | None:
        """The true count of every distinct cell."""
        return None if self.atoms is None else np.asarray(self.model.cells @ self.atoms)


@sealed("audit")
def audit_file(
    cells_paths: Sequence[Path], spec_path: Path, microdata: Path | None, at_most: str = AT_MOST
) -> Findings:
    """Attack the cells of one file or of several together, with or without what they count.

    at_most: how long, as a duration; what is then undecided is not called safe.
    """
    bound = seconds_in(at_most)
    asked = read_asked(spec_path, microdata)
    is_late = stop_after(asked.spec.time_limit or bound)
    with totals_as_in_files(asked):
        release = read_counts(microdata, asked) if microdata else None
        spelling = notices_of_spelling([*cells_paths, *([microdata] if microdata else [])], asked)
        published = _read(cells_paths, asked, release, nesting_not_tried(asked, microdata))
        nested = notices_of_nesting(asked, microdata, release) if microdata and release else []
        told = (*asked.warnings, *spelling, *nested)
        changing = asked.spec.changing
        if changing is None:
            return _attack_hidden(published, told, is_late)
        return _attack_changed(published, changing, told, is_late)


def _read(paths: Sequence[Path], asked: Asked, release: Release | None, not_tried: Sequence[str]) -> _Published:
    report("Build the joint model")
    model = build_model(asked.tables)
    keys = cell_keys(model, asked.spec.total_of)
    text = as_one([(path.name, read_text(path)) for path in paths], keys)
    atoms = model.tabulate(release) if release else None
    file = " with ".join(path.name for path in paths)
    return _Published(asked, text, file, model, requirements(model, asked.rule), keys, release, atoms, tuple(not_tried))


def _attack_hidden(published: _Published, told: Sequence[str], is_late: Callable[[], bool]) -> Findings:
    """The audit of cells of which some are hidden."""
    asked, model, required, truth = published.asked, published.model, published.required, published.truth
    report("Read the cells")
    cells = _read_published(published.text, published.file, published.keys, truth)
    refuse_contradictions(asked.tables, published.keys, cells.counts, published.file)
    refuse_hidden_zeros(cells, truth, required, published.keys)
    nested = notices_by_cells(asked, model, cells.counts) if truth is None else []
    report("Attack the cells")
    found = attack_file(cells, model, required, asked.spec, published.atoms, Limits(is_late, report=report))
    found = _by_repeating(found, published, cells, is_late)
    headline = hidden_headline(model, cells.hidden, kept_cells(asked.spec))
    warnings = (*told, *asked.left_open, *nested, *headline, *_warnings(cells, truth, required))
    source = small_counts_from(cells, published.atoms)
    return Findings(asked, found, source, warnings, not_tried=_not_tried(published), is_late=is_late())


def _by_repeating(
    found: AuditReport, published: _Published, cells: PublishedCells, is_late: Callable[[], bool]
) -> AuditReport:
    """The audit with the attack of someone who repeats the protection, which needs the true counts."""
    asked, atoms, release = published.asked, published.atoms, published.release
    if atoms is None or release is None:
        return found
    report("Repeat the protection, as someone might who has the program")
    shown = shown_when_hidden(cells.counts, cells.hidden, published.required)
    hidden = Published(published.model, published.required, atoms, shown, cells.hidden)
    budget = Budget(is_late, report)
    return attacked_by_repeating(found, hidden, release, asked.rule, terms_of(asked, budget), budget)


def _not_tried(published: _Published) -> tuple[str, ...]:
    """What the files do not let the audit try, in words."""
    if published.atoms is not None:
        return published.not_tried
    attackers = [UNTRIED] if has_attackers(published.asked.spec) else []
    return (*published.not_tried, *attackers, NO_REPEATS)


def _attack_changed(
    published: _Published, changing: Changing, told: Sequence[str], is_late: Callable[[], bool]
) -> Findings:
    """The audit of cells whose counts the method of the SPEC changed; and how surely it lets one name a small count."""
    asked, model, required, truth = published.asked, published.model, published.required, published.truth
    report("Read the cells")
    counts = read_changed_cells(published.text, published.file, published.keys, changing.rule)
    if not isinstance(changing.rule, CellKey):
        refuse_contradictions(asked.tables, published.keys, counts.astype(float), published.file)
    report("Attack the cells")
    shown, asked_of = stated_intervals(model, counts, changing.rule), requirements_of_gate(required, changing.gate)
    certainty = largest_certainty(changing.rule, truth, counts, required.threshold)
    found = audit_changed(shown, model, asked_of, published.atoms, Limits(is_late, report=report))
    source = small_counts_from(None, published.atoms)
    return Findings(asked, found, source, tuple(told), certainty.largest, published.not_tried, is_late())


def _read_published(text: str, file: str, keys: CellKeys, truth: np.ndarray | None) -> PublishedCells:
    is_pattern = SUPPRESSED in open_csv(text, file, []).columns
    return (read_pattern if is_pattern else read_cells)(text, file, keys, truth)


def _warnings(cells: PublishedCells, truth: np.ndarray | None, required: Requirements) -> list[str]:
    wrong = 0 if truth is None else wrong_marks(cells, truth, required)
    marks = [f"{wrong} hidden cells are marked differently from what the microdata say; the microdata are believed."]
    return marks if wrong else []
