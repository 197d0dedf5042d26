"""Subtle places of the suppressor: what is reduced, what a push may do, what is pushed together, what is repaired."""

from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.ledger.history import History, joint_history
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression import greedy, part, repair
from anonymization.disclosure.suppression.bound import bound
from anonymization.disclosure.suppression.budget import Budget, Effort, OutOfTimeError
from anonymization.disclosure.suppression.capacity_cuts import CapacityCuts
from anonymization.disclosure.suppression.clean_up import publish_again
from anonymization.disclosure.suppression.first_pattern import make_wide_together
from anonymization.disclosure.suppression.greedy import make_wide
from anonymization.disclosure.suppression.local_search import improve
from anonymization.disclosure.suppression.pattern_search import Search
from anonymization.disclosure.suppression.reduced import Choice, Problem, reduce
from anonymization.disclosure.suppression.repair import meet, meet_nearby
from anonymization.disclosure.suppression.suppress import Suppressor
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.quantities import find_quantities
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError
from tests.bench.make_microdata import LAST_YEAR_OF_GROUP, REGION_OF_COUNTY, make_microdata

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
Keys = AbstractSet[tuple[str, ...]]
REGIONS = {"C1": "R1", "C2": "R2", "C3": "R2", "C4": "R2"}  # R1 is one county
AREA = Dimension("area", {"COUNTY": {c: c for c in REGIONS}, "REGION": REGIONS})
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
BY_SEX = Table("T1", "children", (AREA, SEX), ({"area": ("TOTAL", "REGION", "COUNTY"), "sex": ("TOTAL", "SEX")},))


def by_sex(counts: list[list[int]]) -> Release:
    leaves = [(a, s) for a in AREA.leaves for s in SEX.leaves]
    frame = pd.DataFrame(leaves, columns=["area", "sex"]).assign(count=np.ravel(counts))
    return Release(TableSet((BY_SEX,)), {"children": frame})


def reduced(
    release: Release, frozen: Keys = frozenset(), forced: Keys = frozenset(), rule: ThresholdRule = RULE
) -> Problem:
    """The suppressor's problem; frozen, forced: cells by their codes."""
    model = build_model(release.table_set)
    truth, required = model.tabulate(release), requirements(model, rule)
    keys = model.rows[release.table_set.dimension_names].apply(tuple, axis=1)

    def mask(chosen: Keys) -> np.ndarray:
        found = np.zeros(model.cells.shape[0], dtype=bool)
        found[model.rows.loc[[key in chosen for key in keys], "cell"]] = True
        return found

    counts = model.cells @ truth
    choice = Choice(counts * ~required.primary(counts).astype(bool) * 1.0, mask(frozen), mask(forced), mask(set()))
    return reduce(model, truth, required, find_quantities(model, required, Named(), truth), choice)


def searched(release: Release, **options) -> Search:
    [part] = reduced(release, **options).parts()
    return Search(part)


USUAL = [[3, 9], [8, 7], [9, 6], [9, 30]]


def test_cells_with_the_same_children_are_one_class():
    """R1 is C1, and nobody in C2 is a boy: so C2 is its girls, whatever the codes say."""
    problem = reduced(by_sex([[3, 9], [8, 0], [9, 6], [9, 30]]))
    together = [members for members in problem.members if len(members) > 1]
    assert [len(members) for members in together] == [2]  # R1 and C1 are one cell of the model already
    assert [problem.counts[place] for place, members in enumerate(problem.members) if len(members) > 1] == [8]
    assert len(np.concatenate(problem.members)) == 18 - 1  # every distinct cell but the empty one
    assert len({tuple(row) for row in problem.sums.toarray()}) == len(problem.counts)


def test_nobody_moves_into_a_cell_that_is_shown_to_be_empty():
    problem = reduced(by_sex([[3, 9], [8, 0], [9, 6], [9, 30]]))
    assert len(problem.atoms) == 7
    assert (problem.counts > 0).all()
    assert (problem.atoms > 0).all()


def test_a_small_count_that_is_published_already_is_refused():
    with pytest.raises(DisclosureError, match="published already"):
        reduced(by_sex(USUAL), frozen={("C1", "F")})


def test_frozen_cells_stay_shown_and_forced_ones_hidden():
    problem = reduced(by_sex(USUAL), frozen={("C2", "F"), ("C2", "M")}, forced={("C4", "_T")})
    [part] = problem.parts()
    search = Search(part)
    make_wide(search, Budget())
    improve(search, Budget(), 1_000)
    publish_again(search, Budget())
    assert part.is_frozen.sum() == 2
    assert not (search.hidden & part.is_frozen).any()
    assert (search.hidden & part.is_open).sum() == 2  # the small count and the forced cell


