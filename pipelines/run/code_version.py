"""Which code made a snapshot or a build: its version, and a digest of every source that can change a figure."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.run.settings import CHECKOUT

ROOMS = (
    "case_store", "anonymization", "dbt_project", "data_quality", "publications", "pipelines", "configuration",
)  # fmt: skip
SOURCES = {".py", ".sql", ".yml", ".csv", ".txt"}
MADE_BY_DBT = {"target", "logs"}


@cache
def code_version() -> str:
    """Such as '0.1.0+3f9a2c1b70de': the same sources give the same text, wherever the checkout lies.

    It stands in every manifest, so that a changed model gives a build of another name, and never an old one kept.
    """
    digest = hashlib.sha256()
    for file in _sources():
        digest.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{version('caselight')}+{digest.hexdigest()[:12]}"


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        for file in sorted((CHECKOUT / room).rglob("*")):
            if file.suffix in SOURCES and not MADE_BY_DBT & set(file.relative_to(CHECKOUT).parts):
                yield file
