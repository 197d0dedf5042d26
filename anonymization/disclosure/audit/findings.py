"""From a finished search to the report on what the public can compute."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from anonymization.disclosure.audit.derivation import Derivation, in_words
from anonymization.disclosure.audit.report import AuditReport, CountFinding, Reason
from anonymization.disclosure.audit.system import describe_cell
from anonymization.disclosure.audit.width_search import TOLERANCE, Search
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown

DERIVED = 10  # findings whose derivation is written out; the others follow in the same way


@dataclass(frozen=True, eq=False)
class _Verdicts:
    """Masks over the targets, cells first."""

    exact: np.ndarray
    narrow: np.ndarray
    exact_in_whole: np.ndarray
    narrow_in_whole: np.ndarray
    undecided: np.ndarray


def public_report(
    search: Search,
    cells: np.ndarray,
    shown: Shown,
    required: Requirements,
    quantities: Quantities | None,
    only_told: Collection[str] = (),
) -> AuditReport:
    """The report. `cells`: the distinct cells that the first targets are; the quantities are the others."""
    found, count = _verdicts(search, quantities), len(cells)
    gates = _gates(len(search.targets), quantities, only_told)
    in_sight = np.flatnonzero(~shown.is_open & required.primary(shown.lower))
    linear, whole = search.solves
    widths = np.maximum(search.outer_width, search.pool.width)[:count]
    return AuditReport(
        cells=len(shown.lower),
        primary=count + len(in_sight),
        hidden=int(shown.is_open.sum()),
        width=int(required.width[cells].min(initial=required.width.max(initial=0))),
        shown_small=len(in_sight),
        exact=int(found.exact[:count].sum()),
        narrow=int(found.narrow[:count].sum()),
        exact_integer=int(found.exact_in_whole[:count].sum()),
        narrow_integer=int(found.narrow_in_whole[:count].sum()),
        undecided=int(found.undecided.sum()),
        quantities=len(search.targets) - count,
        narrow_quantities=int((found.narrow_in_whole & gates)[count:].sum()),
        untried_quantities=quantities.untried if quantities else 0,
        smallest_width=float(widths.min()) if count else None,
        linear_solves=linear,
        whole_solves=whole,
        findings=(*_shown_small(search, in_sight, shown), *_findings(search, cells, found, quantities, gates)),
        pool=search.pool,
        must_be_wide=gates & ~_known_large(search, quantities),
    )


def _verdicts(search: Search, quantities: Quantities | None) -> _Verdicts:
    one_value = search.settled & (search.outer_width < 1 - TOLERANCE) & (search.pool.width == 0)
    proven_one = search.whole_least == search.whole_most
    harmless = _known_large(search, quantities)
    return _Verdicts(
        exact=one_value & ~harmless,
        narrow=~search.is_wide_in_fractions & ~harmless,
        exact_in_whole=(one_value | proven_one) & ~harmless,
        narrow_in_whole=~search.pool.is_wide & ~harmless,
        undecided=search.undecided & ~harmless,
    )


def _known_large(search: Search, quantities: Quantities | None) -> np.ndarray:
    """Mask of the quantities that are known to be 0, or at least their threshold: no small count is near."""
    mask = np.zeros(len(search.targets), dtype=bool)
    if quantities is not None and len(quantities):
        count = len(mask) - len(quantities)
        start = search.pool.values[0][count:]
        least, most = start + search.least[count:], start + search.most[count:]
        large = (least >= quantities.threshold) | (most <= -quantities.threshold) | ((least == 0) & (most == 0))
        mask[count:] = search.settled[count:] & large
    return mask


def _shown_small(search: Search, cells: np.ndarray, shown: Shown) -> list[CountFinding]:
    model = search.system.model
    return [CountFinding(int(c), describe_cell(model, int(c)), "shown", shown.lower[c], shown.upper[c]) for c in cells]


def _findings(
    search: Search, cells: np.ndarray, found: _Verdicts, quantities: Quantities | None, gates: np.ndarray
) -> list[CountFinding]:
    """Exact ones first, since their derivations say most."""
    places = np.flatnonzero(found.narrow_in_whole)
    ordered = sorted(places.tolist(), key=lambda place: not found.exact_in_whole[place])
    derived = ordered[:DERIVED]
    ways = {place: search.derive(place) for place in derived}
    return [
        replace(_finding(search, place, cells, found, quantities, ways.get(place, ())), gate=bool(gates[place]))
        for place in ordered
    ]


def _gates(count: int, quantities: Quantities | None, only_told: Collection[str]) -> np.ndarray:
    """Mask of the targets whose narrowness makes the release unsafe."""
    gates = np.ones(count, dtype=bool)
    if quantities is not None and len(quantities):
        gates[count - len(quantities) :] = [kind not in only_told for kind in quantities.kinds]
    return gates


def _finding(
    search: Search,
    place: int,
    cells: np.ndarray,
    found: _Verdicts,
    quantities: Quantities | None,
    derivations: tuple[Derivation | None, ...],
) -> CountFinding:
    is_cell = place < len(cells) or quantities is None
    start = int(search.pool.values[0][place])
    values = search.attainable_values(place) if derivations else None
    ends = search.whole_least[place], search.whole_most[place]
    least, most = start + search.least[place], start + search.most[place]
    reason: Reason = "exact" if found.exact_in_whole[place] else "narrow"
    return CountFinding(
        cell=int(cells[place]) if is_cell else None,
        quantity=None if is_cell else place - len(cells),
        place=_place(search, place, cells, quantities),
        reason="undecided" if found.undecided[place] else reason,
        lower=float(least),
        upper=float(most),
        whole_lower=None if np.isnan(ends[0]) else int(ends[0]),
        whole_upper=None if np.isnan(ends[1]) else int(ends[1]),
        values=values,
        derivations=tuple(way for way in derivations if way is not None),
        derivation=in_words(search.system, derivations),
    )


def _place(search: Search, place: int, cells: np.ndarray, quantities: Quantities | None) -> str:
    if place < len(cells) or quantities is None:
        return describe_cell(search.system.model, int(cells[place]))
    return quantities.names[place - len(cells)]
