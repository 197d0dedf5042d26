"""The tool by itself, on the command line: `caselight protect` and `caselight audit`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand

from pipelines.commands.console import console, say_refusals, shown_progress

MISUSE, REFUSED, UNSAFE = 2, 1, 2

Spec = Annotated[
    Path, typer.Option("--spec", metavar="SPEC.yml", help="Tables, codes and rule; docs/disclosure-tool.md.")
]
Microdata = Annotated[
    Path, typer.Argument(metavar="MICRODATA.csv", help="A row a record; or tabulated counts, with a column `count`.")
]
KnownMicrodata = Annotated[
    Path | None,
    typer.Argument(metavar="MICRODATA.csv", help="What the cells count; without it the file alone is used."),
]
Out = Annotated[Path, typer.Option("--out", metavar="CELLS.csv", help="Where the cells are written.")]
Public = Annotated[bool, typer.Option("--public", help="One mark for all hidden cells, and no labels.")]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FOLDER", help="Where the internal report is written.")
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="The secret of the method cell_key; mode 0600.")
]
AtMost = Annotated[
    str, typer.Option("--at-most", metavar="DURATION", help="The longest it may take: 90s, 10m, 2h. Then it refuses.")
]
AuditAtMost = Annotated[
    str,
    typer.Option("--at-most", metavar="DURATION", help="The longest it may take: 90s, 10m, 2h. Then: not finished."),
]
Cells = Annotated[
    list[Path],
    typer.Option(
        "--cells", metavar="CELLS.csv", help="As `protect` writes them, or a peer's file; several count once."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON, for machines.")]


class RefusingCommand(TyperCommand):
    """A command of which bad options are refused with 1, as all else is, since 2 says that cells are unsafe."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except Exception as misuse:  # typer's classes of misuse are private; what is none of them passes unchanged
            if getattr(misuse, "exit_code", None) == MISUSE:
                misuse.exit_code = REFUSED  # type: ignore[attr-defined]
            raise


def add_commands(app: typer.Typer) -> None:
    """Adds both commands to the command line."""
    app.command("protect", cls=RefusingCommand)(protect)
    app.command("audit", cls=RefusingCommand)(audit)


@say_refusals
def protect(
    microdata: Microdata,
    spec: Spec,
    out: Out,
    public: Public = False,
    report: Report = None,
    key_file: KeyFile = None,
    at_most: AtMost = "30m",
) -> None:
    """Hides small counts and what would give them away, proves it, and writes the cells. Nothing unsafe is written.

    For example: caselight protect children.csv --spec SPEC.yml --out cells.csv

    Exit code 0: written; 1: refused, with a sentence.
    """
    from pipelines.tool.protect_file import protect_file

    with shown_progress():
        outcome = protect_file(microdata, spec, out, public, report, key_file, at_most)
    _warn(outcome.warnings)
    console.print(outcome.sentence, soft_wrap=True, highlight=False)


@say_refusals
def audit(
    spec: Spec, cells: Cells, microdata: KnownMicrodata = None, as_json: AsJson = False, at_most: AuditAtMost = "30m"
) -> None:
    """Attacks published cells: what can be computed about each hidden count, exactly. Changes nothing.

    For example: caselight audit children.csv --spec SPEC.yml --cells cells.csv --json

    Several files of one population are attacked together: --cells first.csv --cells second.csv

    Exit code 0: safe; 2: unsafe, or not finished in the time there was; 1: refused, with a sentence.
    """
    from pipelines.tool.audit_cells import audit_file

    with shown_progress(Console(stderr=True) if as_json else console):
        findings = audit_file(cells, spec, microdata, at_most)
    _warn(findings.warnings)
    if as_json:
        print(json.dumps(findings.as_json(), indent=2, allow_nan=False))  # noqa: T201
    else:
        console.print(findings.sentence, soft_wrap=True, highlight=False)
    sys.exit(0 if findings.is_safe else UNSAFE)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        Console(stderr=True).print(f"caselight: {warning}", style="yellow", markup=False, soft_wrap=True)
