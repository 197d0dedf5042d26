"""The work behind `caselight protect`: counts in; protected cells, and if wanted a report, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from anonymization.disclosure.advice.advisor import Advice, advise
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.disclosure.perturbation.perturbed import Perturbed
from anonymization.disclosure.protect import ProtectedRelease, protect, protect_by_perturbation
from anonymization.disclosure.reports.attack_sentences import attacks_of
from anonymization.disclosure.reports.internal import ProtectionRecord, internal_report, internal_summary
from anonymization.disclosure.suppression.budget import Budget, OutOfTimeError
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.tool_files.cells_file import write_cells
from anonymization.disclosure.tool_files.record_ids import read_sums_of_keys
from anonymization.disclosure.tool_files.spec_file import Spec
from anonymization.disclosure.tool_files.spec_method import Changing
from anonymization.disclosure.tool_files.spec_tables import POPULATION, kept_cells
from anonymization.errors import DisclosureError
from anonymization.keys import PseudonymKey, read_key
from pipelines.errors import RunError
from pipelines.run.emergency_stop import stop_after
from pipelines.run.progress import report, say
from pipelines.run.sealing import sealed
from pipelines.tool.asked import (
    Asked,
    nesting_not_tried,
    notices_of_nesting,
    notices_of_spelling,
    read_asked,
    read_counts,
    terms_of,
)
from pipelines.tool.audit_findings import in_words_of, totals_as_in_files
from pipelines.tool.text_files import INTERNAL, PUBLIC, read_text, refuse_overwriting, write_text
from pipelines.tool.time_bound import AT_MOST, expected, seconds_in

MOST_PROPOSALS_SAID = 3
IMPROVING = 0.5  # of the bound on time: after that a pattern is proven as it is


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was written, in a sentence, and what whoever asked should know."""

    sentence: str
    warnings: tuple[str, ...]


@sealed("protect")
def protect_file(
    microdata: Path,
    spec: Path,
    out: Path,
    public: bool,
    folder: Path | None,
    key_file: Path | None = None,
    at_most: str = AT_MOST,
) -> Outcome:
    """Protects the tables of a SPEC and writes CELLS, once they are proven safe; nothing is written otherwise.

    key_file: the secret behind the record keys, for the cell-key method.
    """
    refuse_overwriting(out, microdata, spec, *([key_file] if key_file else []))
    asked = read_asked(spec, microdata)
    key = _key(key_file, asked.spec)
    bound = asked.spec.time_limit or seconds_in(at_most)
    budget = Budget(stop_after(bound), report, enough=stop_after(bound * IMPROVING))
    with totals_as_in_files(asked):
        release = read_counts(microdata, asked)
        told = [*notices_of_spelling([microdata], asked), *notices_of_nesting(asked, microdata, release)]
        told += [f"Not tried: {one}." for one in nesting_not_tried(asked, microdata)]
        if asked.spec.changing is None:
            advice = _advice(release, asked, bound)
            protected = _protected_in_time(release, asked, budget, advice)
        else:
            advice, keys = [], _record_keys(microdata, asked, key)
            protected = _changed(release, asked, asked.spec.changing, keys, budget)
    report("Write the cells")
    write_text(out, write_cells(protected.cells, public, asked.spec.total_of), PUBLIC if public else INTERNAL)
    if folder is not None:
        _write_report(folder, asked, protected, advice)
    return Outcome(_sentence(out, protected), (*asked.warnings, *asked.left_open, *told, *advice))


def _advice(release: Release, asked: Asked, bound: float) -> list[str]:
    """What the design advisor says, after the estimate of how long the protection is expected to take."""
    report("Look for coarser tables, should these be too fine")
    keep = kept_cells(asked.spec)
    return advice_in_words(advise(release, asked.rule, keep=keep, told=lambda size: say(expected(size, bound))))


def _changed(
    release: Release, asked: Asked, changing: Changing, keys: dict[str, pd.DataFrame] | None, budget: Budget
) -> ProtectedRelease:
    report("Change the counts, and attack them")
    return protect_by_perturbation(release, History(), asked.rule, changing.rule, changing.gate, keys, budget)


