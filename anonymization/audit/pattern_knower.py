"""Someone who has the program: it is public and deterministic, so which cells are hidden tells of their counts.

Protection looks for a cheap pattern. Counts for which it would have hidden other cells can be ruled out: of all whole
tables that agree with what is shown, those remain for which the program gives the very pattern that was published (the
minimality attack: Wong, Fu, Wang and Pei, VLDB 2007). It can only be tried where the tables are few: part by part of
the hidden cells that rows connect, with the other parts held at the truth. Nobody knows these, so what is found is
rather too much than too little.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from anonymization.audit.reduction import Reduced, reduce
from anonymization.audit.report import AttackResult, AuditReport
from anonymization.audit.system import public_system
from anonymization.audit.whole_tables import TooManyError, whole_tables
from anonymization.errors import DisclosureError
from anonymization.tables.joint_model import JointModel
from anonymization.tables.requirements import Requirements
from anonymization.tables.shown import Shown

MOST_TABLES = 200  # of one part
MOST_ITERATIONS = 20_000  # of the simplex method, in all repeated protections
MOST_REPEATS = 400  # protections repeated for one release
HiddenFor = Callable[[np.ndarray], np.ndarray | None]  # true atoms -> mask of the hidden distinct cells, None: refused


def _never() -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Published:
    """What there is to learn from. truth: the true atoms. hidden: mask of the distinct cells."""

    model: JointModel
    required: Requirements
    truth: np.ndarray
    shown: Shown
    hidden: np.ndarray


@dataclass(eq=False)
class _Learnt:
    """What came of it so far: primaries by distinct cell, and how many protections may still be repeated.

    untried: for want of repeats. late: for want of time.
    """

    repeats: int
    is_late: Callable[[], bool]
    tried: list[int] = field(default_factory=list)
    exact: list[int] = field(default_factory=list)
    narrow: list[int] = field(default_factory=list)
    untried: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    parts: int = 0
    certain: int = 0
    repeated: int = 0


def attack_of_pattern_knower(
    published: Published, hidden_for: HiddenFor, repeats: int, gate: bool, is_late: Callable[[], bool] = _never
) -> AttackResult:
    """Which primaries someone learns who can repeat the protection.

    hidden_for: the protection. repeats: how often it may be repeated. is_late: whether time is out, so that what comes
    next is not tried. A primary is learnt when the tables that remain leave it less than its width.
    """
    learnt = _Learnt(min(repeats, MOST_REPEATS), is_late)
    reduced = reduce(public_system(published.model, published.shown))
    for places, cells in _parts(published, reduced):
        _try_part(published, reduced, places, cells, hidden_for, learnt)
    return AttackResult(
        "pattern knower", "pattern_knower", gate, len(learnt.tried), tuple(learnt.narrow), note=_note(learnt),
        untried=len(learnt.untried) + len(learnt.late), late=len(learnt.late),
    )  # fmt: skip


def with_pattern_knower(
    report: AuditReport,
    published: Published,
    hidden_for: HiddenFor,
    iterations: int,
    gate: bool,
    is_late: Callable[[], bool] = _never,
) -> AuditReport:
    """A report with this attack. iterations: what one protection takes. is_late: whether time is out.

    Raises DisclosureError when this attacker is a gate and learns something, or was not tried for want of time.
    """
    attack = attack_of_pattern_knower(published, hidden_for, MOST_ITERATIONS // max(iterations, 1), gate, is_late)
    if gate and attack.late:
        raise DisclosureError(
            f"pattern_knower is a gate, and time was out before it was tried on {attack.late} small counts: give more "
            "time, or set pattern_knower to report."
        )
    if gate and attack.failing:
        raise DisclosureError(
            "Which cells are hidden gives small counts away: the program is public, and whoever repeats the protection "
            f"learns {len(attack.failing)} of them. Publish coarser tables, or set pattern_knower to report."
        )
    return replace(report, attacks=(*report.attacks, attack))


def _parts(published: Published, reduced: Reduced) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The open atoms of each connected part (places among the columns), and the primaries that it holds."""
    counts = published.model.cells @ published.truth
    primary = np.flatnonzero(published.hidden & published.required.primary(counts))
    hidden = sparse.csr_array(published.model.cells[np.flatnonzero(published.hidden)][:, reduced.columns])
    rows = abs(sparse.csr_array(sparse.vstack([reduced.matrix, hidden], format="csr")))
    touching = sparse.block_array([[None, rows.T], [rows, None]], format="csr")
    size = len(reduced.columns)
    number = connected_components(touching, directed=False)[1][:size] if size else np.zeros(0, dtype=np.int64)
    by_cell = sparse.csr_array(published.model.cells[primary][:, reduced.columns])
    inside = [np.unique(number[by_cell.indices[a:b]]) for a, b in zip(by_cell.indptr, by_cell.indptr[1:], strict=False)]
    for part in np.unique(number):
        cells = primary[[len(parts) > 0 and part in parts for parts in inside]]
        if len(cells):
            yield np.flatnonzero(number == part), cells


