"""`caselight protect` and `caselight audit` where counts are rounded or get noise: real files, exit codes, bad input.

All children are invented.
"""

import csv
import json
import random
import stat
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines.commands.cli import app

COUNTIES, SEXES = ("C1", "C2", "C3"), ("F", "M")
COUNTS = dict(zip(product(COUNTIES, SEXES), (1, 2, 9, 4, 30, 0), strict=True))
DIMENSIONS = """
threshold: 5
knowledge: zeros_published
dimensions:
  county: {codes: [C1, C2, C3], levels: {region: {North: [C1, C2], South: [C3]}}}
  sex: {codes: [F, M]}
tables: [{dimensions: [county, sex]}, {dimensions: [county]}]
"""
GATE = "gate: {least_width: 4, largest_certainty: 0.6}\n"
ROUNDED = DIMENSIONS + "method: {small_count_rounding: {base: 5, most_change: 10}}\n" + GATE
MULTIPLES = DIMENSIONS + "method: {controlled_rounding: {base: 5}}\n" + GATE
NOISE = DIMENSIONS + "method: {cell_key: {largest: 5, variance: 3, never_shown: 2}}\nrecord_id: child\n" + GATE


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def children(tmp_path: Path) -> Path:
    """A row a child, with a name for each."""
    rows = [key for key, count in COUNTS.items() for _ in range(count)]
    lines = [f"child-{number:03d},{county},{sex}" for number, (county, sex) in enumerate(rows)]
    return write(tmp_path / "children.csv", "\n".join(["child,county,sex", *lines]) + "\n")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)
    return path


def protected(children: Path, spec: str, *words: str | Path) -> tuple[Path, Path]:
    """The SPEC and the CELLS that `protect` writes by it."""
    file, cells = write(children.with_name("spec.yml"), spec), children.with_name("cells.csv")
    done = run("protect", children, "--spec", file, "--out", cells, *words)
    assert done.exit_code == 0, done.output
    return file, cells


def audited(*words: str | Path) -> tuple[int, dict[str, Any]]:
    done = run("audit", *words, "--json")
    assert done.exit_code in (0, 2), done.output
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("knows_children", [True, False])
def test_an_audit_tells_how_surely_a_small_count_can_be_named(children: Path, knows_children: bool) -> None:
    """Each gate in turn: at the chance that is found, and just below it."""
    spec, cells = protected(children, ROUNDED)
    known = [children] if knows_children else []
    code, found = audited(*known, "--spec", spec, "--cells", cells)
    assert (code, found["verdict"]) == (0, "safe") and 0.2 < found["largest_certainty"] < 0.6
    below = f"largest_certainty: {found['largest_certainty'] - 0.01:.3f}"
    stricter = write(spec.with_name("stricter.yml"), ROUNDED.replace("largest_certainty: 0.6", below))
    code, found = audited(*known, "--spec", stricter, "--cells", cells)
    assert (code, found["verdict"], found["narrow_integer"]) == (2, "unsafe", 0)
    said = run("audit", *known, "--spec", stricter, "--cells", cells).output
    assert "Largest chance of naming a small count" in said


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("spec", [ROUNDED, MULTIPLES], ids=["small counts", "multiples"])
def test_rounded_cells_are_all_shown_add_up_and_are_safe_with_and_without_microdata(children: Path, spec: str) -> None:
    file, cells = protected(children, spec)
    rows = rows_of(cells)
    assert list(rows[0]) == ["county", "sex", "count", "status"]
    assert {row["status"] for row in rows} == {"rounded"} and len(rows) == 6 * 3
    shown = {(row["county"], row["sex"]): int(row["count"]) for row in rows}
    assert not any(0 < count < 5 for count in shown.values()) and shown["C3", "M"] == 0
    for county in ("C1", "C2", "C3", "North", "South", "Total"):
        assert shown[county, "F"] + shown[county, "M"] == shown[county, "Total"]
    assert shown["C1", "Total"] + shown["C2", "Total"] == shown["North", "Total"]
    for words in ([children], []):
        code, found = audited(*words, "--spec", file, "--cells", cells)
        assert (code, found["verdict"], found["width"]) == (0, "safe", 4)
        assert (found["exact_integer"], found["narrow_integer"], found["shown_small"]) == (0, 0, 0)
    assert stat.S_IMODE(cells.stat().st_mode) == 0o600


def test_the_public_form_shows_the_same(children: Path) -> None:
    inside = protected(children, ROUNDED)[1].read_bytes()
    cells = protected(children, ROUNDED, "--public")[1]
    assert cells.read_bytes() == inside
    assert stat.S_IMODE(cells.stat().st_mode) == 0o644


def test_the_report_tells_what_was_changed(children: Path) -> None:
    folder = children.with_name("report")
    protected(children, ROUNDED, "--report", folder)
    assert "Small counts are rounded to 0 or 5" in (folder / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["safe"] is True


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        ("{least_width: 6, largest_certainty: 1}", "narrower than 6"),
        ("{least_width: 4, largest_certainty: 0.1}", "0.10"),
    ],
)
def test_a_gate_that_is_not_passed_writes_nothing(children: Path, gate: str, why: str) -> None:
    spec = write(children.with_name("spec.yml"), ROUNDED.replace(GATE, f"gate: {gate}\n"))
    cells = children.with_name("cells.csv")
    done = run("protect", children, "--spec", spec, "--out", cells)
    assert done.exit_code == 1 and why in done.output
    assert not cells.exists()


