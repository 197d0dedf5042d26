"""What an audit says, in words and for machines."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.tables.table_set import TOTAL
from anonymization.disclosure.tool_files.spec_numbers import TOTAL_CODE
from anonymization.errors import DisclosureError
from pipelines.tool.asked import Asked

MARK_OF_TOTAL = re.compile(rf"(\w+)={TOTAL}\b")
MOST_NAMED = 5  # counts that are named in a verdict
IN_WORDS: dict[str, str] = {"exact": "exactly", "narrow": "closer than their width", "undecided": "not proven open"}


@dataclass(frozen=True, eq=False)
class Findings:
    """What an audit says, for the screen and for machines.

    certainty: the largest chance of naming a small count; None where counts are hidden, not changed. not_tried: what
    was left out for want of microdata, in words. is_late: whether the bound on time was met.
    """

    asked: Asked
    report: AuditReport
    source: str
    warnings: tuple[str, ...]
    certainty: float | None = None
    not_tried: tuple[str, ...] = ()
    is_late: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether nothing too close can be computed, and no small count be named with too large a chance."""
        gate = self.asked.spec.gate
        too_sure = gate is not None and self.certainty is not None and self.certainty > gate.largest_certainty
        return self.report.verdict == "safe" and not too_sure

    @property
    def verdict(self) -> str:
        """In a word or two. Not finished: nothing was found unsafe, but time was out before all was proven safe."""
        if self.is_safe:
            return "safe"
        return "not finished" if self.is_late and not self._is_known_unsafe else "unsafe"

    @property
    def _is_known_unsafe(self) -> bool:
        """Whether something was found unsafe, rather than left undecided when time was out."""
        found, gate = self.report, self.asked.spec.gate
        too_sure = gate is not None and self.certainty is not None and self.certainty > gate.largest_certainty
        is_proven = any(finding.gate and finding.reason != "undecided" for finding in found.findings)
        succeeding = any(len(attack.failing) > attack.undecided for attack in found.attacks if attack.gate)
        return too_sure or bool(found.shown_small) or is_proven or succeeding

    @property
    def sentence(self) -> str:
        """The result in a few lines."""
        found = self.report
        return (
            f"{self.verdict}: of {found.cells:,} cells {found.hidden:,} {self._are_open}, {found.primary:,} of them "
            f"small (known from {self.source}).\n"
            f"Shown although small: {found.shown_small}. Computable exactly: {found.exact_integer}. Not shown to span "
            f"{self.asked.width}: {found.narrow_integer}, of which undecided: {found.undecided}."
            f"{'' if self.certainty is None else self._chance}{self._of_quantities}{self._of_attackers}{self._left_out}"
        )

    @property
    def _of_attackers(self) -> str:
        """Each attacker who succeeds, or of whom something was not tried."""
        return "".join(
            f"\nAttacker, {'gate' if one.gate else 'report'}: {one.name}. Too closely known, or undecided: "
            f"{len(one.failing):,} of {one.tried:,}{f' ({one.note})' if one.note else ''}."
            for one in self.report.attacks
            if one.failing or one.untried
        )

    @property
    def _left_out(self) -> str:
        """What the verdict does not reckon with, for want of time or of microdata."""
        late = f"The bound on time was met, so {self.report.undecided:,} counts were not tried to the end: give a "
        lines = [f"\n{late}longer --at-most."] if self.is_late and not self.is_safe else []
        return "".join([*lines, *(f"\nNot tried: {one}." for one in self.not_tried)])

    @property
    def _of_quantities(self) -> str:
        """What follows from the cells without being one: what is known too closely, and what was not tried."""
        found = self.report
        close = [finding for finding in found.findings if finding.quantity is not None]
        total_of = self.asked.spec.total_of
        named = "; ".join(f"{in_words_of(total_of, one.place)} ({IN_WORDS[one.reason]})" for one in close[:MOST_NAMED])
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
        figures = in_words_of(self.asked.spec.total_of, self.report.figures())
        found = {name: _finite(value) for name, value in figures.items()}
        verdict = {"verdict": self.verdict, "largest_certainty": self.certainty}
        return {"spec": self.asked.file} | found | verdict | stated | told | {"not_tried": list(self.not_tried)}


def in_words_of(total_of: Mapping[str, str], value: Any) -> Any:
    """Figures in which totals have the word that CELLS have for them."""
    if isinstance(value, str):
        return MARK_OF_TOTAL.sub(lambda found: f"{found[1]}={total_of.get(found[1], TOTAL_CODE)}", value)
    if isinstance(value, dict):
        return {name: in_words_of(total_of, inner) for name, inner in value.items()}
    return [in_words_of(total_of, inner) for inner in value] if isinstance(value, list | tuple) else value


def _finite(value: Any) -> Any:
    """JSON has no infinity: an interval without an end is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


@contextmanager
def totals_as_in_files(asked: Asked) -> Iterator[None]:
    """What is refused inside is told with the word for totals that the files have."""
    try:
        yield
    except DisclosureError as refusal:
        raise type(refusal)(in_words_of(asked.spec.total_of, str(refusal))) from None