def _try_part(
    published: Published,
    reduced: Reduced,
    places: np.ndarray,
    cells: np.ndarray,
    hidden_for: HiddenFor,
    learnt: _Learnt,
) -> None:
    truth = published.truth[reduced.columns[places]]
    if learnt.is_late():
        learnt.late += cells.tolist()
        return
    try:
        tables = [table for table in whole_tables(reduced, places, MOST_TABLES) if (table != truth).any()]
    except TooManyError:
        tables = []
    if not tables or len(tables) > learnt.repeats:
        learnt.untried += cells.tolist()
        return
    learnt.repeats -= len(tables)
    remaining = list(_remaining(published, reduced, places, tables, hidden_for, learnt))
    if learnt.is_late():  # a repeat that time ended looks like a pattern that is ruled out
        learnt.late += cells.tolist()
        return
    learnt.parts += 1
    learnt.tried += cells.tolist()
    _note_remaining(published, cells, remaining, learnt)


def _remaining(
    published: Published,
    reduced: Reduced,
    places: np.ndarray,
    tables: list[np.ndarray],
    hidden_for: HiddenFor,
    learnt: _Learnt,
) -> Iterator[np.ndarray]:
    """The counts of all distinct cells in each table that the pattern does not rule out, the true one first."""
    yield np.asarray(published.model.cells @ published.truth)
    for table in tables:
        atoms = published.truth.copy()
        atoms[reduced.columns[places]] = table
        counts = np.asarray(published.model.cells @ atoms)
        if not (published.required.primary(counts) & ~published.hidden).any():
            learnt.repeated += 1
            hidden = hidden_for(atoms)
            if hidden is not None and (hidden == published.hidden).all():
                yield counts


def _note_remaining(published: Published, cells: np.ndarray, remaining: list[np.ndarray], learnt: _Learnt) -> None:
    values = np.array([counts[cells] for counts in remaining])
    width = values.max(axis=0) - values.min(axis=0)
    learnt.narrow += cells[width < published.required.width[cells]].tolist()
    learnt.exact += cells[width == 0].tolist()
    small = [np.sort(counts[published.hidden & published.required.primary(counts)]) for counts in remaining]
    learnt.certain += all(np.array_equal(one, small[0]) for one in small) and bool((width > 0).any())


def _note(learnt: _Learnt) -> str:
    said = (
        f"all that is published, and the program; of {len(learnt.tried):,} small counts tried {len(learnt.narrow):,} "
        f"are learnt, {len(learnt.exact):,} of them exactly, from {learnt.repeated:,} repeated protections"
    )
    if learnt.certain:
        said += f"; in {learnt.certain} parts the small counts are certain, though not in which cell each stands"
    if learnt.untried:
        said += f"; not tried: {len(learnt.untried):,}, whose tables or protections are too many"
    if learnt.late:
        said += f"; not tried for want of time: {len(learnt.late):,}"
    return said
