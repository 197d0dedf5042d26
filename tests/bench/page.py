"""docs/performance.md, made from the recorded figures: each beside its target, met or not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.recorded import recorded

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
INTRODUCTION = """# Performance

<!-- made by tests/bench/run.py from tests/bench/figures/*.json; do not edit -->

What the line costs on synthetic children, measured with its real parts: PostgreSQL, ADBC, DuckDB, dbt, Dagster,
Great Expectations. `make bench` takes the quick figures and writes this page; the long ones are taken by
`.venv/bin/python tests/bench/run.py --national --environment` and stand here with their own day. Every figure is told
with its conditions, and a target that is missed says so.

How it is measured:

- **CPU s** is user and system time of our own processes together; PostgreSQL's time is reported separately: the
  postmaster, its living children and those it has reaped. Wall time depends on whatever else the machine
  does, so targets are in CPU s.
- **Peak memory** is the resident set of the largest of our processes, as the kernel counts it when the process
  ends.
- **Yardstick**: CPU s of a loop of ten million additions in plain Python, taken just before. It tells how fast the
  machine was at that moment; other work on the same cores makes every CPU s worth less, so compare yardsticks
  before figures.
- CPU s of a fresh process, of a second run, of making children and of extraction are medians of three; others were
  taken once.
"""
Section = Callable[[dict[str, Any]], Iterator[str]]


def write_page() -> Path:
    """Write the page anew; a measurement that was never taken is named as missing."""
    PAGE.write_text("\n".join([INTRODUCTION, *_sections()]), "utf-8")
    return PAGE


def _sections() -> Iterator[str]:
    for name, (title, section) in SECTIONS.items():
        yield f"## {title}\n"
        found = recorded(name)
        if found is None:
            yield "Not measured yet.\n"
            continue
        yield _conditions(found["conditions"])
        yield from section(found["figures"])
        yield ""


def _conditions(c: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in c["versions"].items())
    return (
        f"*{c['date']}; {c['cores']} cores ({c['processor']}), {c['memory_gib']} GiB; "
        f"load average {c['load_average']} at the start; yardstick {c['yardstick']:.2f} CPU s; "
        f"Python {c['python']}, {versions}.*\n"
    )


def _targets(*rows: tuple[str, str, str, bool]) -> Iterator[str]:
    """A table of (what, measured, target, met)."""
    yield "| what | measured | target | |"
    yield "|---|--:|--:|---|"
    for what, measured, target, met in rows:
        yield f"| {what} | {measured} | {target} | {'met' if met else '**not met**'} |"
    yield ""


def _line(f: dict[str, Any]) -> Iterator[str]:
    fresh, second, unparsed = f["fresh_cpu"], f["second_cpu"], f["unparsed_cpu"]
    yield from _targets(
        ("extract to release, fresh process", _spread(fresh), "20 CPU s (aim 14)", fresh["median"] <= 20),
        ("another as_of in the same process", _spread(second), "7 CPU s", second["median"] <= 7),
    )
    yield (
        f"{f['children']:,} children, `caselight run` in a process of its own, with dbt's project parsed before; "
        f"where it is not, {unparsed} CPU s. PostgreSQL apart: {_spread(f['fresh_server_cpu'])} CPU s. "
        f"Wall: {_spread(f['fresh_wall'])} s. Peak memory: {f['fresh_peak_mib']:,} MiB. "
        "In the second run nothing of the first is reused but what is imported.\n"
    )
    (first, stages), (other, again) = f["stages"].items()
    yield f"| stage, CPU s | {first}, first | {other}, same process |\n|---|--:|--:|"
    for stage in [*stages, *(stage for stage in again if stage not in stages)]:
        yield f"| {stage} | {_seconds(stages.get(stage))} | {_seconds(again.get(stage))} |"
    yield f"| all | {sum(stages.values()):.2f} | {sum(again.values()):.2f} |"


def _generator(f: dict[str, Any]) -> Iterator[str]:
    made, loaded, loading = f["made_per_cpu_second"], f["loaded_per_cpu_second"], f["loading"]
    yield from _targets(
        ("children made, documents and histories included", f"{made:,} a CPU s", "20,000 a CPU s", made >= 20_000),
        ("children loaded, the server counted", f"{loaded:,} a CPU s", "3,500 a CPU s", loaded >= 3_500),
    )
    yield (
        f"{f['children']:,} children, not counting the records that stand on top of them. "
        f"Loading: {loading['cpu']} CPU s ours, {loading['server_cpu']} the server's, indexes and statistics included."
    )


def _extraction(f: dict[str, Any]) -> Iterator[str]:
    plain, typed = f["plain"], f["typed"]
    shares = [typed[key] / plain[key] for key in ("rows_per_cpu_second_with_server", "rows_per_cpu_second")]
    yield from _targets(
        ("typing and HMAC beside plain reading, server counted", f"{shares[0]:.2f}", "0.50", shares[0] >= 0.5),
        ("the same, our CPU alone", f"{shares[1]:.2f}", "0.50", shares[1] >= 0.5),
    )
    yield (
        f"The same {f['rows']:,} rows (cases, updates, transitions), by turns in one process; "
        "plain is ADBC to zstd Parquet in memory.\n"
    )
    yield "| | CPU s | with the server's | rows a CPU s | with the server's |\n|---|--:|--:|--:|--:|"
    for name, way in (("plain ADBC to Parquet", plain), ("snapshot: typed, keyed, checked", typed)):
        yield (
            f"| {name} | {way['cpu']} | {way['cpu_with_server']} | {way['rows_per_cpu_second']:,} "
            f"| {way['rows_per_cpu_second_with_server']:,} |"
        )


def _national(f: dict[str, Any]) -> Iterator[str]:
    seeding, run, marts = f["seeding"], f["run"], f["marts"]
    ratio = marts["marts_duckdb"] / marts["by_hand"]
    yield from _targets(
        ("peak memory of the whole run", f"{run['peak_mib']:,} MiB", "4,096 MiB", run["peak_mib"] < 4096),
        ("peak memory of seeding", f"{seeding['peak_mib']:,} MiB", "bounded", seeding["peak_mib"] < 4096),
        ("DuckDB's time of the mart nodes, beside SQL by hand", f"{ratio:.2f}", "1.50", ratio <= 1.5),
    )
    yield (
        f"{f['children']:,} children. Seeding: {seeding['cpu']:,.0f} CPU s ours, "
        f"{seeding['server_cpu']:,.0f} the server's, {seeding['wall']:,.0f} s wall. "
        f"Run: {run['cpu']:,.0f} CPU s ours, {run['server_cpu']:,.0f} the server's, "
        f"{run['wall']:,.0f} s wall. Every DuckDB connection has a memory limit of 2 GB.\n"
    )
    yield "| the same warehouse, wall s | |\n|---|--:|"
    for what, key in (
        (f"{marts['marts']} mart nodes: DuckDB's statements", "marts_duckdb"),
        ("the same tables by hand ([SQL](../tests/bench/hand_written.sql), median of 3)", "by_hand"),
        ("the mart nodes as dbt times them", "marts_nodes"),
        ("every node: DuckDB's statements", "all_duckdb"),
        ("every node as dbt times it", "all_nodes"),
        ("the whole dbt call, its import included", "dbt_wall"),
    ):
        yield f"| {what} | {marts[key]:.2f} |"
    overhead = marts["dbt_wall"] - marts["all_duckdb"]
    yield f"| **dbt's own overhead**: the whole call less DuckDB's statements | {overhead:.2f} |\n"
    yield (
        "These are wall seconds, dbt's of one build, so other work on the machine moves the ratio. By hand the tables "
        "are read from the finished file, while dbt still has them in memory: a ratio below 1 does not make dbt the "
        "quicker. The server's CPU of the run includes its own tidying up after the seeding; its memory is not counted."
    )


def _environment(f: dict[str, Any]) -> Iterator[str]:
    yield from _targets(
        ("the demo's environment, without bytecode", f"{f['megabytes']} MB", "700 MB", f["megabytes"] <= 700),
        ("`make demo` in an empty checkout", f"{f['demo_wall']} s", "240 s", f["demo_wall"] <= 240),
    )
    yield f"Wall time; {f['installation_wall']} s of it are the installation, downloads included."


def _spread(figure: dict[str, float]) -> str:
    return f"{figure['median']:.1f} ({figure['least']:.1f} to {figure['most']:.1f})"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


SECTIONS: dict[str, tuple[str, Section]] = {
    "line": ("The line, 35,000 children", _line),
    "generator": ("The generator", _generator),
    "extraction": ("Extraction", _extraction),
    "national": ("A nation of 1.5 million children", _national),
    "environment": ("From an empty machine", _environment),
}
