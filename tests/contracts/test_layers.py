"""The house's own rules, held against its code: who may import whom, how long things are, what is not done."""

import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.application.use_cases import create_report, read_user_options
from importlinter.cli import lint_imports

HOUSE = Path(__file__).parents[2]
ROOMS = ("case_store", "anonymization", "data_quality", "publications", "dashboards", "pipelines", "configuration")
MODULES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
NAMES = [str(path.relative_to(HOUSE)) for path in MODULES]

LONGEST_MODULE = 300
MEDIAN_FUNCTION, LONG_FUNCTION = 10, 25  # lines: the median, and the ninetieth percentile
TABLE_OF_CONTENTS = 60
NOT_NAMES = re.compile(r"utils?|common|core|helpers?|misc|dbt_.*")

# Where the clock may be read, and what for.
CLOCK_READERS = {
    "case_store/server.py": "how long a server may take to start",
    "dashboards/access.py": "when a session ends, by a clock that is passed in",
    "pipelines/commands/console.py": "how long a stage took, for the screen",
    "pipelines/commands/profile_commands.py": "the day on which codes must be valid, if a store has never changed",
    "pipelines/run/emergency_stop.py": "when a search must stop, as an emergency brake",
    "pipelines/release/drafts.py": "the day of an approval, unless it is given",
    "pipelines/snapshot/run_log.py": "when a snapshot was taken, for the run log",
}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "process_time"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(parsed(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_import_contracts_are_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(HOUSE)
    code = lint_imports(no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


def test_the_import_contracts_cover_every_room_and_see_every_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HOUSE)
    options = read_user_options()
    report = create_report(options)
    assert set(options.session_options["root_packages"]) == set(ROOMS)
    assert report.module_count >= len(MODULES)
    assert any("pipelines" in str(contract["layers"]) for contract in options.contracts_options if "layers" in contract)


def test_there_are_modules_to_look_at() -> None:
    assert {Path(name).parts[0] for name in NAMES} == set(ROOMS)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_not_too_long(name: str) -> None:
    assert len((HOUSE / name).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_functions_are_short() -> None:
    lengths = sorted((node.end_lineno or 0) - node.lineno + 1 for path in MODULES for node in functions(path))
    longest_tenth = lengths[int(len(lengths) * 0.9)]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert longest_tenth <= LONG_FUNCTION


def test_definitions_read_as_a_table_of_contents() -> None:
    lines = (HOUSE / "pipelines" / "definitions.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < TABLE_OF_CONTENTS


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_called_by_what_it_does(name: str) -> None:
    parts = Path(name).with_suffix("").parts
    assert [part for part in parts if NOT_NAMES.fullmatch(part)] == []


def test_a_module_name_says_which() -> None:
    """Every package has its errors.py; any other name is used once, so that it says which thing is meant."""
    times = Counter(path.stem for path in MODULES if path.stem not in ("__init__", "errors"))
    assert [name for name, number in times.items() if number > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_is_an_exception_and_never_an_assert(name: str) -> None:
    asserts = [node.lineno for node in ast.walk(parsed(HOUSE / name)) if isinstance(node, ast.Assert)]
    assert asserts == [], "an assert vanishes under python -O"


def broad_handlers(tree: ast.Module, source: str) -> list[int]:
    """Lines that catch everything and do not say why."""
    lines = source.splitlines()
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    return [h.lineno for h in handlers if _catches_all(h.type) and "  # " not in lines[h.lineno - 1]]


def _catches_all(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    elements = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(e, ast.Name) and e.id in ("Exception", "BaseException") for e in elements)


@pytest.mark.parametrize("name", NAMES)
def test_catching_everything_is_explained_on_the_line(name: str) -> None:
    source = (HOUSE / name).read_text(encoding="utf-8")
    assert broad_handlers(ast.parse(source), source) == []


def test_an_unexplained_catch_is_found() -> None:
    source = "try:\n    go()\nexcept (ValueError, Exception):\n    pass\ntry:\n    go()\nexcept:  # sealed\n    pass\n"
    assert broad_handlers(ast.parse(source), source) == [3]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_public_says_what_it_is(name: str) -> None:
    public = (
        node
        for node in parsed(HOUSE / name).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
    )
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("name", NAMES)
def test_functions_have_full_type_hints(name: str) -> None:
    untyped = [
        f"{node.name}:{node.lineno}"
        for node in functions(HOUSE / name)
        if node.returns is None or any(a.annotation is None and a.arg not in ("self", "cls") for a in node.args.args)
    ]
    assert untyped == []


def clock_reads(tree: ast.Module) -> list[int]:
    """Lines that read or hand on a clock: `datetime.now`, `date.today`, `time.monotonic` and their like."""
    from_time = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if alias.name in CLOCKS
    }
    return [node.lineno for node in ast.walk(tree) if _is_clock(node) or _is_name_in(node, from_time)]


def _is_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in CLOCKS:
        return False
    owner = ast.unparse(node.value).split(".")[-1]
    wanted = {"datetime", "date", "dt", "Timestamp"} if node.attr in ("now", "utcnow", "today") else {"time"}
    return owner in wanted


def _is_name_in(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(CLOCK_READERS)))
def test_only_the_edge_reads_the_clock(name: str) -> None:
    assert clock_reads(parsed(HOUSE / name)) == [], "pass the time in, or list the module in CLOCK_READERS"


@pytest.mark.parametrize("name", sorted(CLOCK_READERS))
def test_the_list_of_clock_readers_holds_no_other(name: str) -> None:
    # `time` is also the name of a run's reference time, so a module that reads no clock would hide another's defect
    assert clock_reads(parsed(HOUSE / name)) != []


def test_a_hidden_clock_is_found() -> None:
    source = "import datetime as dt\nfrom time import monotonic as m\ndt.datetime.now()\nf(clock=m)\n"
    assert clock_reads(ast.parse(source)) == [3, 4]
