"""The run log: what manifests must not hold because it differs from run to run, one JSON line an event.

When a snapshot was taken, and in which state its source was. Counts and times only, never a record's content.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from case_store.source_contract import SourceState
from pipelines.run.reference_time import ReferenceTime

RUN_LOG = "runs.jsonl"


def log_snapshot(data: Path, time: ReferenceTime, source: SourceState) -> None:
    """Adds a line to `data/runs.jsonl`: the moment, the two times, and the source as the reader found it."""
    line = {"at": datetime.now(UTC), "as_of": time.as_of, "known_at": time.known_at, "source": asdict(source)}
    path = data / RUN_LOG
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(line, default=str) + "\n")
