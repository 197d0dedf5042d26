"""Folders that appear whole or not at all, and the checksums that show whether one was touched."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from publications.errors import PublicationError
from publications.plain_files import name_of, printable, read_plain, refuse_links

CHECKSUMS = "checksums.sha256"
LINE = re.compile(r"([0-9a-f]{64})  (.+)")


@dataclass(frozen=True)
class Modes:
    """The access that new folders and files get, whatever the umask."""

    folder: int
    file: int


PRIVATE, PUBLIC = Modes(0o700, 0o600), Modes(0o755, 0o644)


def checksums(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return file -> SHA-256, in the order of the names."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return one SHA-256 over the names and checksums of all files."""
    return hashlib.sha256(_checksums_text(files)).hexdigest()


def read_checked(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but its checksums.

    Raises PublicationError, naming the files, when they are not those that the checksums name, and as `read_plain`.
    """
    files = read_plain(folder)
    listed = files.pop(CHECKSUMS, None)
    if listed != _checksums_text(files):
        raise PublicationError(
            f"The files of {name_of(folder)} are not those that were written: {'; '.join(_touched(files, listed))}. "
            "Put it back, or write the draft again from its run."
        )
    return files


def _touched(files: Mapping[str, bytes], listed: bytes | None) -> list[str]:
    """What happened to which file, by the checksums if they can be read."""
    if listed is None:
        return [f"{CHECKSUMS} was lost"]
    lines = [LINE.fullmatch(line) for line in listed.decode("utf-8", "replace").splitlines()]
    stated = {line[2]: line[1] for line in lines if line}
    found = checksums(files)
    told = [f"{printable(name)} was added" for name in found if name not in stated]
    told += [f"{printable(name)} was lost" for name in stated if name not in found]
    told += [f"{printable(name)} was changed" for name in found if stated.get(name, found[name]) != found[name]]
    return told or [f"{CHECKSUMS} was changed"]


def write_folder(folder: Path, files: Mapping[str, bytes], staging: Path, modes: Modes) -> None:
    """Write files and their checksums as a new folder that is seen whole or not at all.

    They are written and synced in `staging`, on the same disk, which then takes the folder's name; what a killed
    attempt left there is cleared by the next. Raises PublicationError when the folder holds files or lies in a linked
    one, or the disk refuses; nothing is then left half-written.
    """
    refuse_links(folder.parent, staging.parent)
    with _refusals_told(folder, staging):
        _stage(staging, files, modes)
        _take_place(staging, folder, modes)


def replace_folder(folder: Path, files: Mapping[str, bytes], staging: Path, modes: Modes) -> None:
    """Write a folder as `write_folder` does, in place of the one that may stand there; the same files change nothing.

    Killed between the two renames there is no such folder until the next attempt, and never a half one.
    """
    refuse_links(folder, folder.parent, staging.parent)
    replaced = staging.with_name(f"{staging.name}.replaced")
    with _refusals_told(folder, staging):
        _remove(replaced)
        if _holds(folder, files):
            return
        _stage(staging, files, modes)
        if folder.exists():
            folder.rename(replaced)
        _take_place(staging, folder, modes)
    _remove(replaced)


def _remove(path: Path) -> None:
    """Remove a folder with all that is in it; of a link, the link alone."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    try:
        return read_checked(folder) == dict(files)
    except PublicationError:  # touched, or not there
        return False


@contextmanager
def _refusals_told(folder: Path, staging: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _remove(staging)
        reason = error.strerror or "unknown reason"
        raise PublicationError(
            f"{name_of(folder)} could not be written: {reason}. Repair that, then run again."
        ) from error


def _take_place(staging: Path, folder: Path, modes: Modes) -> None:
    _make_folders(folder.parent, modes.folder)
    staging.rename(folder)
    _sync(folder.parent)


def _stage(staging: Path, files: Mapping[str, bytes], modes: Modes) -> None:
    _remove(staging)
    _write_files(staging, {**files, CHECKSUMS: _checksums_text(files)}, modes)


def _checksums_text(files: Mapping[str, bytes]) -> bytes:
    """The checksums as `sha256sum --check` reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in checksums(files).items()).encode(
        "utf-8", "surrogateescape"
    )


def _write_files(folder: Path, files: Mapping[str, bytes], modes: Modes) -> None:
    for name, content in files.items():
        path = folder / _inside(name)
        _make_folders(path.parent, modes.folder)
        with path.open("xb") as file:
            os.fchmod(file.fileno(), modes.file)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for written in {(folder / name).parent for name in files}:
        _sync(written)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise PublicationError(f"{name!r} is not the name of a file inside a release.")
    return path


def _make_folders(folder: Path, mode: int) -> None:
    """Make the folder and its missing parents with this mode; leave existing ones as they are."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir()
        missing.chmod(mode)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
