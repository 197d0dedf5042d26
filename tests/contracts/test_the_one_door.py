"""The one door: no path through the code writes a cell that was not audited, and going round it is refused."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
DOOR = "anonymization/disclosure/protect.py"
ROOMS = ("case_store", "anonymization", "data_quality", "publications", "dashboards", "pipelines", "configuration")
NAMES = sorted(str(path.relative_to(HOUSE)) for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
# What hides or changes cells; only the door and these rooms themselves may use it.
BEHIND_THE_DOOR = ("anonymization.disclosure.suppression", "anonymization.disclosure.perturbation")
# What only says how, or how sure one can be, and hides or changes nothing.
RULES_ONLY = {
    "anonymization.disclosure.perturbation.certainty",
    "anonymization.disclosure.perturbation.perturbed",
    "anonymization.disclosure.perturbation.readers_view",
    "anonymization.disclosure.perturbation.record_keys",
    "anonymization.disclosure.perturbation.perturbation_rules",
    "anonymization.disclosure.suppression.budget",
}
# Where protected cells are written, by which function, and what else than fresh from the door it may write.
WRITERS = {"pipelines/release/protect_release.py": "_write"}
PUBLISHED_BEFORE = {"marked_cells"}


def parsed(name: str) -> ast.Module:
    return ast.parse((HOUSE / name).read_text("utf-8"))


def called(node: ast.AST) -> str:
    """The last name of what a call calls; empty for anything else."""
    return ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""


def makes_protected(tree: ast.AST) -> list[int]:
    """Lines that make a ProtectedRelease, by its name, by another name, or by leaving out what it checks."""
    names = {"ProtectedRelease"} | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "ProtectedRelease" and alias.asname
    }
    knows = any(isinstance(node, ast.alias) and node.name == "ProtectedRelease" for node in ast.walk(tree))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [node.lineno for node in calls if called(node) in names or (knows and goes_round(node))]


def goes_round(node: ast.Call) -> bool:
    """Whether a call makes or changes an object without its own check, or copies one with something else in it."""
    return called(node) in ("__new__", "__setattr__") or ast.unparse(node.func) in ("replace", "dataclasses.replace")


def uses_behind_the_door(tree: ast.AST) -> list[str]:
    """Modules behind the door that are imported."""
    found = [
        module
        for node in ast.walk(tree)
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    return [module for module in found if module.startswith(BEHIND_THE_DOOR) and module not in RULES_ONLY]


def unaudited_writes(tree: ast.AST, writer: str) -> Iterator[int]:
    """Lines that call the writer with cells neither from `x.cells` after `x = protect(...)` nor published before."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        protected = {
            ast.unparse(target)
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and called(node.value) == "protect"
            for target in node.targets
        }
        for node in ast.walk(function):
            if called(node) == writer and isinstance(node, ast.Call):
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                is_fresh = any(ast.unparse(value) in {f"{name}.cells" for name in protected} for value in given)
                is_old = any(called(value) in PUBLISHED_BEFORE for value in given)
                if not is_fresh and not is_old:
                    yield node.lineno


@pytest.mark.parametrize("name", sorted(set(NAMES) - {DOOR}))
def test_only_the_door_makes_a_protected_release(name: str) -> None:
    assert makes_protected(parsed(name)) == [], f"only {DOOR} may make one"


def test_the_door_makes_one() -> None:
    assert makes_protected(parsed(DOOR)) != []


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in NAMES
        if name != DOOR
        and not name.startswith(("anonymization/disclosure/suppression", "anonymization/disclosure/perturbation"))
    ],
)
def test_only_the_door_hides_or_changes_cells(name: str) -> None:
    assert uses_behind_the_door(parsed(name)) == [], f"ask {DOOR} instead"


def test_cells_are_written_fresh_from_the_door_or_as_published_before() -> None:
    for name, writer in WRITERS.items():
        tree = parsed(name)
        assert any(called(node) == writer for node in ast.walk(tree)), "the writer has another name: correct WRITERS"
        assert list(unaudited_writes(tree, writer)) == []


def test_nobody_else_writes_the_cells_file() -> None:
    writes = {
        name
        for name in NAMES
        for node in ast.walk(parsed(name))
        if called(node) in ("to_parquet", "write_table", "to_csv") and "CELLS_FILE" in ast.unparse(node)
    }
    assert writes == set(WRITERS)


ROUND = """
from dataclasses import replace
from anonymization.disclosure.protect import ProtectedRelease as Door
from anonymization.disclosure.suppression.suppress import suppress
Door(cells, audit)
object.__new__(Door)
replace(protected, cells=mine)
def go(build):
    protected = protect(release)
    _write(build, protected.cells)
    _write(build, protected.cells.assign(count=truth))
    _write(build, mine)
"""


def test_every_way_round_is_found() -> None:
    tree = ast.parse(ROUND)
    assert makes_protected(tree) == [5, 6, 7]
    assert uses_behind_the_door(tree) == ["anonymization.disclosure.suppression.suppress"]
    assert list(unaudited_writes(tree, "_write")) == [11, 12]
