"""The list of mistakes fits the code: each can be made, names tests that exist, and every package has some."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.mutant import CHECKOUT, Mutant, load_mutants

MUTANTS = load_mutants()
PACKAGES = {"case_store", "anonymization", "dbt_project", "data_quality", "publications", "dashboards", "pipelines"}
FEWEST = 60


def test_there_are_enough_in_every_package() -> None:
    assert len(MUTANTS) >= FEWEST
    assert set(Counter(mutant.package for mutant in MUTANTS)) == PACKAGES
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_can_be_made_and_its_tests_exist(mutant: Mutant) -> None:
    assert mutant.fault_in() == ""
    assert mutant.tests
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert name.split("[")[0] in functions_of(CHECKOUT / file), test


def functions_of(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}
