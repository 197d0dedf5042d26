"""The disclosure benchmark: its jobs are the known ones; its page says what was recorded, and judges it fairly."""

from itertools import pairwise
from typing import Any

import pytest

from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.tables.joint_model import build_model
from tests.bench.disclosure.goals import GOALS, Figures, Goal
from tests.bench.disclosure.jobs import EVERY_SEED, RULES, SEED, release_of
from tests.bench.disclosure.page import PAGE, page_of, recorded_figures
from tests.bench.disclosure.protecting import protected
from tests.bench.disclosure.quarters import quarters

TAKEN = {"date": "2026-01-01", "load_average": 0.5, "yardstick": 0.25, "peak_mib": 100}
CPU = {"model": 0.1, "first": 3.0, "bound": 5.0, "search": 6.0, "clean_up": 2.0, "audit": 1.0, "all": 17.1}
SAFE = {"exact": 0, "narrow": 0, "exact_integer": 0, "narrow_integer": 0, "smallest_width": 4.0}
LOSS = {"primary": 388, "secondary": 300, "weight": 6_000, "first_weight": 6_500, "bound": 4_500.0, "proven": False}
RUN: dict[str, Any] = {**TAKEN, **LOSS, **SAFE, "cpu": CPU, "repairs": 0, "cells": 2_639}


def figures(**changes: Any) -> Figures:
    """Every seed alike, at both rules."""
    runs = {str(seed): RUN | changes for seed in EVERY_SEED}
    return {"j2-r0": runs, "j2-r1": runs}


def goal(words: str) -> Goal:
    (found,) = (goal for goal in GOALS if words in goal.what)
    return found


def verdict(words: str, of: Figures) -> str:
    outcome = goal(words).judge(of)
    assert outcome is not None
    return outcome.verdict


@pytest.mark.parametrize(("job", "cells", "primary"), [("J1", 903, 125), ("J2", 2_639, 388), ("J3", 76_500, 18_463)])
def test_the_jobs_are_those_that_the_peers_were_run_on(job: str, cells: int, primary: int) -> None:
    release = release_of(job, SEED)
    model = build_model(release.table_set)
    counts = model.cells @ model.tabulate(release)
    assert len(counts) == cells
    assert ((counts > 0) & (counts < 5)).sum() == primary


def test_a_protection_tells_its_loss_its_verdict_and_the_seconds_of_every_stage() -> None:
    found, told = protected(release_of("J1", SEED), History(), RULES["R0"])
    assert (told["weight"], told["secondary"], told["primary"], told["proven"]) == (263, 36, 125, True)
    assert told["first_weight"] >= told["weight"] == round(found.pattern.cost)
    assert [told[name] for name in ("exact", "narrow", "exact_integer", "narrow_integer")] == [0, 0, 0, 0]
    assert list(told["cpu"]) == [stage for stage in CPU if stage in told["cpu"]]
    assert {"model", "first", "bound", "clean_up", "audit", "all"} <= set(told["cpu"])
    assert told["cpu"]["all"] == pytest.approx(sum(told["cpu"].values()) - told["cpu"]["all"], abs=0.05)


def test_eight_quarters_of_twelve_tables_add_up() -> None:
    sequence = list(quarters(SEED))
    assert len(sequence) == 8
    for before, after in pairwise(sequence):
        assert len(after.release.table_set.tables) == 12
        ever = [quarter.release.counts["ever"]["count"].sum() for quarter in (before, after)]
        assert ever[1] - ever[0] == after.release.counts["registered"]["count"].sum() > 2_000


def test_the_page_is_made_from_what_is_recorded() -> None:
    assert page_of(recorded_figures()) == PAGE.read_text("utf-8"), "run tests/bench/disclosure/run.py --only"


def test_what_was_never_measured_is_named() -> None:
    page = page_of({})
    assert page.count("not measured yet") == len(GOALS)
    assert "**not met**" not in page and "aim met |" not in page


def test_figures_are_judged_by_their_goals() -> None:
    good = figures()
    assert verdict("exact / narrow", good) == "aim met"
    assert verdict("beside the peer", good) == "aim met"
    assert verdict("weight at R1", good) == "aim met"
    assert verdict("first safe pattern", good) == "aim met"
    assert verdict("after clean-up", good) == "aim met"
    assert verdict("lower bound", good) == "aim met"
    assert verdict("weight at R1", figures(weight=8_999)) == "met"
    assert verdict("weight at R1", figures(weight=9_001)) == "**not met**"
    assert verdict("beside the peer", figures(weight=12_000)) == "**not met**"
    assert verdict("first safe pattern", figures(first_weight=7_000)) == "**not met**"
    assert verdict("after clean-up", figures(cpu=CPU | {"search": 40.0})) == "**not met**"
    assert verdict("lower bound", figures(bound=2_000.0)) == "met"


@pytest.mark.parametrize("name", ["exact", "narrow", "exact_integer", "narrow_integer"])
def test_one_count_too_closely_known_on_one_seed_is_a_failure(name: str) -> None:
    found = figures()
    runs = {**found["j2-r1"], "101": RUN | {name: 1}}
    assert verdict("exact / narrow", {**found, "j2-r1": runs}) == "**not met**"


@pytest.mark.parametrize("why", [{"refused": "The release is not safe."}, {"stopped": "ended with -9"}])
def test_a_run_without_a_result_is_a_failure_and_told(why: dict[str, str]) -> None:
    found = figures()
    for name in ("j2-r0", "j2-r1"):
        found = {**found, name: {**found[name], str(SEED): {**TAKEN, **why}}}
    for words in ("exact / narrow", "beside the peer", "weight at R1", "first safe pattern", "after clean-up"):
        assert verdict(words, found) == "**not met**"
    (told,) = why.values()
    assert f"| {SEED} | {told} |" in page_of(found)


def test_missing_seeds_are_told() -> None:
    found = {"j2-r1": {str(SEED): RUN}}
    assert verdict("exact / narrow", found) == f"aim met, on 1 of {len(EVERY_SEED)} seeds"


def test_seconds_of_a_busy_machine_are_told_as_such() -> None:
    assert "The machine had no other work to do" in page_of(figures())
    assert "**The machine was busy with other work** (load averages up to 4.0)" in page_of(figures(load_average=4.0))
