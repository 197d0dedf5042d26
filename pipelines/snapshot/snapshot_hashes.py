"""Whether a snapshot on disk is what was written: checked whenever one is read, and before an old one is kept."""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.errors import RunError

MANIFEST = "manifest.json"
SEAL = "seal"


def check_snapshot(folder: Path) -> dict[str, Any]:
    """The manifest of a snapshot whose every file is as it was written.

    Raises RunError naming each file that was changed, cut, removed, added or replaced by a link; the way out is a new
    run, which makes the snapshot again.
    """
    manifest = read_manifest(folder)
    wrong = faults(folder, manifest)
    if wrong:
        raise RunError(
            f"the snapshot in {folder} is not what was written ({'; '.join(wrong)}), so nothing is made from it; "
            f"run 'caselight run --as-of {manifest.get('as_of')} --known-at {manifest.get('known_at')}', which makes "
            "it again"
        )
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest alone. Raises RunError when there is none, or when it is not what was written."""
    path = folder / MANIFEST
    try:
        if not is_plain_file(path):
            raise ValueError
        written = path.read_bytes()
        manifest = json.loads(written)
        if manifest_bytes({name: value for name, value in manifest.items() if name != SEAL}) != written:
            raise ValueError
    except FileNotFoundError:
        raise RunError(f"there is no whole snapshot in {folder}; run 'caselight run' for these dates") from None
    except (ValueError, AttributeError, OSError):
        raise RunError(
            f"{MANIFEST} of the snapshot in {folder} is not what was written, so nothing is made from it; run "
            "'caselight run' for these dates, which makes it again"
        ) from None
    return dict(manifest)


def manifest_bytes(content: Mapping[str, Any]) -> bytes:
    """The file of a manifest, with a seal over all the rest: SHA-256 in hexadecimal digits."""
    seal = hashlib.sha256(_as_json(content)).hexdigest()
    return _as_json({**content, SEAL: seal})


def manifest_hash(folder: Path) -> str:
    """Names everything a build is made from, in 12 hexadecimal digits."""
    return sha256(folder / MANIFEST)[:12]


def faults(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """What is not as the manifest says, one sentence fragment a file; empty for a snapshot that is whole."""
    expected = {f"{name}.parquet": table["sha256"] for name, table in manifest["tables"].items()}
    found = {entry.name: Path(entry.path) for entry in os.scandir(folder)}
    told = ["the folder is a link"] if folder.is_symlink() or folder.parent.is_symlink() else []
    told += [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    told += [f"{name} does not belong there" for name in sorted(found.keys() - expected.keys() - {MANIFEST})]
    for name in sorted(found.keys() & {*expected, MANIFEST}):
        if not is_plain_file(found[name]):
            told.append(f"{name} is a link or no file")
        elif name in expected and sha256(found[name]) != expected[name]:
            told.append(f"{name} was changed")
    return told


def is_plain_file(path: Path) -> bool:
    """Whether it is a regular file under this one name: neither a link nor a second name of another file."""
    found = path.lstat()
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