def test_what_only_frozen_cells_could_protect_is_refused():
    everything = {(a, s) for a in ("_T", *REGIONS, "R1", "R2") for s in ("_T", "F", "M")} - {("C1", "F"), ("R1", "F")}
    search = searched(by_sex(USUAL), frozen=everything)
    with pytest.raises(DisclosureError, match="cannot be protected"):
        make_wide(search, Budget())


def test_parts_that_no_row_links_are_solved_apart():
    other = Table("T2", "others", (SEX,), ({"sex": ("TOTAL", "SEX")},))
    release = by_sex(USUAL)
    both = Release(
        TableSet((BY_SEX, other)),
        {**release.counts, "others": pd.DataFrame({"sex": ["F", "M"], "count": [3, 50]})},
    )
    assert [part.targets.size for part in reduced(both).parts()] == [1, 1]
    calm = Release(both.table_set, {**both.counts, "others": pd.DataFrame({"sex": ["F"], "count": [50]})})
    assert [part.targets.size for part in reduced(calm).parts()] == [1]


def is_wide(search: Search) -> bool:
    return not search.narrow_targets()


def moves_are_possible(search: Search) -> bool:
    """Every movement keeps what is shown and leaves no cell below the least it can have."""
    problem = search.problem
    still = ~search.hidden
    return bool(
        np.allclose(search.highs[:, still], 0, atol=1e-6)
        and np.allclose(search.lows[:, still], 0, atol=1e-6)
        and (search.lows >= -problem.drop - 1e-6).all()
    )


def rough_release(seed: int, counties: int = 25) -> Release:
    """Counties by two crossed dimensions; about a third of the counts are small."""
    draw = np.random.default_rng(seed)
    area = Dimension("area", {"COUNTY": {f"C{n}": f"C{n}" for n in range(counties)}})
    age = Dimension("age", {"AGE": {f"A{n}": f"A{n}" for n in range(5)}})
    table = Table("T", "p", (area, age, SEX), ({d.name: ("TOTAL", *d.levels) for d in (area, age, SEX)},))
    leaves = [(a, b, c) for a in area.leaves for b in age.leaves for c in SEX.leaves]
    weights = np.repeat(np.geomspace(60, 1, counties), 10)
    frame = pd.DataFrame(leaves, columns=["area", "age", "sex"]).assign(count=draw.poisson(weights))
    return Release(TableSet((table,)), {"p": frame})


@pytest.mark.parametrize("knowledge", ["nonnegative", "zeros_published"])
def test_targets_pushed_together_are_all_wide(knowledge: str):
    rule = ThresholdRule(5, 5 if knowledge == "nonnegative" else 4, knowledge)
    search = searched(rough_release(1), rule=rule)
    assert len(search.problem.targets) > 60
    make_wide_together(search, Budget())
    assert is_wide(search)
    assert moves_are_possible(search)


def test_targets_pushed_together_keep_what_is_frozen():
    release = rough_release(2)
    totals = {("_T", "_T", "_T"), ("_T", "A0", "_T"), ("C0", "_T", "_T")}
    search = searched(release, frozen=totals)
    make_wide_together(search, Budget())
    assert is_wide(search)
    assert search.problem.is_frozen.sum() == 3
    assert not (search.hidden & search.problem.is_frozen).any()


def test_each_stage_keeps_targets_wide_and_costs_no_more():
    search = searched(rough_release(3))
    make_wide(search, Budget())
    costs = [search.cost]
    for stage in (lambda: improve(search, Budget(), 3_000), lambda: publish_again(search, Budget())):
        stage()
        assert is_wide(search)
        assert moves_are_possible(search)
        costs.append(search.cost)
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < costs[0]


def test_a_cut_holds_for_every_safe_pattern():
    """Cuts found for the emptiest pattern hold for another one that is wide."""
    search = searched(rough_release(4, counties=10))
    cuts = CapacityCuts(search.problem).broken_by(search.problem.is_open.astype(float))
    assert cuts
    for seed in range(3):
        other = searched(rough_release(4, counties=10))
        other.prices = np.random.default_rng(seed).uniform(0.1, 9.0, len(other.prices))
        other.push.set_prices(np.arange(len(other.prices)), np.where(other.hidden, 1e-3, other.prices))
        make_wide(other, Budget())
        for cut in cuts:
            assert cut.parts @ other.hidden[cut.classes] >= 1 - 1e-6


def test_a_bound_that_is_stopped_still_is_one():
    costs = [
        bound(searched(rough_release(5, counties=6)).problem, Budget(), effort).cost for effort in (0, 60, 100_000)
    ]
    search = searched(rough_release(5, counties=6))
    make_wide(search, Budget())
    improve(search, Budget(), 20_000)
    assert costs[0] == 0.0
    assert costs == sorted(costs)
    assert costs[-1] <= search.cost + 1e-6


