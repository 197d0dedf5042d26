"""The edge of the tool by itself: files read as text, and written whole or not at all."""

import gzip
import os
import tempfile
import zlib
from pathlib import Path

from pipelines.errors import RunError

GZIP_MARK = b"\x1f\x8b"
INTERNAL, PUBLIC = 0o600, 0o644  # who may read what is written


def read_text(path: Path) -> str:
    """The text of a file, plain or gzipped. Raises RunError when it cannot be read or is not UTF-8."""
    try:
        content = path.read_bytes()
        if content.startswith(GZIP_MARK):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RunError(f"{path.name}, line {line}: the file is not UTF-8 text: save it as UTF-8.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise RunError(f"{path.name}: the gzip file is damaged or cut short: make it anew.") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}): correct the path or its rights.") from None


def write_text(path: Path, text: str, mode: int) -> None:
    """Writes a file whole: it is renamed into place with its mode. Raises RunError when it cannot be."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:  # whatever it is, nothing half-written stays
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror}): correct the path or its rights.") from None


def refuse_overwriting(out: Path, *inputs: Path) -> None:
    """Raises RunError when a file that is read would be written over."""
    if any(out.resolve() == given.resolve() for given in inputs):
        raise RunError(f"{out} is read by this command and would be overwritten: choose another --out.")
