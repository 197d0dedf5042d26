"""The command line: each command is a few lines over one function."""

import pipelines.run.quiet  # noqa: F401  telemetry off before anything else is imported

import json  # isort: skip
import secrets
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pipelines.commands.console import console, say_golden, say_refusals, shown_progress
from pipelines.commands.disclosure_commands import add_commands
from pipelines.commands.policy_command import add_policy
from pipelines.commands.profile_commands import add_profile_commands
from pipelines.run.reference_time import ReferenceTime, day, last_day_of
from pipelines.run.settings import Settings

if TYPE_CHECKING:
    from pipelines.snapshot.accepted_runs import Acceptance

app = typer.Typer(
    name="caselight",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="""From child-protection case records to statistics that can be published without harming a child.

    First time: `caselight demo` does everything once, on synthetic children. Then, step by step:
    `case-store seed`, `run`, `golden`, `publish`, `release approve`, `dashboard`. If anything is missing: `doctor`.""",
)
case_store_app = typer.Typer(
    no_args_is_help=True, help="The synthetic case store: a real PostgreSQL in Primero's shape."
)
release_app = typer.Typer(no_args_is_help=True, help="The release of a publication, under two names.")
app.add_typer(case_store_app, name="case-store")
app.add_typer(release_app, name="release")
add_commands(app)
add_policy(app)
add_profile_commands(app)

Children = Annotated[int, typer.Option(help="Children registered and known by the end of 2023; more stand on top.")]
Seed = Annotated[int, typer.Option(help="Seed of the generator: the same seed gives the same children.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="Events dated up to this day, such as 2023-12-31.")]
KnownAt = Annotated[
    str, typer.Option("--known-at", metavar="DATE", help="Received up to this day; not before --as-of.")
]


@app.command()
@say_refusals
def demo(seed: Seed = 1) -> None:
    """Everything once, on synthetic children: store, run, approved release, golden table. Again: changes nothing."""
    from pipelines.commands.demo import run_demo

    run_demo(Settings.from_environment(), seed)


@case_store_app.command("start")
@say_refusals
def start_store() -> None:
    """Starts our own PostgreSQL (never one given by CASESTORE_DSN)."""
    from case_store import server

    settings = Settings.from_environment()
    server.start(settings.state, settings.cluster)
    console.print("The case store runs; 'caselight case-store dsn' prints its address.")


@case_store_app.command("stop")
@say_refusals
def stop_store() -> None:
    """Stops our own PostgreSQL; its data stay."""
    from case_store import server

    settings = Settings.from_environment()
    stopped = server.stop(settings.state, settings.cluster)
    console.print("The case store is stopped." if stopped else "The case store was not running.")


@case_store_app.command("seed")
@say_refusals
def seed_store(children: Children = 33_936, seed: Seed = 1) -> None:
    """Fills an empty or synthetic case store with synthetic children. The same again changes nothing."""
    from pipelines.commands.seed import fill_with_children

    with shown_progress():
        did_fill = fill_with_children(Settings.from_environment(), children, seed)
    console.print("The case store is filled." if did_fill else "The case store already holds just these children.")


@case_store_app.command("dsn")
@say_refusals
def print_dsn() -> None:
    """Prints the address of the case store; starts our own server if need be.

    For example: psql "$(caselight case-store dsn)"
    """
    from case_store.server import resolve_store

    settings = Settings.from_environment()
    print(resolve_store(settings.dsn, settings.state, settings.cluster).dsn)  # noqa: T201


@case_store_app.command("path")
@say_refusals
def print_path() -> None:
    """Prints the folder in which our own server keeps its data."""
    from case_store.cluster import store_folder

    settings = Settings.from_environment()
    print(store_folder(settings.state, settings.cluster))  # noqa: T201


@case_store_app.command("role")
@say_refusals
def print_role(
    role: Annotated[str, typer.Option("--role", metavar="NAME", help="Name of the new role.")] = "caselight_reader",
    schema: Annotated[str, typer.Option(metavar="NAME", help="The schema that holds Primero's tables.")] = "public",
) -> None:
    """Prints the SQL of a role that may read what a run reads, and nothing else. It opens no database.

    For example: caselight case-store role | psql --single-transaction PRIMERO_DATABASE
    """
    from case_store.reader_role import role_sql

    print(role_sql(role, schema))  # noqa: T201


@app.command()
@say_refusals
def run(
    as_of: AsOf,
    known_at: KnownAt,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="A rule that need not hold this once.")
    ] = None,
    accepted_by: Annotated[str, typer.Option(metavar="NAME", help="Who accepts it.")] = "",
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why it is right all the same.")] = "",
) -> None:
    """Builds everything for two times: snapshot, warehouse, protected tables, draft, serving files.

    A run that finds far fewer cases than the last one, an emptied field, an old copy, another key or changed labels
    stops and names the rule; --accept RULE --accepted-by NAME --because TEXT lets it pass once.

    Both gates must open; then readers are led to the new build at once. A later --known-at takes in late entries.

    For example: caselight run --as-of 2023-12-31 --known-at 2024-01-14
    """
    from pipelines.snapshot.night import check_acceptances

    _run(Settings.from_environment(), as_of, known_at, check_acceptances(accept or (), accepted_by, because))


