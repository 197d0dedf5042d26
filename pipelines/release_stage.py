"""Marts -> protected cells -> draft: one joint protection of everything that is published together."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from anonymization.errors import DisclosureError
from anonymization.policy import load_policy
from anonymization.protect import protect
from anonymization.small_reasons import merge_small_reasons
from pipelines.progress import report
from pipelines.reference_time import ReferenceTime, last_day_of
from pipelines.sealing import sealed
from pipelines.settings import Settings
from pipelines.tabulation import release_of
from pipelines.warehouse_file import open_warehouse
from publications.content import public_content
from publications.release import Approver, State, Vintage, register, write_draft
from publications.release import approve as publish
from publications.specification import load_tables

CELLS_FILE = "protected_cells.parquet"
AUDIT_FILE = "disclosure_audit.json"
PUBLIC_MARK = {"published": "A", "primary": "Q", "secondary": "Q"}


@sealed("the protection")
def protect_cells(build: Path, quarter: str) -> dict[str, int]:
    """Protects all public tables of `quarter` jointly and writes cells and audit into `build`.

    Gives how many cells are shown, primary and secondary. Raises DisclosureError when safety cannot be proved.
    """
    report("Protecting the public tables")
    with open_warehouse(build) as warehouse:
        release = release_of(load_tables(), warehouse, quarter)
    protected = protect(release, (), load_policy().disclosure["public"])
    cells = protected.cells.assign(obs_status=protected.cells["status"].map(PUBLIC_MARK))
    cells.to_parquet(build / CELLS_FILE, index=False, compression="zstd")
    audit = asdict(protected.audit) | {"verdict": protected.audit.verdict, "shown_share": protected.audit.shown_share}
    (build / AUDIT_FILE).write_text(json.dumps(audit, indent=2) + "\n", "utf-8")
    return {str(status): int(count) for status, count in cells["status"].value_counts().items()}


@sealed("the draft")
def draft_release(settings: Settings, build: Path, snapshot: Path, time: ReferenceTime) -> Vintage:
    """Writes the public files of the quarter that ends on `as_of`, and the internal report, as a draft."""
    report("Writing the draft")
    cells = pd.read_parquet(build / CELLS_FILE)
    content = public_content(
        load_tables(),
        cells.drop(columns="status"),
        _labels(build),
        merge_small_reasons(
            pd.read_parquet(snapshot / "coverage.parquet"), load_policy().disclosure["public"].threshold
        ),
        time.as_of,
        time.known_at,
        time.quarter,
    )
    internal = {name: (build / name).read_bytes() for name in (AUDIT_FILE, CELLS_FILE)}
    return write_draft(settings.drafts, settings.publications, time.quarter, content, internal)


def approve(
    settings: Settings, quarter: str, vintage: str, by: str, second: str, note: str, approved_on: date | None = None
) -> Path:
    """Publishes a draft under two names; gives the publication's folder.

    Raises DisclosureError for a second vintage of a quarter: protection against the first one is not modelled yet.
    """
    published = {
        v.name for v in register(settings.drafts, settings.publications, quarter) if v.state is State.PUBLISHED
    }
    if published - {vintage}:
        raise DisclosureError(
            f"{quarter} is published as {', '.join(sorted(published))}; two vintages together could disclose what each "
            "hides, and protection against an earlier one is not modelled yet, so no other vintage is published"
        )
    first, other = Approver(by, "approver"), Approver(second, "second approver")
    day = approved_on or datetime.now(UTC).date()
    return publish(settings.drafts, settings.publications, quarter, vintage, first, other, note, day)


def ends_a_quarter(time: ReferenceTime) -> bool:
    """Whether there is something to publish: tables are of whole quarters."""
    return time.as_of == last_day_of(time.quarter)


def _labels(build: Path) -> dict[str, pd.DataFrame]:
    with open_warehouse(build) as warehouse:
        names = ("dim_area", "dim_age_band", "dim_concept")
        return {name: warehouse.execute(f"from marts.{name}").df() for name in names}
