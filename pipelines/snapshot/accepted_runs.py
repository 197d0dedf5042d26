"""The runs that were accepted, one JSON line each: what the next night is held against. Counts only, no record.

A run is accepted when its build is shown. Snapshots are removed in time; this small file stays.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import RunError

FILE = "accepted_runs.jsonl"
EXTRACTED = ("cases", "extracted")


@dataclass(frozen=True)
class Acceptance:
    """Somebody's word that a rule of the night need not hold this once."""

    rule: str
    by: str
    because: str


@dataclass(frozen=True)
class AcceptedRun:
    """What one run found: cases extracted, how many documents fill each column, and under which key and profile."""

    as_of: str
    known_at: str
    profile: str
    key_id: str
    cases: int
    filled: Mapping[str, int]
    accepted: tuple[Acceptance, ...] = field(default=())


def accepted_run(manifest: Mapping[str, Any], accepted: tuple[Acceptance, ...] = ()) -> AcceptedRun:
    """The run that a snapshot's manifest tells of."""
    extracted = [row["records"] for row in manifest["coverage"] if (row["table_name"], row["outcome"]) == EXTRACTED]
    names = ("as_of", "known_at", "profile", "key_id", "filled")
    return AcceptedRun(**{name: manifest[name] for name in names}, cases=sum(extracted), accepted=accepted)


def accept(data: Path, run: AcceptedRun) -> None:
    """Adds a run, unless the last line is the very same."""
    path = data / FILE
    line = json.dumps(asdict(run), sort_keys=True, ensure_ascii=False)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    if lines[-1:] != [line]:
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def accepted_runs(data: Path) -> list[AcceptedRun]:
    """Every accepted run, oldest first. Raises RunError naming the line that cannot be read."""
    path = data / FILE
    if not path.exists():
        return []
    return [_run(path, number, line) for number, line in enumerate(path.read_bytes().splitlines(), start=1)]


def key_in_use(runs: list[AcceptedRun], profile: str) -> str:
    """The id of the key of the profile's newest accepted run; empty when there is none."""
    return next((run.key_id for run in reversed(runs) if run.profile == profile), "")


def _run(path: Path, number: int, line: bytes) -> AcceptedRun:
    try:
        content = json.loads(line)
        said = tuple(Acceptance(**one) for one in content.pop("accepted"))
        return AcceptedRun(**content, accepted=said)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RunError(
            f"{path}, line {number}, cannot be read, so no night can be held against it: put it back"
        ) from None
