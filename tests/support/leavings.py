"""What a run leaves for readers, as digests: two runs from the same store must leave the same."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipelines.run.builds import current_build
from pipelines.snapshot.snapshot_hashes import MANIFEST, read_manifest
from publications.folders import read_checked
from tests.support.line import AS_OF, House

Digests = dict[str, str]
SNAPSHOT = f"snapshots/{AS_OF}/{AS_OF}"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files_of(folder: Path) -> Digests:
    """Every file of a folder but databases, whose pages are laid out anew by every writer."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".duckdb"]
    return {str(path.relative_to(folder)): digest(path.read_bytes()) for path in paths}


def tables_of(database: Path) -> Digests:
    """Every table of a DuckDB file, as the Parquet file of its rows in order."""
    with duckdb.connect(str(database), read_only=True, config={"temp_directory": ""}) as connection:
        names = connection.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        found = {}
        for schema, name in names:
            written = io.BytesIO()
            pq.write_table(connection.sql(f"from {schema}.{name} order by all").to_arrow_table(), written)
            found[f"{schema}.{name}"] = digest(written.getvalue())
    return found


def leavings(house: House) -> dict[str, Digests]:
    """Snapshot, draft, and the current build with its warehouse and serving files."""
    build = current_build(house.builds)
    databases = {str(path.relative_to(build)): tables_of(path) for path in sorted(build.rglob("*.duckdb"))}
    return {
        "snapshot": files_of(house.data / SNAPSHOT),
        "draft": files_of(house.data / "drafts"),
        "build": {"name": build.name, **files_of(build)},
        **databases,
    }


def half_made(house: House, whole: Mapping[str, Digests]) -> list[str]:
    """What is visible now in this house and neither whole nor one of those that `whole` knows; nothing, if all is well.

    `whole`: digests of the snapshots, drafts and builds that may be seen, by any name.
    """
    problems = []
    for snapshot in house.data.glob("snapshots/[!.]*/[!.]*"):
        files = files_of(snapshot)
        stated = {f"{name}.parquet": table["sha256"] for name, table in read_manifest(snapshot)["tables"].items()}
        if {name: value for name, value in files.items() if name != MANIFEST} != stated or files not in whole.values():
            problems.append(f"snapshot {snapshot}")
    for draft in [*house.data.glob("drafts/*/[!.]*"), *house.data.glob("publications/*/*")]:
        read_checked(draft)  # raises when it is not the files that its checksums name
    for build in house.builds.glob("[!.]*"):
        if {"name": build.resolve().name, **files_of(build.resolve())} not in whole.values():
            problems.append(f"build {build}")
    return problems
