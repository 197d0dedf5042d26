"""Makes each mistake of the list in a copy of the checkout and runs the tests that must see it: `make mutants`.

Fails when a mistake survives: when one of the tests named beside it still passes, or does not run. Without names every
mistake is made and docs/mutants.md is written; with names, those alone, and the page stays as it is.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import Queue
from time import monotonic

from tests.mutants.mutant import CHECKOUT, Mutant, load_mutants

PAGE = CHECKOUT / "docs" / "mutants.md"
WORKERS = 2
LONGEST = 240  # seconds for one test: a mistake may make it hang, which is a failure
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What became of one mistake: the tests that did not see it, and the seconds taken."""

    mutant: Mutant
    blind: tuple[str, ...]
    seconds: float


def main(names: Sequence[str]) -> int:
    """Makes the mistakes of these names, or all; gives the exit code."""
    mutants = [mutant for mutant in load_mutants() if not names or mutant.name in names]
    unknown = set(names) - {mutant.name for mutant in mutants}
    faults = [f"{mutant.name}: {fault}" for mutant in mutants if (fault := mutant.fault_in())]
    if unknown or faults:
        print(*[f"There is no mistake called {name}." for name in sorted(unknown)], *faults, sep="\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="caselight-mutants-") as folder:
        copies = [_copy(Path(folder) / str(number)) for number in range(WORKERS)]
        if not _all_pass(copies[0], sorted({test for mutant in mutants for test in mutant.tests})):
            return 2
        outcomes = _make_all(mutants, copies)
    survivors = [outcome for outcome in outcomes if outcome.blind]
    if not names:
        PAGE.write_text(page(outcomes, date.today()), "utf-8")
    print(f"{len(outcomes) - len(survivors)} of {len(outcomes)} mistakes are seen.")
    return 1 if survivors else 0


def _copy(folder: Path) -> Path:
    """The checkout's files, without environments and data; where it is a repository, as committed or changed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    return folder


def _all_pass(copy: Path, tests: Sequence[str]) -> bool:
    print(f"Running the {len(tests)} tests without a mistake ...", flush=True)
    done = _run(copy, tests, "--numprocesses", str(WORKERS), "--dist", "loadfile")
    if done.returncode:
        print(done.stdout[-4000:], "These tests must pass before a mistake is made.", sep="\n")
    return done.returncode == 0


def _make_all(mutants: Sequence[Mutant], copies: Sequence[Path]) -> list[Outcome]:
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def make(mutant: Mutant) -> Outcome:
        copy, started = free.get(), monotonic()
        try:
            outcome = Outcome(mutant, _blind_tests(mutant, copy), monotonic() - started)
        finally:
            free.put(copy)
        seen = f"NOT SEEN by {', '.join(outcome.blind)}" if outcome.blind else "seen"
        print(f"{outcome.seconds:6.1f} s  {mutant.package}: {mutant.name}: {seen}", flush=True)
        return outcome

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(make, mutants))


def _blind_tests(mutant: Mutant, copy: Path) -> tuple[str, ...]:
    """The named tests that did not fail."""
    with _mistake(mutant, copy):
        done = _run(copy, mutant.tests)
    failed = set(FAILED.findall(done.stdout))
    return tuple(test for test in mutant.tests if done.returncode != 1 or test.split("[")[0] not in failed)


@contextmanager
def _mistake(mutant: Mutant, copy: Path):
    path = copy / mutant.file
    right = path.read_bytes()
    path.write_text(mutant.made_in(copy), "utf-8")
    try:
        yield
    finally:
        path.write_bytes(right)


def _run(copy: Path, tests: Sequence[str], *options: str) -> subprocess.CompletedProcess[str]:
    """The tests in a copy, whose packages come before the installed ones."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "400"}
    return subprocess.run(
        [*command, f"--timeout={LONGEST}", *options, *tests], cwd=copy, env=environment, capture_output=True, text=True
    )


def page(outcomes: Sequence[Outcome], day: date) -> str:
    """The last result, for people."""
    seen = [outcome for outcome in outcomes if not outcome.blind]
    by_package = Counter(outcome.mutant.package for outcome in outcomes)
    counts = "\n".join(f"| `{package}` | {number} |" for package, number in sorted(by_package.items()))
    rows = "\n".join(
        f"| `{o.mutant.file}` | {o.mutant.mistake} | {'yes' if not o.blind else '**no**'} |" for o in outcomes
    )
    return (
        "# Mistakes that the tests must see\n\n"
        "Made by `make mutants`: each small mistake is put into a copy of the checkout by itself, and the tests named\n"
        "beside it in `tests/mutants/` must fail. The command fails if a mistake survives.\n\n"
        f"Last run {day}: **{len(seen)} of {len(outcomes)} seen**.\n\n"
        f"| package | mistakes |\n|---|---:|\n{counts}\n\n"
        f"| file | mistake | seen |\n|---|---|---|\n{rows}\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