def test_the_audit_holds_cells_to_the_gate_of_its_own_spec(children: Path) -> None:
    _, cells = protected(children, ROUNDED)
    strict = write(children.with_name("strict.yml"), ROUNDED.replace("least_width: 4", "least_width: 5"))
    for words in ([children], []):
        code, found = audited(*words, "--spec", strict, "--cells", cells)
        assert (code, found["verdict"]) == (2, "unsafe") and found["narrow_integer"] > 0


def change(cells: Path, edit: Callable[[list[str]], list[str]]) -> None:
    header, *lines = cells.read_text(encoding="utf-8").splitlines()
    write(cells, "\n".join([header, *edit(lines)]) + "\n")


def put(start: str, count: int) -> Callable[[list[str]], list[str]]:
    """Another count in the row that starts so."""
    return lambda lines: [f"{start}{count},rounded" if line.startswith(start) else line for line in lines]


TAMPERED = {
    "a count that rounding never shows": (put("C2,M,", 3), "never shows a count like that of C2 / M"),
    "a sum that does not hold": (put("C2,F,", 10), "is not the sum of its parts"),
    "a cell twice": (lambda lines: [*lines, lines[0]], "stands in an earlier row"),
    "a cell too few": (lambda lines: lines[1:], "1 of 18 cells are missing"),
    "another mark": (lambda lines: [lines[0].replace("rounded", "published"), *lines[1:]], "it must be rounded"),
    "no count": (lambda lines: ["Total,Total,,rounded", *lines[1:]], "the count is empty"),
}


@pytest.mark.parametrize(("edit", "why"), TAMPERED.values(), ids=list(TAMPERED))
def test_cells_that_the_method_did_not_make_are_refused(
    children: Path, edit: Callable[[list[str]], list[str]], why: str
) -> None:
    file, cells = protected(children, ROUNDED)
    change(cells, edit)
    done = run("audit", children, "--spec", file, "--cells", cells)
    assert done.exit_code == 1 and why in " ".join(done.output.split())


def test_cells_of_other_children_are_refused(children: Path) -> None:
    file, cells = protected(children, ROUNDED)
    lines = children.read_text(encoding="utf-8").splitlines()
    write(children, "\n".join([line for line in lines if not line.endswith("C3,F")]) + "\nx,C3,F\n")
    done = run("audit", children, "--spec", file, "--cells", cells)
    assert done.exit_code == 1 and "not what was counted" in " ".join(done.output.split())


# Cell key -------------------------------------------------------------------------------------------------------------


def test_noise_hangs_on_names_and_key_and_on_nothing_else(children: Path, key: Path) -> None:
    spec, cells = protected(children, NOISE, "--key-file", key)
    rows, first = rows_of(cells), cells.read_bytes()
    assert {row["status"] for row in rows} == {"perturbed"}
    assert not {row["count"] for row in rows} & {"1", "2"}
    code, found = audited(children, "--spec", spec, "--cells", cells)
    assert (code, found["verdict"]) == (0, "safe")
    header, *lines = children.read_text(encoding="utf-8").splitlines()
    random.Random(7).shuffle(lines)
    write(children, "\n".join([header, *lines]) + "\n")
    assert protected(children, NOISE, "--key-file", key)[1].read_bytes() == first
    key.write_bytes(bytes(range(1, 33)))
    assert protected(children, NOISE, "--key-file", key)[1].read_bytes() != first


def refused(children: Path, spec: str, *words: str | Path) -> str:
    file, cells = write(children.with_name("spec.yml"), spec), children.with_name("cells.csv")
    done = run("protect", children, "--spec", file, "--out", cells, *words)
    assert done.exit_code == 1 and not cells.exists()
    return " ".join(done.output.split())


def test_noise_without_a_secret_is_refused(children: Path, key: Path) -> None:
    assert "give --key-file" in refused(children, NOISE)
    assert "leave out --key-file" in refused(children, ROUNDED, "--key-file", key)
    assert "there is no pseudonym key" in refused(children, NOISE, "--key-file", key.with_name("none"))
    key.chmod(0o644)
    assert "can be read by others" in refused(children, NOISE, "--key-file", key)


def test_records_without_a_name_of_their_own_are_refused_without_telling_it(children: Path, key: Path) -> None:
    text = children.read_text(encoding="utf-8")
    twice = refused(write(children, text + "child-000,C3,F\n"), NOISE, "--key-file", key)
    assert "row 48, column child: it stands in row 2 too" in twice and "child-000" not in twice
    unnamed = refused(write(children, text + ",C3,F\n"), NOISE, "--key-file", key)
    assert "row 48, column child: it is empty" in unnamed
    assert "column child is missing" in refused(
        write(children, text.replace("child,", "id,", 1)), NOISE, "--key-file", key
    )
    counts = "child,county,sex,count\nx,C1,F,9\n"
    assert "not tabulated counts" in refused(write(children, counts), NOISE, "--key-file", key)
