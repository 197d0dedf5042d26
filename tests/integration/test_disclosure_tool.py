"""`caselight protect` and `caselight audit` as they are run: real files, exit codes, peers' patterns, bad input."""

import csv
import gzip
import json
import os
import random
import re
import stat
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.commands.cli import app

HOUSE = Path(__file__).parents[2]
EXAMPLES = HOUSE / "docs" / "examples" / "disclosure"
PATTERNS = HOUSE / "tests" / "bench" / "patterns"
CASELIGHT = Path(sys.executable).with_name("caselight")
SAME = ("primary", "hidden", "width", "knowledge", "exact", "narrow", "exact_integer", "narrow_integer", "verdict")


def caselight(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user does."""
    return subprocess.run([CASELIGHT, *map(str, words)], text=True, capture_output=True, check=False)


def audited(*words: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of an audit."""
    done = caselight("audit", *words, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic microdata of the benchmark."""
    path = tmp_path_factory.mktemp("microdata") / "children.csv"
    subprocess.run([sys.executable, HOUSE / "tests" / "bench" / "make_microdata.py", path], check=True)
    return path


@pytest.fixture(scope="module", params=["nonnegative", "zeros-published"])
def protected(request: pytest.FixtureRequest, children: Path) -> tuple[Path, Path]:
    """A SPEC of J1, and the cells that `protect` writes by it."""
    spec = EXAMPLES / f"J1-{request.param}.yml"
    cells = children.with_name(f"{request.param}.csv")
    done = caselight("protect", children, "--spec", spec, "--out", cells)
    assert done.returncode == 0, done.stderr
    assert ("weaker" in done.stderr) == (request.param == "nonnegative")
    return spec, cells


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts_of(children: Path) -> Counter[tuple[str, ...]]:
    """The cells of J1, counted one record after the other."""
    people = rows_of(children)
    codes = [[(person[name], "Total") for name in ("county", "age_group", "sex")] for person in people]
    return Counter(key for person in codes for key in product(*person))


def test_cells_hold_every_combination_once(protected: tuple[Path, Path], children: Path) -> None:
    rows = rows_of(protected[1])
    assert list(rows[0]) == ["county", "age_group", "sex", "count", "status"]
    keys = {(row["county"], row["age_group"], row["sex"]) for row in rows}
    assert len(rows) == len(keys) == 43 * 7 * 3 and all(all(key) for key in keys)
    assert {row["status"] for row in rows} == {"published", "primary", "secondary"}
    assert all((row["count"] == "") == (row["status"] != "published") for row in rows)
    counted = counts_of(children)
    shown = {(row["county"], row["age_group"], row["sex"]): int(row["count"]) for row in rows if row["count"]}
    assert shown == {key: counted[key] for key in shown}


def test_the_audit_says_the_same_with_and_without_microdata(protected: tuple[Path, Path], children: Path) -> None:
    spec, cells = protected
    with_code, with_them = audited(children, "--spec", spec, "--cells", cells)
    without_code, without = audited("--spec", spec, "--cells", cells)
    assert (with_code, without_code) == (0, 0)
    assert {key: with_them[key] for key in SAME} == {key: without[key] for key in SAME}
    assert (with_them["verdict"], with_them["primary"], with_them["exact_integer"]) == ("safe", 125, 0)
    assert with_them["narrow_integer"] == 0


QUICK_SPEC = """
rows: records
threshold: 5
knowledge: zeros_published
budget: {search: 2000, bound: 1000}
contributors: gate
dimensions:
  sex: {codes: [F, M]}
  concern: {codes: [none, psychosocial, health_disability, neglect_abuse, family_separation, gbv,
                    exploitation_trafficking]}
  uasc: {codes: [accompanied, separated, unaccompanied]}
tables: [{dimensions: [sex, concern, uasc]}]
"""


@pytest.fixture(scope="module")
def quick(children: Path) -> tuple[Path, Path]:
    """A SPEC of a small table, and its cells."""
    spec, cells = children.with_name("quick.yml"), children.with_name("quick.csv")
    spec.write_text(QUICK_SPEC)
    done = caselight("protect", children, "--spec", spec, "--out", cells, "--report", children.with_name("report"))
    assert done.returncode == 0, done.stderr
    return spec, cells


def test_the_public_form_is_safe_by_itself_and_shows_the_same(quick: tuple[Path, Path], children: Path) -> None:
    spec, cells = quick
    public = cells.with_name("public.csv")
    done = caselight("protect", children, "--spec", spec, "--out", public, "--public")
    assert done.returncode == 0, done.stderr
    inside = cells.read_text(encoding="utf-8")
    assert ",primary\n" in inside
    assert public.read_text(encoding="utf-8") == re.sub(",(primary|secondary)\n", ",hidden\n", inside)
    for words in ([children], []):
        code, found = audited(*words, "--spec", spec, "--cells", public)
        assert (code, found["verdict"], found["narrow_integer"]) == (0, "safe", 0)


def test_labels_stay_with_their_owner(quick: tuple[Path, Path]) -> None:
    files = [quick[1], *quick[1].with_name("report").iterdir()]
    assert {path.name for path in files} == {"quick.csv", "report.html", "report.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_order_of_records_does_not_change_a_byte(quick: tuple[Path, Path], children: Path) -> None:
    spec, cells = quick
    header, *rows = children.read_text(encoding="utf-8").splitlines()
    random.Random(7).shuffle(rows)
    shuffled, again = children.with_name("shuffled.csv.gz"), cells.with_name("again.csv")
    shuffled.write_bytes(gzip.compress("\n".join([header, *rows]).encode()))
    assert caselight("protect", shuffled, "--spec", spec, "--out", again).returncode == 0
    assert again.read_bytes() == cells.read_bytes()


def test_a_small_count_that_is_shown_is_unsafe(protected: tuple[Path, Path], children: Path) -> None:
    spec, cells = protected
    lines = cells.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.endswith(",primary"))
    count = counts_of(children)[tuple(lines[place].split(",")[:3])]
    lines[place] = lines[place].replace(",,primary", f",{count},published")
    cells.with_name("leak.csv").write_text("\n".join(lines))
    for words in ([children], []):
        code, found = audited(*words, "--spec", spec, "--cells", cells.with_name("leak.csv"))
        assert (code, found["verdict"], found["shown_small"]) == (2, "unsafe", 1)


PEERS = {
    ("gauss_J2_default", "zeros-published"): {"exact": 97, "exact_integer": 97},
    ("gauss_J2_noext", "nonnegative"): {"narrow": 0, "narrow_integer": 0, "exact": 0, "hidden": 925},
    ("proto_J1", "nonnegative"): {"narrow": 0, "narrow_integer": 0, "primary": 125, "hidden": 161},
    ("sdctable_J1_GAUSS", "zeros-published"): {"exact": 0, "primary": 125, "hidden": 165},
}


@pytest.mark.parametrize(("name", "knowledge"), PEERS)
def test_peers_patterns_are_read_and_judged(name: str, knowledge: str, children: Path) -> None:
    spec = EXAMPLES / f"{name.split('_')[1]}-{knowledge}.yml"
    code, found = audited(children, "--spec", spec, "--cells", PATTERNS / f"{name}.csv.gz")
    assert {key: found[key] for key in PEERS[name, knowledge]} == PEERS[name, knowledge]
    assert code == (2 if found["narrow_integer"] else 0)


def test_a_peers_pattern_is_judged_alike_without_microdata(children: Path) -> None:
    words = ["--spec", EXAMPLES / "J1-zeros-published.yml", "--cells", PATTERNS / "gauss_J1_default.csv.gz"]
    with_code, with_them = audited(children, *words)
    without_code, without = audited(*words)
    assert (with_code, without_code) == (2, 2)
    assert {key: with_them[key] for key in SAME} == {key: without[key] for key in SAME}


SMALL_SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  county: {codes: [A, B, C, D]}
  sex: {codes: [F, M]}
tables: [{dimensions: [county, sex]}]
"""
SMALL_COUNTS = "county,sex,count\nA,F,3\nA,M,10\nB,F,20\nB,M,30\nC,F,25\nC,M,35\nD,F,12\nD,M,13\n"
BAD = {
    "overlapping bands": (
        "spec.yml", "[A, B, C, D]", "[A, B, C, D], levels: {half: {west: [A, B, C], east: [C, D]}}",
        "spec.yml: dimensions.county: levels.half: C stands in two groups",
    ),
    "a spec that is no YAML": ("spec.yml", "tables: [", "tables: [[", "spec.yml, line"),
    "a width too small": ("spec.yml", "threshold: 5", "threshold: 5\nwidth: 2", "spec.yml: width must be at least"),
    "an unknown code": ("data.csv", "C,F,25", "X,F,25", "data.csv, row 6, column county: X is not one of"),
    "contradicting margins": ("data.csv", "D,M,13", "D,M,13\nD,Total,26", "data.csv, row 10: the count is not the sum"),
    "a negative count": ("data.csv", "C,F,25", "C,F,-25", "data.csv, row 6, column count: the count is negative"),
    "a fractional count": ("data.csv", "C,F,25", "C,F,2.5", "data.csv, row 6, column count: the count is not whole"),
    "a duplicated cell": ("data.csv", "C,F,25", "B,F,25", "data.csv, row 6: this combination stands in an earlier row"),
    "a wrong encoding": ("data.csv", "C,F,25", "\udce7,F,25", "data.csv, line 6: the file is not UTF-8 text"),
    "an empty file": ("data.csv", SMALL_COUNTS, "", "data.csv: the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_in_a_sentence_with_the_place(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, good, bad, place = BAD[what]
    files = {"spec.yml": SMALL_SPEC, "data.csv": SMALL_COUNTS}
    files[name] = files[name].replace(good, bad, 1)
    for file, text in files.items():
        (tmp_path / file).write_bytes(text.encode(errors="surrogateescape"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["protect", "data.csv", "--spec", "spec.yml", "--out", "cells.csv"])
    assert done.exit_code == 1
    assert place in done.stderr and "Traceback" not in done.output
    assert not (tmp_path / "cells.csv").exists()


MISUSES = {
    "no such file": ["protect", "none.csv", "--spec", "spec.yml", "--out", "cells.csv"],
    "a folder": ["protect", ".", "--spec", "spec.yml", "--out", "cells.csv"],
    "an option missing": ["protect", "data.csv", "--spec", "spec.yml"],
    "the microdata overwritten": ["protect", "data.csv", "--spec", "spec.yml", "--out", "data.csv"],
    "cells that are no cells": ["audit", "--spec", "spec.yml", "--cells", "data.csv"],
    "an unknown option": ["audit", "--spec", "spec.yml", "--cells", "data.csv", "--quick"],
}


@pytest.mark.parametrize("what", MISUSES)
def test_misuse_is_refused_with_1(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec.yml").write_text(SMALL_SPEC)
    (tmp_path / "data.csv").write_text(SMALL_COUNTS)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, MISUSES[what])
    assert done.exit_code == 1 and done.stderr
    assert "Traceback" not in done.output
    assert (tmp_path / "data.csv").read_text() == SMALL_COUNTS


PAGE = (HOUSE / "docs" / "disclosure-tool.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of the page in a language."""
    parts = PAGE.split(f"```{language}\n")[1:]
    return [part[: part.index("```")] for part in parts]


def test_the_commands_of_the_page_run_as_they_stand(tmp_path: Path) -> None:
    for folder in ("tests", "docs"):
        (tmp_path / folder).symlink_to(HOUSE / folder)
    for name in ("SPEC.yml", "NOISE.yml"):
        before = PAGE[: PAGE.index(f"Saved as `{name}`")]
        (tmp_path / name).write_text(before.split("```yaml\n")[-1].split("```")[0], encoding="utf-8")
    here = {**os.environ, "PATH": f"{CASELIGHT.parent}:{os.environ['PATH']}"}
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) >= 9
    for line in lines:
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=here, text=True, capture_output=True, check=False)
        assert done.returncode == 0, line + done.stderr
    assert {"cells.csv", "public.csv", "mine.csv", "noisy.csv"} <= {path.name for path in tmp_path.iterdir()}
