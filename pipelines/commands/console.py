"""What the command line shows: progress, refusals as sentences, and the golden table."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from time import monotonic
from typing import ParamSpec, TypeVar

from rich.console import Console
from rich.status import Status
from rich.table import Table

from dashboards.errors import DashboardError
from pipelines.commands.golden import GoldenLine
from pipelines.run.progress import shown_by
from pipelines.run.sealing import OUR_REFUSALS, system_sentence

console = Console()
NOT_ASKED = "not asked"
P = ParamSpec("P")
R = TypeVar("R")


def say_refusals(command: Callable[P, R]) -> Callable[P, R]:
    """Shows a refusal, or what the system does not let the command do, as a sentence, and exits with 1.

    Every command writes and reads below folders of ours only, so the place that the system names is no person's data.
    """

    @wraps(command)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (*OUR_REFUSALS, DashboardError) as refusal:
            said = str(refusal)
        except OSError as failure:
            said = system_sentence("the command", failure)
            if not said:
                raise
        Console(stderr=True).print(f"caselight: {said}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)

    return call


@contextmanager
def shown_progress(on: Console = console) -> Iterator[None]:
    """One line a stage, with its seconds; on a terminal also how far the present one is."""
    with on.status("Starting") as status:
        lines = _Lines(status, on)
        with shown_by(lines.show):
            yield
        lines.end()


class _Lines:
    def __init__(self, status: Status, on: Console) -> None:
        self._status, self._console = status, on
        self._present = ""
        self._began = monotonic()

    def show(self, what: str, done: int, total: int) -> None:
        if not total:  # said once, and no stage
            self._console.print(what, soft_wrap=True, highlight=False)
            return
        if what != self._present:
            self.end()
            self._present, self._began = what, monotonic()
        self._status.update(f"{what} {done:,} of {total:,}" if total > 1 else what)

    def end(self) -> None:
        if self._present:
            self._console.print(f"[green]done[/green] {self._present} ({monotonic() - self._began:.1f} s)")
        self._present = ""


def say_golden(lines: list[GoldenLine], is_synthetic: bool) -> None:
    """The golden table: published figures beside ours, and of which children ours are; a sentence where it is empty."""
    if not lines:
        console.print("This deployment has published no figures, so there is nothing to hold ours against.")
        return
    table = Table(title=f"Published figures beside ours ({'synthetic' if is_synthetic else 'real'} children)")
    for heading in ("figure", "published", "ours", ""):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    for line in lines:
        counted = NOT_ASKED if not line.is_asked else "none" if line.counted is None else _written(line, line.counted)
        table.add_row(line.label, _written(line, line.published), counted, _verdict(line))
    console.print(table)


def _written(line: GoldenLine, value: float) -> str:
    if line.figure.endswith("_month"):  # 202208 is August 2022
        return f"{value:.0f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _verdict(line: GoldenLine) -> str:
    if not line.is_asked:
        return ""
    if line.agrees is None:
        return "shown"
    return "[green]agrees[/green]" if line.agrees else "[red]differs[/red]"
