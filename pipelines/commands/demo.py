"""`make demo`: the whole line once, on synthetic children; done already, it says so and changes nothing."""

from datetime import timedelta

from case_store.case_source import open_source
from case_store.profile import load_profile
from case_store.server import resolve_store
from case_store.synthetic.shape import load_shape
from pipelines.commands.console import console, say_golden, shown_progress
from pipelines.commands.golden import golden_lines, refuse_disagreement
from pipelines.commands.runner import run_job
from pipelines.commands.seed import fill_with_children
from pipelines.errors import RunError
from pipelines.release.drafts import approve
from pipelines.run.builds import current_build
from pipelines.run.code_version import code_version
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.warehouse.provenance import source_of

APPROVED_AFTER = timedelta(days=15)
APPROVERS = ("Synthetic Approver One", "Synthetic Approver Two")
NOTE = "A demonstration on synthetic children; approved by nobody real."


def run_demo(settings: Settings, seed: int) -> None:
    """Fills the store, runs the line for the profile's reference day, approves the release, prints the golden table.

    Raises RunError when the golden table does not hold.
    """
    profile = load_profile(settings.profile)
    shape = load_shape(profile)  # the day and the children that its figures were published for
    day, children = shape.keys.reference_day, round(shape.figure("registered"))
    time = ReferenceTime(day, day, profile.time_zone)
    with shown_progress():
        filled = fill_with_children(settings, children, seed)
        if filled or not _is_built(settings, time):
            run_job(settings, time)
            _remember_source(settings)
        folder = approve(settings, time.quarter, "v1", *APPROVERS, NOTE, day + APPROVED_AFTER)
    build = current_build(settings.builds)
    lines = golden_lines(build, profile)
    say_golden(lines, source_of(build).is_synthetic)
    for what, where in (
        ("publication", folder),
        ("current build", current_build(settings.builds)),
        ("data", settings.data),
    ):
        console.print(f"{what:<14} {where}", soft_wrap=True)
    console.print("Next: .venv/bin/caselight dashboard, .venv/bin/dagster dev, README.md")
    refuse_disagreement(lines)


def _is_built(settings: Settings, time: ReferenceTime) -> bool:
    """Whether the current build is of this time, and neither the store nor the code has changed since."""
    try:
        build = current_build(settings.builds)
    except RunError:
        return False
    remembered = settings.builds / ".source"
    is_unchanged = remembered.is_file() and remembered.read_bytes() == _source(settings).encode()
    return is_unchanged and build.name.startswith(f"{time.as_of}_{time.known_at}_")


def _remember_source(settings: Settings) -> None:
    (settings.builds / ".source").write_text(_source(settings), "utf-8")


def _source(settings: Settings) -> str:
    """What a build is made from, told cheaply: the code, how much the store holds, and its last change."""
    with open_source(resolve_store(settings.dsn, settings.state, settings.cluster).dsn) as source:
        state = source.state()
    return f"{code_version()} {state.cases} {state.transitions} {state.record_histories} {state.last_change}"
