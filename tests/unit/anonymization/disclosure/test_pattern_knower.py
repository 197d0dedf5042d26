"""Promise: what the choice of hidden cells gives away to someone who has the program is told, or stops the release."""

import json
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.audit import pattern_knower
from anonymization.disclosure.audit.reduction import reduce
from anonymization.disclosure.audit.report import AttackResult
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.whole_tables import TooManyError, whole_tables
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.errors import DisclosureError, PolicyError
from pipelines.tool.audit_cells import audit_file
from pipelines.tool.audit_findings import Findings
from pipelines.tool.protect_file import protect_file

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
REGIONS = ("A", "B", "C", "D")
AREA = Dimension("area", {"REGION": dict(zip(REGIONS, REGIONS, strict=True))})
TABLE = Table("T", "children", (AREA,), ({"area": ("TOTAL", "REGION")},))
SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  region: {codes: [A, B, C, D]}
tables:
  - dimensions: [region]
"""


def release_of(*counts: int) -> Release:
    return Release(TableSet((TABLE,)), {"children": pd.DataFrame({"area": REGIONS, "count": counts})})


def protected(*counts: int, answer: Literal["report", "gate"] | None = "report") -> ProtectedRelease:
    return protect(release_of(*counts), History(), RULE, Terms(pattern_knower=answer))


def hidden(release: ProtectedRelease) -> frozenset[str]:
    return frozenset(release.cells.loc[release.cells["count"].isna(), "area"])


def attack(release: ProtectedRelease) -> AttackResult:
    return next(one for one in release.audit.attacks if one.kind == "pattern_knower")


def learnt_by_hand(*counts: int) -> int:
    """Small counts of which the splits of the hidden sum that give the same pattern leave less than the width."""
    pattern = hidden(protected(*counts, answer=None))
    places = [REGIONS.index(area) for area in sorted(pattern - {"_T"})]
    whole = sum(counts[place] for place in places)
    remaining = []
    for split in product(range(1, whole + 1), repeat=len(places)):
        if sum(split) == whole:
            other = list(counts)
            for place, value in zip(places, split, strict=True):
                other[place] = value
            if hidden(protected(*other, answer=None)) == pattern:
                remaining.append(other)
    widths = np.ptp(np.array(remaining), axis=0)
    return sum(widths[place] < RULE.width for place in places if 0 < counts[place] < RULE.threshold)


def test_of_nine_splits_two_remain_and_one_count_is_learnt() -> None:
    """A and B are hidden and sum up to 10; only 4 + 6 and 6 + 4 hide these two."""
    found = attack(protected(4, 6, 6, 20))
    assert (found.tried, len(found.failing), found.gate, found.untried) == (1, 1, False, 0)
    assert "1 are learnt, 0 of them exactly, from 8 repeated protections" in found.note
    assert "in 1 part the small counts are certain" in found.note


@pytest.mark.parametrize("counts", [(4, 6, 6, 20), (1, 6, 7, 20), (3, 3, 6, 20), (2, 5, 5, 9), (1, 1, 9, 9)])
def test_what_is_learnt_is_what_trying_all_splits_finds(counts: tuple[int, ...]) -> None:
    assert len(attack(protected(*counts)).failing) == learnt_by_hand(*counts)


def test_as_a_gate_it_refuses_in_a_sentence() -> None:
    with pytest.raises(DisclosureError, match="learns 1 of them"):
        protected(4, 6, 6, 20, answer="gate")


def test_nothing_hidden_gives_nothing_away() -> None:
    found = attack(protected(6, 6, 6, 20, answer="gate"))
    assert (found.tried, found.failing) == (0, ())


def test_the_pattern_is_the_same_whether_it_is_tried_or_not() -> None:
    assert protected(4, 6, 6, 20).cells.equals(protected(4, 6, 6, 20, answer=None).cells)


@pytest.mark.parametrize("limit", ["MOST_TABLES", "MOST_REPEATS"])
def test_what_takes_too_much_is_not_tried_and_told(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_knower, limit, 3)
    found = attack(protected(4, 6, 6, 20))
    assert (found.tried, found.untried, found.failing) == (0, 1, ())
    assert "not tried: 1" in found.note


# Whole tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(1, 2, 3, 4, 5, 6), (2, 2, 2, 9, 1, 1), (3, 0, 1, 1, 4, 2)])
def test_all_whole_tables_are_found(counts: tuple[int, ...]) -> None:
    """Two by three cells with both margins: in plain Python, every table with these margins and no hidden zero."""
    rows = Dimension("row", {"ROW": {"r": "r", "s": "s"}})
    columns = Dimension("column", {"COLUMN": {code: code for code in "xyz"}})
    table = Table("T", "p", (rows, columns), ({"row": ("TOTAL", "ROW"), "column": ("TOTAL", "COLUMN")},))
    model = build_model(TableSet((table,)))
    required, true = requirements(model, RULE), model.cells @ np.array(counts)
    mask = np.array([model.cells[[cell]].sum() == 1 and true[cell] > 0 for cell in range(model.cells.shape[0])])
    reduced = reduce(public_system(model, shown_when_hidden(true, mask, required)))
    found = whole_tables(reduced, np.arange(len(reduced.columns)), 500)
    whole = {tuple(reduced.whole(values).tolist()) for values in found}
    least = [int(count > 0) for count in counts]
    tops = [min(sum(counts[:3]) if place < 3 else sum(counts[3:]), 12) for place in range(6)]
    expected = {
        one
        for one in product(*(range(low, top + 1) if low else (0,) for low, top in zip(least, tops, strict=True)))
        if sum(one[:3]) == sum(counts[:3]) and all(one[n] + one[n + 3] == counts[n] + counts[n + 3] for n in range(3))
    }
    assert whole == expected and len(found) == len(whole) > 1
    with pytest.raises(TooManyError):
        whole_tables(reduced, np.arange(len(reduced.columns)), len(whole) - 1)


# The tool -----------------------------------------------------------------------------------------------------------


def test_the_internal_report_tells_it(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(SPEC)
    (tmp_path / "data.csv").write_text("region,count\nA,4\nB,6\nC,6\nD,20\n")
    asked = tmp_path / "data.csv", tmp_path / "spec.yml", tmp_path / "cells.csv"
    protect_file(*asked, False, tmp_path / "report")
    attacks = json.loads((tmp_path / "report" / "report.json").read_text())["attacks"]
    told = next(one for one in attacks if one["name"] == "pattern knower")
    assert (told["gate"], told["narrow"], told["result"]) == (False, 1, "succeeds, reported")
    (tmp_path / "spec.yml").write_text(SPEC + "pattern_knower: gate\n")
    asked[2].unlink()
    with pytest.raises(DisclosureError, match="learns 1 of them"):
        protect_file(*asked, False, None)
    assert not asked[2].exists()


def test_other_words_are_refused() -> None:
    with pytest.raises(PolicyError, match="pattern_knower"):
        read_spec(SPEC + "pattern_knower: maybe\n", "SPEC.yml")


def audited(tmp_path: Path, more: str = "", cells: str | None = None) -> Findings:
    """What an audit with microdata says of what `protect` writes, or of other cells, by a SPEC with further keys."""
    (tmp_path / "spec.yml").write_text(SPEC)
    (tmp_path / "data.csv").write_text("region,count\nA,4\nB,6\nC,6\nD,20\n")
    asked = tmp_path / "data.csv", tmp_path / "spec.yml", tmp_path / "cells.csv"
    protect_file(*asked, True, None)
    (tmp_path / "spec.yml").write_text(SPEC + more)
    if cells is not None:
        asked[2].write_text(cells)
    return audit_file([asked[2]], asked[1], asked[0])


def test_an_audit_with_microdata_tries_it_and_says_what_is_learnt(tmp_path: Path) -> None:
    found = audited(tmp_path)
    (told,) = (one for one in found.as_json()["attacks"] if one["kind"] == "pattern_knower")
    assert (told["tried"], told["failing"], told["gate"], found.verdict) == (1, 1, False, "safe")
    assert "Attacker, report: pattern knower. Too closely known, or undecided: 1 of 1" in found.sentence


def test_as_a_gate_it_makes_an_audit_unsafe(tmp_path: Path) -> None:
    assert audited(tmp_path, "pattern_knower: gate\n").verdict == "unsafe"


def test_cells_that_this_protection_does_not_give_are_not_tried(tmp_path: Path) -> None:
    other = "region,count,status\nTotal,36,published\nA,,hidden\nB,6,published\nC,,hidden\nD,20,published\n"
    found = audited(tmp_path, "pattern_knower: gate\n", other)
    (told,) = (one for one in found.report.attacks if one.kind == "pattern_knower")
    assert (told.tried, told.untried, found.verdict) == (0, 1, "safe")
    assert "protecting these counts by this SPEC hides other cells" in found.sentence


def test_without_microdata_the_verdict_says_that_it_was_not_tried(tmp_path: Path) -> None:
    audited(tmp_path)
    found = audit_file([tmp_path / "cells.csv"], tmp_path / "spec.yml", None)
    assert "Not tried: the pattern knower" in found.sentence and not found.report.attacks


def test_no_budget_for_repeats_is_told_as_such(tmp_path: Path) -> None:
    found = audited(tmp_path, "budget: {repeat: 0}\n")
    assert "not tried: 1, since the budget for repeated protections does not suffice" in found.sentence


def test_what_a_bound_takes_counts_as_effort() -> None:
    pattern = protected(4, 6, 6, 20).pattern
    assert pattern.iterations > pattern.stages[-1].iterations
