"""A test names the public tables that it is about: one that counts on the shipped set breaks with every new table."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
HELPER = "tests/support/tables_by_id.py"
FILES = {str(path.relative_to(TESTS.parent)): path for path in sorted(TESTS.rglob("*.py"))}


def is_shipped_set(node: ast.AST) -> bool:
    """Whether this is `load_tables()`, without a folder of the test's own."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "load_tables"


def uses_of_the_shipped_set(text: str) -> Iterator[int]:
    """The lines where the shipped tables are unpacked, indexed or given away whole; a loop over them is right."""
    tree = ast.parse(text)
    looped_over = {
        id(node.iter) for node in ast.walk(tree) if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)
    }
    for node in ast.walk(tree):
        if is_shipped_set(node) and id(node) not in looped_over:
            yield node.lineno  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted({*FILES} - {HELPER}))
def test_no_test_counts_on_the_shipped_set_of_tables(name: str) -> None:
    lines = [*uses_of_the_shipped_set(FILES[name].read_text("utf-8"))]
    assert not lines, f"{name}, lines {lines}: take the tables by id, with {HELPER}"


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("t1, t4 = load_tables()", True),
        ("load_tables()[1]", True),
        ("specification.load_tables()[-1]", True),
        ("refuse_same_children((*load_tables(), other))", True),
        ("tables = load_tables()", True),
        ("[one.id for one in load_tables()]", False),
        ("for one in load_tables(): pass", False),
        ("load_tables(tmp_path)[0]", False),
    ],
)
def test_unpacking_and_indexing_are_seen(text: str, is_refused: bool) -> None:
    assert bool([*uses_of_the_shipped_set(text)]) == is_refused