@app.command()
@say_refusals
def publish(
    quarter: Annotated[str, typer.Argument(help="Such as 2023-Q4.")],
    known_at: Annotated[
        str, typer.Option("--known-at", metavar="DATE", help="Received up to this day; by default the quarter's last.")
    ] = "",
) -> None:
    """Runs the last day of a quarter and says where its draft is; 'caselight release approve' makes it public.

    Other figures or definitions are a new vintage (v2); only other words, a new rendering of the same one (v1-r2).

    For example: caselight publish 2023-Q4 --known-at 2024-01-14
    """
    from publications.register import register

    settings = Settings.from_environment()
    as_of = str(last_day_of(quarter))
    _run(settings, as_of, known_at or as_of)
    for vintage in register(settings.drafts, settings.publications, quarter):
        console.print(f"{quarter} {vintage.name}: {vintage.state.value} in {vintage.path}", soft_wrap=True)


@release_app.command("list")
@say_refusals
def list_releases(
    quarter: Annotated[str, typer.Argument(help="Such as 2023-Q4; every quarter, if none is given.")] = "",
) -> None:
    """Lists drafts and publications: vintages (v1, v2) and their renderings in other words (v1-r2), with their events.

    For example: caselight release list 2023-Q4
    """
    from pipelines.release.release_listing import listed

    for line in listed(Settings.from_environment(), quarter):
        console.print(line, soft_wrap=True, markup=False)


@release_app.command("approve")
@say_refusals
def approve_release(
    quarter: Annotated[str, typer.Argument(help="Such as 2023-Q4.")],
    by: Annotated[str, typer.Option(help="Name of the person who approves, in letters and in full.")],
    second: Annotated[str, typer.Option(help="Name of the second person; not the same.")],
    vintage: Annotated[
        str, typer.Option(help="The draft to publish: v1, v2, or v1-r2 to re-issue v1 in other words.")
    ] = "v1",
    note: Annotated[
        str, typer.Option(help="A sentence that is published with it; to re-issue, the reason, which is required.")
    ] = "",
) -> None:
    """Makes a draft public, under the names of two people. A publication is never changed.

    The files are made again from the figures that were proved and must be those of the draft, byte for byte.

    For example: caselight release approve 2023-Q4 --by "First Person" --second "Second Person"
    """
    from pipelines.release.drafts import approve

    folder = approve(Settings.from_environment(), quarter, vintage, by, second, note)
    console.print(f"Published in {folder}", soft_wrap=True)


@app.command()
@say_refusals
def golden(
    as_json: Annotated[bool, typer.Option("--json", help="The same lines as JSON, for machines.")] = False,
) -> None:
    """Holds the marts of the current build against the published figures; fails if one does not agree."""
    from case_store.profile import load_profile
    from pipelines.commands.golden import golden_lines, refuse_disagreement
    from pipelines.run.builds import current_build
    from pipelines.warehouse.provenance import source_of

    settings = Settings.from_environment()
    build = current_build(settings.builds)
    lines = golden_lines(build, load_profile(settings.profile))
    if as_json:
        print(json.dumps([asdict(line) for line in lines], indent=2))  # noqa: T201
    else:
        say_golden(lines, source_of(build).is_synthetic)
    refuse_disagreement(lines)


@app.command()
@say_refusals
def dashboard(
    host: Annotated[str, typer.Option(help="Loopback only: the accounts are for the demo.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where the pages are served.")] = 8050,
) -> None:
    """Serves the coordinators' pages. The first time, makes demo accounts and prints their passwords, once."""
    from pipelines.serving.serve_dashboard import demo_accounts, serve_dashboard

    settings = Settings.from_environment()
    for user, password in demo_accounts(settings, secrets.token_bytes).items():
        console.print(f"{user:<24} {password}", highlight=False)
    console.print(f"Open http://{host}:{port} (Ctrl+C ends)")
    serve_dashboard(settings, host, port, secrets.token_bytes(32))


@app.command()
@say_refusals
def doctor() -> None:
    """Says what is missing on this machine or wrong in the configuration, and how to get it right."""
    from pipelines.commands.doctor import examine

    findings = list(examine(Settings.from_environment()))
    for finding in findings:
        mark, colour = ("missing", "red") if finding.remedy else ("ok", "green")
        console.print(
            f"[{colour}]{mark:<8}[/{colour}]{escape(f'{finding.what}: {finding.found}. {finding.remedy}')}",
            soft_wrap=True,
        )
    sys.exit(1 if any(finding.remedy for finding in findings) else 0)


def _run(settings: Settings, as_of: str, known_at: str, accepted: "tuple[Acceptance, ...]" = ()) -> None:
    from case_store.profile import load_profile
    from pipelines.commands.runner import run_job

    time = ReferenceTime(day(as_of), day(known_at), load_profile(settings.profile).time_zone)
    with shown_progress():
        warnings = run_job(settings, time, accepted)
    for warned in warnings:
        console.print(f"[yellow]{warned.rule}[/yellow] {warned.sentence} ({warned.failing} of {warned.total})")
        for found, records in warned.by_field.items():
            console.print(f"    {found}: {records:,}", highlight=False, soft_wrap=True)
    console.print(f"Built {time.as_of} as known at {time.known_at} in {settings.builds}", soft_wrap=True)