def overlapping(counts: list[int]) -> Release:
    """Five kinds of which overlapping unions are shown; 2k + w and the like make whole numbers matter."""
    leaves = ("x", "y", "z", "w", "s")
    shown = {"A": "xyw", "B": "yzw", "C": "xzw", "D": "ws", "W": "w"}
    levels = {
        code: {leaf: code if leaf in members else f"no {code}" for leaf in leaves} for code, members in shown.items()
    }
    table = Table("T1", "p", (Dimension("kind", levels),), ({"kind": tuple(levels)},))
    return Release(TableSet((table,)), {"p": pd.DataFrame({"kind": leaves, "count": counts})})


def test_a_target_wide_in_fractions_only_is_repaired_in_whole_numbers():
    """Of w, 2 and 4 alone are possible while A, B, C and D are shown: wide from 1 to 5 in fractions."""
    hidden = {(f"no {code}",) for code in "ABCDW"}
    search = searched(overlapping([3, 3, 3, 4, 1]), forced=hidden)
    w = next(int(t) for t in search.problem.targets if search.problem.counts[t] == 4)
    search.take(search.cheapest(w))
    assert search.is_wide(w)
    assert search.cost == 0.0  # nothing but what is hidden anyway has moved
    meet(search, w, 4, np.zeros(0, dtype=np.int64))
    assert search.cost > 0.0
    whole = [row for row in np.vstack([search.highs, search.lows]) if np.allclose(row, np.rint(row))]
    assert max(row[w] for row in whole) - min(row[w] for row in whole) >= 4


@pytest.mark.parametrize("nearby", [2, 12, 500])
def test_a_very_large_problem_is_repaired_among_the_nearest_atoms(nearby: int, monkeypatch: pytest.MonkeyPatch):
    """Whole movements; published cells and what an attacker knows take no part; too few atoms are made more."""
    monkeypatch.setattr(repair, "NEARBY", nearby)
    search = searched(rough_release(1))
    first, *others = search.problem.targets
    steps = meet_nearby(search, int(first), 4, np.array(others[:3]))
    moved = [search.problem.sums[[first]] @ step for step in steps]
    assert max(0, *moved) - min(0, *moved) >= 4
    assert search.is_wide(int(first)) and search.cost > 0
    assert moves_are_possible(search)
    rows = np.vstack([search.highs, search.lows])
    assert (rows == np.rint(rows)).all()
    assert not rows[:, others[:3]].any()
    frozen = searched(rough_release(1), frozen={("_T", "_T", "_T"), ("C0", "_T", "_T")})
    meet_nearby(frozen, int(frozen.problem.targets[0]), 4, np.zeros(0, dtype=np.int64))
    assert not (frozen.hidden & frozen.problem.is_frozen).any()


@pytest.mark.parametrize("seed", [2, 3])
def test_what_a_very_large_repair_finds_is_a_proof_for_the_next_audit(seed: int, monkeypatch: pytest.MonkeyPatch):
    """The audit may solve no whole-number program here, so it can know of these tables from the repair alone."""
    monkeypatch.setattr(part, "LARGE", 1)
    monkeypatch.setattr(part, "MOST_WHOLE", 0)
    kept: list[np.ndarray] = []
    keep = part.Part._keep
    monkeypatch.setattr(part.Part, "_keep", lambda self, found: (kept.extend(found), keep(self, found)))
    found = protect(rough_release(seed, 20), History(), RULE, Terms(effort=Effort(proof=0)))
    assert kept and found.pattern.stages[-1].name == "what the audit asked for"
    assert (found.audit.verdict, found.audit.whole_solves) == ("safe", 0)


def test_what_no_hiding_can_repair_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(repair, "NEARBY", 1)
    search = searched(by_sex([[1, 20], [4, 20], [9, 20], [9, 30]]))
    known = np.setdiff1d(np.arange(len(search.problem.counts)), search.problem.targets[:1])
    with pytest.raises(DisclosureError, match="coarser"):
        meet_nearby(search, int(search.problem.targets[0]), 4, known)


def test_a_demand_leaves_what_the_attacker_knows_where_it_is():
    search = searched(by_sex([[1, 20], [4, 20], [9, 20], [9, 30]]))
    make_wide(search, Budget())
    before = search.highs.shape[0]
    one, four = (next(int(t) for t in search.problem.targets if search.problem.counts[t] == n) for n in (1, 4))
    meet(search, four, 1, np.array([one]))
    new = slice(before, None)
    assert len(search.highs[new])
    assert np.allclose(search.highs[new, one], 0)
    assert np.allclose(search.lows[new, one], 0)
    assert search.highs[new, four].max() - search.lows[new, four].min() >= 1


