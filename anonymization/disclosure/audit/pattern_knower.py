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

from anonymization.disclosure.audit.reduction import Reduced, reduce
from anonymization.disclosure.audit.report import AttackResult, AuditReport
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.whole_tables import TooManyError, whole_tables
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.errors import DisclosureError

MOST_TABLES = 200  # of one part
MOST_REPEATS = 400  # protections repeated for one release
NAME, KIND, KNOWS = "pattern knower", "pattern_knower", "all that is published, and the program"
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

    too_large: of parts with too many tables. untried: for want of repeats. late: for want of time.
    """

    repeats: int
    is_late: Callable[[], bool]
    tried: list[int] = field(default_factory=list)
    exact: list[int] = field(default_factory=list)
    narrow: list[int] = field(default_factory=list)
    too_large: list[int] = field(default_factory=list)
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
        NAME, KIND, gate, len(learnt.tried), tuple(learnt.narrow), note=_note(learnt),
        untried=len(learnt.too_large) + len(learnt.untried) + len(learnt.late), late=len(learnt.late),
    )  # fmt: skip


def with_pattern_knower(
    report: AuditReport,
    published: Published,
    hidden_for: HiddenFor,
    repeats: int,
    gate: bool,
    is_late: Callable[[], bool] = _never,
) -> AuditReport:
    """A report with this attack. repeats: how often the protection may be repeated. is_late: whether time is out."""
    attack = attack_of_pattern_knower(published, hidden_for, repeats, gate, is_late)
    return replace(report, attacks=(*report.attacks, attack))


def without_pattern_knower(report: AuditReport, published: Published, gate: bool) -> AuditReport:
    """A report that says that nothing was tried, since the protection at hand is not the one that hid these cells."""
    small = published.hidden & published.required.primary(np.asarray(published.model.cells @ published.truth))
    untried = int(small.sum())
    note = f"{KNOWS}; not tried: {untried:,}, since protecting these counts by this SPEC hides other cells"
    attack = AttackResult(NAME, KIND, gate, 0, (), note=note, untried=untried)
    return replace(report, attacks=(*report.attacks, attack))


def refuse_what_is_learnt(report: AuditReport) -> None:
    """Raises DisclosureError when this attacker is a gate and learns something, or was not tried for want of time."""
    for attack in (one for one in report.attacks if one.kind == KIND and one.gate):
        if attack.failing:
            raise DisclosureError(
                "Which cells are hidden gives small counts away: the program is public, and whoever repeats the "
                f"protection learns {len(attack.failing)} of them. Publish coarser tables, or set pattern_knower to "
                "report."
            )
        if attack.late:
            raise DisclosureError(
                f"pattern_knower is a gate, and time was out before it was tried on {attack.late} small counts: give "
                "more time, or set pattern_knower to report."
            )


def has_small_part(published: Published) -> bool:
    """Whether some part of the hidden cells with a small count has few enough whole tables."""
    reduced = reduce(public_system(published.model, published.shown))
    return any(_tables(published, reduced, places) for places, _ in _parts(published, reduced))


def _tables(published: Published, reduced: Reduced, places: np.ndarray) -> list[np.ndarray]:
    """The other whole tables of a part; none when they are too many."""
    truth = published.truth[reduced.columns[places]]
    try:
        return [table for table in whole_tables(reduced, places, MOST_TABLES) if (table != truth).any()]
    except TooManyError:
        return []


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
    if learnt.is_late():
        learnt.late += cells.tolist()
        return
    tables = _tables(published, reduced, places)
    if not tables:
        learnt.too_large += cells.tolist()
        return
    if len(tables) > learnt.repeats:
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
        f"{KNOWS}; of {len(learnt.tried):,} small counts tried {len(learnt.narrow):,} are learnt, "
        f"{len(learnt.exact):,} of them exactly, from {learnt.repeated:,} repeated protections"
    )
    if learnt.certain:
        parts = "1 part" if learnt.certain == 1 else f"{learnt.certain} parts"
        said += f"; in {parts} the small counts are certain, though not in which cell each stands"
    if learnt.too_large:
        said += f"; not tried: {len(learnt.too_large):,}, in parts with more than {MOST_TABLES:,} whole tables"
    if learnt.untried:
        said += f"; not tried: {len(learnt.untried):,}, since the budget for repeated protections does not suffice"
    if learnt.late:
        said += f"; not tried for want of time: {len(learnt.late):,}"
    return said
