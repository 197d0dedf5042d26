"""Promise: a bound on time ends with the best pattern proven safe, a refusal, or "not finished"; never unsafe."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from anonymization.disclosure.advice.advisor import advise
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.suppress import UNIMPROVED
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import NamedCells, ThresholdRule
from anonymization.errors import DisclosureError
from pipelines.commands.cli import app
from pipelines.tool import audit_cells as disclosure_stage
from pipelines.tool import protect_file as disclosure_protection
from pipelines.tool.audit_cells import audit_file
from pipelines.tool.protect_file import protect_file
from pipelines.tool.time_bound import AT_MOST, seconds_in

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
SPEC = """
threshold: 5
knowledge: zeros_published
total: I alt
dimensions:
  region: {codes: [A, B, C, D, E, F]}
  sex: {codes: [F, M]}
tables:
  - dimensions: [region, sex]
"""
ROWS = [("A", 3, 41), ("B", 4, 37), ("C", 60, 2), ("D", 25, 30), ("E", 12, 9), ("F", 7, 55)]


def made(rows: int = 14, columns: int = 5) -> Release:
    """A table that a first pattern protects at a higher cost than a searched one."""
    draw = np.random.default_rng(3)
    place = Dimension("place", {"place": {code: code for code in (f"p{n}" for n in range(rows))}})
    kind = Dimension("kind", {"kind": {code: code for code in (f"k{n}" for n in range(columns))}})
    leaves = [(p, k) for p in place.leaves for k in kind.leaves]
    counts = draw.integers(1, 60, len(leaves)) ** 2 // 40
    frame = pd.DataFrame(leaves, columns=["place", "kind"]).assign(count=counts)
    margins = {"place": ("TOTAL", "place"), "kind": ("TOTAL", "kind")}
    return Release(TableSet((Table("T", "records", (place, kind), (margins,)),)), {"records": frame})


def written(folder: Path, more: str = "") -> tuple[Path, Path, Path]:
    lines = [f"{region},{sex},{count}" for region, *counts in ROWS for sex, count in zip("FM", counts, strict=True)]
    (folder / "data.csv").write_text("\n".join(["region,sex,count", *lines]) + "\n")
    (folder / "spec.yml").write_text(SPEC + more)
    return folder / "data.csv", folder / "spec.yml", folder / "cells.csv"


def seconds_left_for_proof_only(seconds: float | None) -> "object":
    """The whole bound is never met; its part for making the pattern cheaper is met at once."""
    return lambda: seconds is not None and seconds < seconds_in(AT_MOST)


def met_at_once(seconds: float | None) -> "object":
    return lambda: True


def test_a_pattern_that_is_not_improved_is_proven_and_returned() -> None:
    searched = protect(made(), History(), RULE)
    first = protect(made(), History(), RULE, budget=Budget(enough=lambda: True))
    assert (first.audit.verdict, first.pattern.is_improved, first.pattern.is_reproducible) == ("safe", False, False)
    assert UNIMPROVED in first.notes and not searched.pattern.notes
    assert first.pattern.cost > searched.pattern.cost


def test_the_tool_writes_it_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, spec, out = written(tmp_path)
    monkeypatch.setattr(disclosure_protection, "stop_after", seconds_left_for_proof_only)
    said = protect_file(data, spec, out, False, tmp_path / "report").sentence
    assert "Safe, and written" in said and UNIMPROVED in said and "another run may hide other cells" in said
    assert "no time to look for counts that a reader without microdata" in said
    assert audit_file([out], spec, data).verdict == "safe"
    attack = next(
        one
        for one in json.loads((tmp_path / "report" / "report.json").read_text())["attacks"]
        if one["name"] == "pattern knower"
    )
    assert "not tried for want of time: 3" in attack["words"] and attack["narrow"] == 0


def test_time_out_before_a_pattern_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, spec, out = written(tmp_path)
    monkeypatch.setattr(disclosure_protection, "stop_after", met_at_once)
    with pytest.raises(DisclosureError, match="met before a pattern was proven safe, so nothing is written") as refused:
        protect_file(data, spec, out, False, None)
    assert str(refused.value).count("coarser tables") == 1 and not out.exists()


def test_a_gate_that_time_did_not_let_be_tried_refuses() -> None:
    with pytest.raises(DisclosureError, match="time was out before it was tried on"):
        protect(made(4, 2), History(), RULE, Terms(pattern_knower="gate"), Budget(enough=lambda: True))


def test_an_audit_ends_at_its_bound_and_is_never_safe_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, spec, out = written(tmp_path)
    protect_file(data, spec, out, False, None)
    monkeypatch.setattr(disclosure_stage, "stop_after", met_at_once)
    found = audit_file([out], spec, None)
    assert (found.verdict, found.is_safe, found.as_json()["verdict"]) == ("not finished", False, "not finished")
    assert "The bound on time was met, so " in found.sentence and "not tried to the end" in found.sentence
    done = CliRunner().invoke(app, ["audit", "--spec", str(spec), "--cells", str(out), "--at-most", "90s"])
    assert done.exit_code == 2 and "not finished" in done.stdout


def test_what_is_found_unsafe_stays_so_when_time_is_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, spec, out = written(tmp_path)
    protect_file(data, spec, out, False, None)
    shown = out.read_text().replace("A,F,,primary", "A,F,3,published")
    out.write_text(shown)
    monkeypatch.setattr(disclosure_stage, "stop_after", met_at_once)
    assert audit_file([out], spec, None).verdict == "unsafe"


def test_a_bad_bound_of_an_audit_is_refused(tmp_path: Path) -> None:
    data, spec, out = written(tmp_path)
    protect_file(data, spec, out, False, None)
    done = CliRunner().invoke(app, ["audit", "--spec", str(spec), "--cells", str(out), "--at-most", "soon"])
    assert done.exit_code == 1 and "--at-most soon" in done.output


# One word for totals ------------------------------------------------------------------------------------------------


def test_a_total_has_one_word_in_sentences_reports_and_refusals(tmp_path: Path) -> None:
    data, spec, out = written(tmp_path, "left_open: [{quantity: differences, dimension: region, because: known}]\n")
    protect_file(data, spec, out, False, tmp_path / "report")
    told = (tmp_path / "report" / "report.json").read_text() + (tmp_path / "report" / "report.html").read_text()
    rows = out.read_text().splitlines()
    counts = {f"{region},{sex}": count for region, *both in ROWS for sex, count in zip("FM", both, strict=True)}
    totals = {f"{region},I alt": sum(both) for region, *both in ROWS}
    totals |= {f"I alt,{sex}": sum(row[place] for row in ROWS) for place, sex in ((1, "F"), (2, "M"))}
    shown = [
        row.replace(",,secondary", f",{(counts | totals).get(row[: -len(',,secondary')])},published") for row in rows
    ]
    out.write_text("\n".join(shown) + "\n")
    found = audit_file([out], spec, data)
    assert found.verdict == "unsafe" and any("region=A" in one["place"] for one in found.as_json()["findings"])
    everything = told + found.sentence + json.dumps(found.as_json())
    assert "I alt" in json.dumps(found.as_json()["findings"]) and "=_T" not in everything
    out.write_text("\n".join([*rows[:-1]]) + "\n")
    with pytest.raises(DisclosureError) as refused:
        audit_file([out], spec, data)
    assert "Total" not in str(refused.value) and "_T" not in str(refused.value)


# Advice and `keep` --------------------------------------------------------------------------------------------------


def test_the_advice_shows_every_cell_of_keep() -> None:
    fine = made(30, 6)
    counts = fine.counts["records"].assign(count=lambda rows: rows["count"] % 7)
    release = Release(fine.table_set, {"records": counts})
    crossed, alone = NamedCells(levels={"place": ("place",), "kind": ("kind",)}), NamedCells(levels={"kind": ("kind",)})
    assert [one.changes for one in advise(release, RULE).proposals] == [("cross no dimensions with each other",)]
    assert len(advise(release, RULE, keep=[alone]).proposals) == 1
    assert not advise(release, RULE, keep=[alone, crossed]).proposals
