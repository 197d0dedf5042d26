"""The design advisor: coarser tables, with what they would lose, before anything is protected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from anonymization.disclosure.advice.estimate import METHOD, Estimate, estimate
from anonymization.disclosure.advice.layouts import Layout, layout_of, possible_changes, release_with, shows_kept
from anonymization.disclosure.advice.screening import Candidate, Screening
from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.disclosure.threshold_rules import NamedCells, ThresholdRule
from anonymization.errors import DisclosureError

CEILING = 0.25  # of the cells that are not 0; above it the tables are too fine, and the advisor speaks
MOST_COMBINATIONS = 6_000
MOST_ESTIMATES = 10  # for each mixture of kinds of changes, so that alternatives of every kind are seen
BEST_OF_A_KIND = 2
MOST_PROPOSALS = 8
HIDDEN_FOR_EACH_PRIMARY = 1.8  # itself among them, as on linked tables; used where the tables as asked tell nothing


def _silent(as_asked: Estimate) -> None:
    return None


@dataclass(frozen=True, eq=False)
class Proposal:
    """Tables to publish instead, with what they would lose.

    changes: what to change, in words. estimate: cells and shares. cells_kept: visible cells that are not 0, among those
    of the tables as asked. detail_kept: the same weighted by persons: visible counts, among all counts as asked.
    """

    changes: tuple[str, ...]
    table_set: TableSet
    estimate: Estimate
    cells_kept: float
    detail_kept: float

    @property
    def hidden_share(self) -> float:
        """Estimated hidden cells among those that are not 0."""
        return self.estimate.hidden_share

    @property
    def words(self) -> str:
        """The proposal in a sentence."""
        changes = "; ".join(self.changes)
        return (
            f"{changes[0].upper()}{changes[1:]}: about {self.hidden_share:.0%} of {self.estimate.nonzero:,} cells that "
            f"are not 0 hidden, {self.estimate.shown:,} shown; {self.detail_kept:.0%} of the detail, by persons."
        )


@dataclass(frozen=True, eq=False)
class Advice:
    """What the advisor says of a release.

    as_asked: the release unchanged; None when it cannot be modelled, and `refusal` says why. proposals: the best first,
    none when the release is coarse enough. method: how the shares are found.
    """

    as_asked: Estimate | None
    refusal: str
    proposals: tuple[Proposal, ...]
    ceiling: float
    method: str = METHOD

    @property
    def is_too_fine(self) -> bool:
        """Whether more would be hidden than the ceiling allows."""
        return self.as_asked is None or self.as_asked.hidden_share > self.ceiling

    @property
    def words(self) -> tuple[str, ...]:
        """What the advisor says, in sentences; no count of persons stands in them."""
        if self.as_asked is None:
            return (self.refusal, *(proposal.words for proposal in self.proposals))
        asked = self.as_asked
        found = (
            f"{asked.primary:,} of {asked.nonzero:,} cells that are not 0 are small counts "
            f"({asked.primary_share:.0%}), and about {asked.hidden_share:.0%} would be hidden."
        )
        if not self.is_too_fine:
            return (f"{found} That is within {self.ceiling:.0%}: the tables can be protected as they are.",)
        proposals = [proposal.words for proposal in self.proposals] or ["No coarser tables were found that lose less."]
        return (f"{found} That is more than {self.ceiling:.0%}: the tables are too fine.", *proposals, self.method)


def advise(
    release: Release,
    rule: ThresholdRule,
    ceiling: float = CEILING,
    keep: Sequence[NamedCells] = (),
    told: Callable[[Estimate], None] = _silent,
) -> Advice:
    """Coarser tables whose estimated hidden share is at most `ceiling`, those that show most cells first.

    Proposals are found by up to three changes (a coarser level, a dimension less, fewer dimensions crossed at once).
    None is listed that shows only a part of another. The best of each mixture of changes is looked for, so that there
    is a choice. All show the cells of `keep`. told: gets the estimate of the tables as asked, before others are tried.
    Relations between populations are kept, but the estimate does not reckon with them.
    Raises DisclosureError when neither the release nor any coarser one can be modelled.
    """
    screening = Screening(release, rule)
    try:
        as_asked, refusal = estimate(release, rule), ""
    except DisclosureError as error:
        as_asked, refusal = None, str(error)
    if as_asked is not None:
        told(as_asked)
    if as_asked is not None and as_asked.hidden_share <= ceiling:
        return Advice(as_asked, refusal, (), ceiling)
    promising = _most_promising(release, screening, ceiling, as_asked)
    candidates = [one for one in promising if shows_kept(one.layout, release.table_set, keep)]
    proposals = _proposals(release, rule, ceiling, candidates)
    if as_asked is None and not proposals:
        raise DisclosureError(refusal)
    ranked = sorted(proposals, key=lambda proposal: -proposal.estimate.shown)
    return Advice(as_asked, refusal, tuple(ranked[:MOST_PROPOSALS]), ceiling)


def _most_promising(
    release: Release, screening: Screening, ceiling: float, as_asked: Estimate | None
) -> list[Candidate]:
    hides = HIDDEN_FOR_EACH_PRIMARY
    if as_asked is not None and as_asked.primary:
        hides = (as_asked.primary + as_asked.secondary) / as_asked.primary
    changes = possible_changes(release.table_set)
    candidates = screening.candidates(layout_of(release.table_set), changes, MOST_COMBINATIONS)
    hopeful = [candidate for candidate in candidates if candidate.expected_share(hides) <= ceiling]
    return sorted(hopeful, key=lambda candidate: -candidate.expected_shown(hides))


def _proposals(release: Release, rule: ThresholdRule, ceiling: float, candidates: list[Candidate]) -> list[Proposal]:
    whole = Screening(release, rule).candidate((), layout_of(release.table_set))
    found: dict[Layout, Proposal] = {}
    for kinds in dict.fromkeys(candidate.kinds for candidate in candidates):
        hopeful = [candidate for candidate in candidates if candidate.kinds == kinds][:MOST_ESTIMATES]
        tried = ((candidate.layout, _proposal(release, rule, candidate, whole)) for candidate in hopeful)
        good = ((layout, proposal) for layout, proposal in tried if proposal and proposal.hidden_share <= ceiling)
        found |= dict(islice(good, BEST_OF_A_KIND))
    return [proposal for layout, proposal in found.items() if not any(set(layout) < set(other) for other in found)]


def _proposal(release: Release, rule: ThresholdRule, candidate: Candidate, whole: Candidate) -> Proposal | None:
    coarser = release_with(release, candidate.layout)
    try:
        found = estimate(coarser, rule)
    except DisclosureError:  # this one is too large as well; the next may not be
        return None
    words = tuple(change.words for change in candidate.changes)
    cells_kept, detail_kept = found.shown / max(whole.nonzero, 1), found.counted_shown / max(whole.counted, 1)
    return Proposal(words, coarser.table_set, found, cells_kept, detail_kept)
