"""The one way of reading files that somebody may have changed: regular files only, and no link is ever followed."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from publications.errors import PublicationError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # opening a pipe would otherwise wait for its writer
PUT_BACK = "Put back what was written."


def read_plain(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its name inside it.

    Raises PublicationError naming the first symbolic link, second name of a file (hard link), pipe, socket, device or
    empty folder inside, and what cannot be read. What is read is what was looked at: folders are held open on the way.
    """
    where = name_of(folder)
    refuse_links(folder, folder.parent)
    try:
        with _opened(str(folder), FOLDER) as handle:
            return dict(_files(handle, where, ""))
    except OSError as error:
        raise PublicationError(f"{where} cannot be read ({error.strerror}). {PUT_BACK}") from error


def refuse_links(*folders: Path) -> None:
    """Raises PublicationError naming the first of these that is a symbolic link: what is below it lies elsewhere."""
    for place in folders:
        if place.is_symlink():
            raise PublicationError(f"{name_of(place)} is a symbolic link, which is never followed. {PUT_BACK}")


def read_file(folder: Path, name: str) -> bytes:
    """Return one file of a folder. Raises PublicationError as `read_plain`."""
    where = name_of(folder)
    try:
        with _opened(str(folder), FOLDER) as handle:
            _refuse_special(os.stat(name, dir_fd=handle, follow_symlinks=False), where, name)
            return _content(name, handle, where, "")
    except OSError as error:
        raise PublicationError(f"{name} in {where} cannot be read ({error.strerror}). {PUT_BACK}") from error


def read_object(file: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in a file. Raises PublicationError, naming `what`, when there is none."""
    try:
        content = json.loads(file)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise PublicationError(f"{what} is not readable as JSON: it was changed. {PUT_BACK}")
    return content


def name_of(folder: Path) -> str:
    """Return a folder's last three names, fit to be printed."""
    return printable("/".join(folder.parts[-3:]))


def printable(name: str) -> str:
    """Return a file's name with bytes that are no text, and controls, written as escapes."""
    readable = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in readable)


def _files(handle: int, where: str, inside: str) -> Iterator[tuple[str, bytes]]:
    names = sorted(os.listdir(handle))
    if inside and not names:
        raise PublicationError(f"{where} holds an empty folder, {printable(inside)}. Remove it.")
    for name in names:
        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            with _opened(name, FOLDER, handle) as below:
                yield from _files(below, where, f"{inside}{name}/")
        else:
            _refuse_special(status, where, inside + name)
            yield inside + name, _content(name, handle, where, inside)


def _content(name: str, handle: int, where: str, inside: str) -> bytes:
    with _opened(name, FILE, handle) as descriptor:
        _refuse_special(os.fstat(descriptor), where, inside + name)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read()


def _refuse_special(status: os.stat_result, where: str, name: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        what = "a symbolic link, which is never followed"
    elif not stat.S_ISREG(status.st_mode):
        what = "no regular file"
    elif status.st_nlink > 1:
        what = "a file with a second name elsewhere (a hard link)"
    else:
        return
    raise PublicationError(f"{printable(name)} in {where} is {what}. {PUT_BACK}")


@contextmanager
def _opened(name: str, flags: int, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, flags, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