@pytest.mark.parametrize(
    "counts", [[1, 1, 1, 3, 3], [3, 1, 5, 3, 6], [6, 6, 3, 3, 5], [1, 5, 6, 3, 6], [3, 3, 3, 4, 1]]
)
def test_overlapping_unions_are_protected_whatever_the_counts(counts: list[int]):
    """The cheapest pattern in fractions is no pattern in whole numbers here, and the search must not end with it."""
    protected = protect(overlapping(counts), History(), RULE)
    assert (protected.audit.verdict, protected.audit.narrow_integer) == ("safe", 0)
    assert protected.pattern.bound <= protected.pattern.cost + 1e-6


@pytest.mark.parametrize("counts", [[1, 1, 1, 3, 3], [3, 1, 5, 3, 6], [3, 3, 3, 4, 1]])
def test_where_the_proof_may_cost_nothing_more_is_hidden_or_nothing_comes_out(counts: list[int]):
    """Without whole-number programs, what vertices do not prove stays open, and open is not safe."""
    usual = protect(overlapping(counts), History(), RULE)
    try:
        quick = protect(overlapping(counts), History(), RULE, Terms(effort=Effort(proof=0)))
    except DisclosureError as refusal:
        assert "not safe" in str(refusal)
    else:
        assert quick.audit.verdict == "safe" and quick.audit.whole_solves == 0
        assert quick.pattern.cost >= usual.pattern.cost


def test_a_first_pattern_goes_round_its_dearest_cells(monkeypatch: pytest.MonkeyPatch):
    gone_round, plain = searched(rough_release(3)), searched(rough_release(3))
    make_wide(gone_round, Budget())
    monkeypatch.setattr(greedy, "DEAREST", 0)
    make_wide(plain, Budget())
    assert is_wide(gone_round) and moves_are_possible(gone_round)
    assert gone_round.cost < plain.cost


def test_a_solver_without_an_answer_leaves_a_found_pattern_as_it_is(monkeypatch: pytest.MonkeyPatch):
    search = searched(rough_release(3))
    make_wide(search, Budget())
    before = search.hidden.copy()

    def no_answer(cell: int, step: int) -> None:
        raise DisclosureError("The solver ended without an answer.")

    monkeypatch.setattr(search.push, "move", no_answer)
    improve(search, Budget(), 1_000)
    publish_again(search, Budget())
    assert is_wide(search)
    assert not (search.hidden & ~before).any()


def test_a_time_limit_before_a_pattern_is_told_as_such_at_once():
    joint = joint_history(History(), rough_release(6, counties=8), ThresholdRule(5, 4, "zeros_published"))
    suppressor = Suppressor(
        joint.model,
        joint.truth,
        joint.required,
        find_quantities(joint.model, joint.required, Named(), joint.truth),
        Choice(joint.counts.astype(float), joint.frozen, joint.forced, joint.hidden_last_time),
    )
    asked: list[int] = []
    late = Budget(out_of_time=lambda: not asked.append(1))
    with pytest.raises(OutOfTimeError, match="time limit"):
        suppressor.run(Effort(), late)
    assert late.was_late and len(asked) == 1


def test_a_search_stopped_by_the_clock_is_marked_and_still_wide():
    search, asked = searched(rough_release(6, counties=8)), iter(range(10**9))
    late = Budget(out_of_time=lambda: next(asked) >= 3)
    make_wide(search, Budget())
    improve(search, late, 10_000)
    publish_again(search, late)
    assert late.was_late
    assert is_wide(search)
    assert moves_are_possible(search)


def test_the_optimum_of_the_benchmark_is_proven():
    """J1, the golden job: county x age group x sex; other tools found 38 cells that cost 267."""
    codes = {"county": sorted(REGION_OF_COUNTY), "age_group": list(LAST_YEAR_OF_GROUP), "sex": ["F", "M"]}
    known = tuple(Dimension(name, {"LEAF": {leaf: leaf for leaf in leaves}}) for name, leaves in codes.items())
    table = Table("t1", "children", known, (dict.fromkeys(codes, ("TOTAL", "LEAF")),))
    counts = make_microdata(seed=20260401).groupby(list(codes)).size().rename("count").reset_index()
    rule = ThresholdRule(threshold=5, width=5, knowledge="nonnegative")
    protected = protect(Release(TableSet((table,)), {"children": counts}), History(), rule)
    assert (protected.cells["status"] == "primary").sum() == 125
    assert (protected.cells["status"] == "secondary").sum() == 36
    assert (protected.pattern.cost, protected.pattern.gap) == (263.0, 0.0)
    assert protected.audit.verdict == "safe"
