"""A snapshot on disk: Parquet written range by range, and a manifest whose counts add up."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from anonymization.pseudonyms.snapshotter import SnapshotRange
from pipelines.errors import RunError
from pipelines.run.builds import sync_folder
from pipelines.run.progress import report
from pipelines.snapshot.snapshot_hashes import MANIFEST, faults, manifest_bytes, read_manifest, sha256

COVERAGE = pa.schema(
    [("table_name", pa.string()), ("outcome", pa.string()), ("reason", pa.string()), ("records", pa.int64())]
)
FINDINGS = pa.schema(
    [
        ("rule_id", pa.string()),
        ("severity", pa.string()),
        ("table_name", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("records", pa.int64()),
    ]
)


@dataclass
class SnapshotWriter:
    """Adds ranges to the Parquet files of one snapshot and keeps the running counts."""

    folder: Path
    coverage: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    findings: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def add(self, part: SnapshotRange) -> None:
        """One range of cases: its tables at rest, its counts in memory."""
        for name, table in {**part.tables, "quarantine": part.quarantine}.items():
            self._writer(name, table.schema).write_table(table)
        self.filled.update(part.filled)
        _count(self.coverage, part.coverage, "table_name", "outcome", "reason")
        _count(self.findings, part.findings, "rule_id", "table_name", "field", "reason")

    def add_reference(self, reference: Mapping[str, pa.Table]) -> None:
        """Small tables that travel with the snapshot, as they are."""
        for name, table in reference.items():
            self._writer(name, table.schema).write_table(table)

    def _writer(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", schema, compression="zstd")
        return self._writers[name]

    def finish(self, about: Mapping[str, Any]) -> None:
        """Writes the counts and the manifest. Raises RunError when a table's counts do not add up."""
        self.add_reference({"coverage": coverage_table(self.coverage), "findings": findings_table(self.findings)})
        for writer in self._writers.values():
            writer.close()
        refuse_lost_records(self.coverage)
        (self.folder / MANIFEST).write_bytes(manifest_bytes({**about, **self._contents()}))

    def _contents(self) -> dict[str, Any]:
        files = sorted(self.folder.glob("*.parquet"))
        tables = {p.stem: {"rows": pq.read_metadata(p).num_rows, "sha256": sha256(p)} for p in files}
        return {"tables": tables, **self.counts()}

    def counts(self) -> dict[str, Any]:
        """What the manifest tells of the records: coverage and findings, as rows."""
        return {
            "coverage": coverage_table(self.coverage).to_pylist(),
            "findings": findings_table(self.findings).to_pylist(),
        }


@contextmanager
def new_snapshot(folder: Path) -> Iterator[SnapshotWriter]:
    """A snapshot made aside and moved to `folder` when it is whole; the same bytes again leave the old one in place,
    unless it was damaged.

    Killed between the two renames there is no such snapshot until the next run, and never a half one; after a failure
    only the old one is left.
    """
    _refuse_links(folder)
    making, replaced = (folder.with_name(f".{folder.name}.{state}") for state in ("making", "replaced"))
    _remove(making, replaced)
    making.mkdir(mode=0o700, parents=True)
    try:
        yield SnapshotWriter(making)
        if not _keeps(folder, making):
            if folder.exists():
                folder.rename(replaced)
            making.rename(folder)
            sync_folder(folder.parent)
    finally:
        _remove(making, replaced)


def _keeps(folder: Path, made: Path) -> bool:
    """Whether the snapshot that is there is the one just made, to the byte; one that was damaged is not kept."""
    _refuse_links(folder)
    if not folder.exists():
        return False
    if _is_damaged(folder):
        report("The snapshot of these dates was damaged, and is replaced by the one just made")
        return False
    return (folder / MANIFEST).read_bytes() == (made / MANIFEST).read_bytes()


def _refuse_links(folder: Path) -> None:
    """The snapshot's folder, that of its day and that of all snapshots are no links: what is below lies elsewhere."""
    for place in (folder, folder.parent, folder.parent.parent):
        if place.is_symlink():
            raise RunError(
                f"{place} is a link, and a snapshot is never written through one; remove the link and run again"
            )


def _is_damaged(folder: Path) -> bool:
    try:
        return bool(faults(folder, read_manifest(folder)))
    except RunError:
        return True


def _remove(*paths: Path) -> None:
    """Of a link, the link alone."""
    for path in paths:
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def refuse_lost_records(coverage: Mapping[tuple[str, str, str], int]) -> None:
    """Raises RunError unless extracted = loaded + quarantined + excluded in every table."""
    balance: Counter[str] = Counter()
    for (table, outcome, _), records in coverage.items():
        balance[table] += records if outcome == "extracted" else -records
    lost = {table: count for table, count in balance.items() if count}
    if lost:
        raise RunError(f"records do not add up (extracted less accounted for): {lost}; please report this as a defect")


def coverage_table(coverage: Mapping[tuple[str, str, str], int]) -> pa.Table:
    """Counts by table, outcome and reason, in a fixed order."""
    rows = [(*key, records) for key, records in sorted(coverage.items())]
    return _table(rows, COVERAGE)


def findings_table(findings: Mapping[tuple[str, str, str, str], int]) -> pa.Table:
    """What was kept but is not as it should be: counts by rule, table, field and reason."""
    rows = [(key[0], "warning", *key[1:], records) for key, records in sorted(findings.items()) if records]
    return _table(rows, FINDINGS)


def _table(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _count(counter: Counter[Any], table: pa.Table, *keys: str) -> None:
    for row in table.to_pylist():
        counter[tuple(row[key] for key in keys)] += row["records"]