def _protected_in_time(release: Release, asked: Asked, budget: Budget, advice: Sequence[str]) -> ProtectedRelease:
    """The protected release. Raises DisclosureError that says so when the bound was met before there was a proof."""
    report("Protect the tables")
    try:
        return protect(release, History(), asked.rule, terms_of(asked, budget), budget)
    except DisclosureError as refusal:
        if not budget.was_late:
            raise
        found = "" if isinstance(refusal, OutOfTimeError) else f" {refusal}"
        raise DisclosureError(
            f"The bound on time was met before a pattern was proven safe, so nothing is written.{found} Give a "
            f"longer --at-most (or time_limit in the SPEC), or publish coarser tables. {' '.join(advice)}".strip()
        ) from None


def _key(path: Path | None, spec: Spec) -> PseudonymKey | None:
    needs_key = spec.changing is not None and isinstance(spec.changing.rule, CellKey)
    if needs_key != (path is not None):
        raise RunError(
            "The method cell_key needs a secret: give --key-file, a file of 32 random bytes or more with mode 0600."
            if needs_key
            else "Only the method cell_key needs a secret: leave out --key-file."
        )
    return read_key(path) if path else None


def _record_keys(microdata: Path, asked: Asked, key: PseudonymKey | None) -> dict[str, pd.DataFrame] | None:
    if key is None or asked.spec.changing is None or not isinstance(asked.spec.changing.rule, CellKey):
        return None
    text, rule = read_text(microdata), asked.spec.changing.rule
    return {POPULATION: read_sums_of_keys(text, microdata.name, asked.spec, asked.tables, rule, key)}


def advice_in_words(advice: Advice) -> list[str]:
    """What the design advisor says, when the tables are too fine; nothing otherwise."""
    if not advice.is_too_fine or advice.as_asked is None:
        return []
    found = [
        f"The tables are very fine: about {advice.as_asked.hidden_share:.0%} of the cells that are not zero are hidden."
    ]
    return found + [
        f"Instead: {'; '.join(proposal.changes)}. About {proposal.hidden_share:.0%} would be hidden."
        for proposal in advice.proposals[:MOST_PROPOSALS_SAID]
    ]


def _sentence(out: Path, protected: ProtectedRelease) -> str:
    found, changed = protected.audit, protected.perturbed
    if changed is not None:
        return f"Safe, and written to {out}: {found.cells:,} cells. {_changes(changed)} {changed.note}"
    bound = protected.pattern.bound
    least = f"no safe pattern hides fewer than {bound:,.0f}" if bound > 0 else "no bound was proven"
    return (
        f"Safe, and written to {out}: of {found.cells:,} cells {found.hidden:,} are hidden, {found.primary:,} of them "
        f"because they are small. Hidden with them: {protected.pattern.cost:,.0f} records; {least}."
        f"{''.join(f' {note}' for note in protected.notes)}"
    )


def _changes(changed: Perturbed) -> str:
    bound = f"; no result of this method changes less than {changed.bound:,}" if changed.bound else ""
    return f"All changes together: {changed.total_change:,}, the largest {changed.largest_change}{bound}."


def _true_counts(protected: ProtectedRelease) -> "pd.Series[int]":
    joint = protected.joint
    return pd.Series(joint.counts[joint.model.rows["cell"].to_numpy()], index=protected.cells.index)


def _write_report(folder: Path, asked: Asked, protected: ProtectedRelease, advice: Sequence[str]) -> None:
    figures = in_words_of(asked.spec.total_of, protected.audit.figures())
    rule, changed = asked.rule, protected.perturbed
    hidden = {"cost": protected.pattern.cost, "bound": protected.pattern.bound}
    record = ProtectionRecord(
        title=asked.file,
        rule={"threshold": rule.threshold, "width": asked.width, "knowledge": rule.knowledge},
        cells=protected.cells.drop(columns=["lower", "upper"], errors="ignore"),
        attacks=attacks_of(figures),
        findings=figures["findings"],
        pattern=hidden if changed is None else {},
        notes=(*protected.notes, *asked.left_open) if changed is None else (_changes(changed), changed.note),
        true_counts=_true_counts(protected),
        advice=advice,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made ({error.strerror}): choose another --report.") from None
    write_text(folder / "report.html", internal_report(record), INTERNAL)
    write_text(folder / "report.json", internal_summary(record), INTERNAL)
