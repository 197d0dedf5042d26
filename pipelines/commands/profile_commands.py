"""`caselight profile`: hold a deployment's profile against its store."""

import sys
from datetime import date
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Column, Table

from pipelines.commands.console import console, say_refusals, shown_progress
from pipelines.run.progress import report
from pipelines.run.settings import Settings

if TYPE_CHECKING:
    from case_store.profile_check import ProfileFinding

READING = "Counting fields and codes"


def add_profile_commands(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The deployment's profile: what a code or field of Primero means.")
    group.command("check")(check)
    app.add_typer(group, name="profile")


@say_refusals
def check() -> None:
    """Says where store and profile differ: fields and codes that are unmapped, relabelled, retired or emptied.

    Each with the number of cases that hold it. It reads the store that a run would read, writes nothing, and prints
    names of fields and codes only, never what a document holds. Exits with 1 if anything needs a review.
    """
    from case_store.case_source import open_source
    from case_store.profile import load_profile
    from case_store.profile_check import check_profile
    from case_store.server import resolve_store

    settings = Settings.from_environment()
    profile = load_profile(settings.profile)
    store = resolve_store(settings.dsn, settings.state, settings.cluster)
    with shown_progress(), open_source(store.dsn) as source:
        report(READING)
        found = check_profile(profile, source, date.today(), lambda done, ranges: report(READING, done, ranges))
    _say(found)
    sys.exit(1 if any(finding.needs_review for finding in found) else 0)


def _say(found: "list[ProfileFinding]") -> None:
    from case_store.profile_check import KINDS

    for kind, meaning in KINDS.items():
        ours = [finding for finding in found if finding.kind == kind]
        if ours:
            console.print(f"[bold]{kind.capitalize()}[/bold]: {meaning}.", soft_wrap=True)
            table = Table(*(Column(name, overflow="fold") for name in ("field or list", "code", "called now")))
            table.add_column("cases", justify="right")
            for one in ours:
                table.add_row(*map(escape, (one.place, one.code, one.label)), f"{one.cases:,}")
            console.print(table)
    review = sum(finding.needs_review for finding in found)
    console.print(
        f"{review} to review, in the files of the profile; {len(found) - review} that no case holds."
        if found
        else "Store and profile agree, and each field and code is held by some case."
    )
