"""docs/disclosure.md, made from the recorded figures: each beside its goal, reached or not, then seed by seed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench.disclosure.goals import GOALS, PEER_WEIGHT, Figures, Goal, Run, gap, pattern_seconds
from tests.bench.disclosure.measurements import MEASUREMENTS
from tests.bench.recorded import recorded

PAGE = Path(__file__).parents[3] / "docs" / "disclosure.md"
TEXT = Path(__file__).with_name("page.txt").read_text("utf-8")


def write_page() -> Path:
    """Write the page anew."""
    PAGE.write_text(page_of(recorded_figures()), "utf-8")
    return PAGE


def recorded_figures() -> dict[str, dict[str, Run]]:
    """The last figures of every measurement that was ever taken."""
    found = {name: recorded(f"disclosure-{name}") for name in MEASUREMENTS}
    return {name: content["figures"] for name, content in found.items() if content is not None}


def page_of(figures: Figures) -> str:
    """The whole page; what was never measured is named as missing."""
    parts = {
        "busy": [_busy(figures)],
        "goals": _goals(figures),
        "conditions": _conditions(figures),
        "details": _details(figures),
    }
    return TEXT.format(**{name: "\n".join(lines) for name, lines in parts.items()})


def _goals(figures: Figures) -> Iterator[str]:
    yield "| | today's best | must | aim | measured | |"
    yield "|---|---|---|---|---|---|"
    for goal in GOALS:
        measured, verdict = _judged(goal, figures)
        yield f"| {goal.what} | {goal.best} | {goal.must} | {goal.aim} | {measured} | {verdict} |"


def _judged(goal: Goal, figures: Figures) -> tuple[str, str]:
    outcome = goal.judge(figures)
    return ("", "not measured yet") if outcome is None else (outcome.measured, outcome.verdict)


def _conditions(figures: Figures) -> Iterator[str]:
    """Of every measurement: the days, and how busy and how fast the machine was."""
    yield "| measurement | seeds | day | load average | yardstick | peak memory, MiB |"
    yield "|---|--:|---|---|---|--:|"
    for name, measurement in MEASUREMENTS.items():
        of = list(figures.get(name, {}).values())
        if of:
            days = sorted({run["date"] for run in of})
            peak = max(run.get("peak_mib", 0) for run in of)
            yield (
                f"| `{name}`: {measurement.title} | {len(of)} | {' to '.join(dict.fromkeys((days[0], days[-1])))} "
                f"| {_range(of, 'load_average', 1)} | {_range(of, 'yardstick', 2)} | {peak:,} |"
            )


def _busy(figures: Figures) -> str:
    load = max((run["load_average"] for of in figures.values() for run in of.values()), default=0.0)
    if load < BUSY:
        return "The machine had no other work to do."
    return (
        f"**The machine was busy with other work** (load averages up to {load:.1f}), which makes CPU seconds up to\n"
        "  twice as many. They are given as measured."
    )


def _range(of: Sequence[Run], key: str, digits: int) -> str:
    least, most = (f"{found(run[key] for run in of):.{digits}f}" for found in (min, max))
    return least if least == most else f"{least} to {most}"


def _details(figures: Figures) -> Iterator[str]:
    for name, measurement in MEASUREMENTS.items():
        if name in figures:
            yield f"### {measurement.title}\n"
            yield from _by_seed(name, figures) if name in COLUMNS else _as_lines(figures[name])
            yield ""


def _by_seed(name: str, figures: Figures) -> Iterator[str]:
    columns = COLUMNS[name]
    yield f"| seed | {' | '.join(columns)} |"
    yield f"|--:|{'--:|' * len(columns)}"
    for seed, run in sorted(figures[name].items(), key=lambda pair: int(pair[0])):
        told = run.get("refused") or run.get("stopped")
        cells = [told, *[""] * (len(columns) - 1)] if told else _cells(name, figures, int(seed), run)
        yield f"| {seed} | {' | '.join(map(str, cells))} |"


def _cells(name: str, figures: Figures, seed: int, run: Run) -> list[str]:
    if name == "rounding":
        proven = "yes" if run["proven"] else f"no, at least {run['bound']}"
        return [str(run["total_change"]), str(run["largest_change"]), proven, f"{run['cpu']:.2f}"]
    verdict = f"{run['exact']} / {run['narrow']}, {run['exact_integer']} / {run['narrow_integer']}"
    loss = [f"{run['primary']:,}", f"{run['secondary']:,}", f"{run['first_weight']:,}", f"{run['weight']:,}"]
    if name == "j1":
        return [*loss, "yes" if run["proven"] else "no", verdict, f"{run['cpu']['all']:.1f}"]
    found = gap(figures, name.removeprefix("j2-"), seed)
    seconds = [run["cpu"]["model"] + run["cpu"]["first"], *(run["cpu"].get(s, 0.0) for s in SEARCHING)]
    spent = [f"{value:.1f}" for value in (*seconds, pattern_seconds(run), run["cpu"]["audit"])]
    told = [*loss, "" if found is None else f"{found:.0%}", verdict, *spent]
    if name == "j2-r0":
        peer = PEER_WEIGHT.get(seed)
        told.append("" if peer is None else f"{peer:,} ({run['weight'] / peer:.2f})")
    return told


def _as_lines(of: dict[str, Run] | Any) -> Iterator[str]:
    for seed, run in of.items():
        told = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in run.items() if name not in CONDITIONS]
        yield f"Seed {seed}: {'; '.join(told)}."


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_value(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


BUSY = 1.2  # load average: one process of ours, and hardly anything else
SEARCHING = ("bound", "search", "clean_up")
CONDITIONS = {"date", "load_average", "yardstick", "peak_mib", "process_cpu"}
_LOSS = ("primary", "secondary", "first weight", "weight")
_SAFE = "exact / narrow, the same in whole numbers"
_SPENT = ("CPU s: first pattern", "bound", "search", "clean-up", "cleaned-up pattern in all", "audit")
COLUMNS: dict[str, tuple[str, ...]] = {
    "j1": (*_LOSS, "proven the least", _SAFE, "CPU s"),
    "j2-r0": (*_LOSS, "gap", _SAFE, *_SPENT, "peer's weight (ratio)"),
    "j2-r1": (*_LOSS, "gap", _SAFE, *_SPENT),
    "rounding": ("total change", "largest", "proven the least", "CPU s"),
}
