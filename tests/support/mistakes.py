"""Every mistake that can be made in a file of configuration: each key, entry and column in turn, and the file."""

import copy
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dashboards.errors import DashboardError
from pipelines.run.sealing import OUR_REFUSALS

REFUSALS = (*OUR_REFUSALS, DashboardError)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Way = tuple[Any, ...]
# what a value becomes; a value of the same type is left to `misspelt`
OTHERS: dict[str, Any] = {"null": None, "a list": ["a", 1], "keys": {"a": 1}, "a number": 7, "yes": True, "empty": ""}
SPOILT_FILES = {
    "emptied": b"",
    "broken": b"a: [\n",
    "not UTF-8": b"a: \xff\xfe\n",
    "a list": b"- a\n",
    "a zero byte": b"a: \x00\n",
}


@dataclass(frozen=True)
class Mistake:
    """What was done where. `place`: the keys that lead there; empty for the whole file."""

    place: Way
    kind: str
    content: bytes | None  # None: the file is gone

    @property
    def label(self) -> str:
        return f"{'.'.join(map(str, self.place)) or 'the file'} {self.kind}"


def in_yaml(file: Path, chosen: Callable[[Way], bool] = lambda way: True) -> Iterator[Mistake]:
    """Mistakes in a YAML file, at the places that are chosen."""
    written = file.read_bytes()
    content = yaml.safe_load(written)
    yield from _in_any_file(written)
    yield Mistake((next(iter(content)),), "twice", written + f"\n{next(iter(content))}: 5\n".encode())
    for way in filter(chosen, _ways(content)):
        for kind, spoilt in _spoilt(content, way):
            yield Mistake(way, kind, yaml.dump(spoilt, Dumper=DUMPER, allow_unicode=True, sort_keys=False).encode())


def in_csv(file: Path, delimiter: str = ",") -> Iterator[Mistake]:
    """Mistakes in a CSV: each column gone, misspelt, twice; the first row short, long, and with each cell empty."""
    written = file.read_bytes()
    lines = list(csv.reader(io.StringIO(written.decode()), delimiter=delimiter))
    header, first, rest = lines[0], lines[1], lines[2:]
    yield from _in_any_file(written)
    for n, name in enumerate(header):
        yield Mistake((name,), "removed", _as_csv([[*row[:n], *row[n + 1 :]] for row in lines]))
        yield Mistake((name,), "misspelt", _as_csv([[*header[:n], f"{name}x", *header[n + 1 :]], *lines[1:]]))
        yield Mistake((name,), "twice", _as_csv([[*row, row[n]] for row in lines]))
        yield Mistake((name, 2), "emptied", _as_csv([header, [*first[:n], "", *first[n + 1 :]], *rest]))
    yield Mistake((2,), "short", _as_csv([header, first[:-1], *rest]))
    yield Mistake((2,), "long", _as_csv([header, [*first, "x"], *rest]))
    yield Mistake((), "without rows", _as_csv([header]))
    yield Mistake((), "with an open quote", written + b'"open')


def said_of(mistake: Mistake, file: Path, load: Callable[[], object]) -> str:
    """What a loader says of the spoilt file; nothing where it takes it. Anything but a refusal of ours is raised."""
    if mistake.content is None:
        file.unlink()
    else:
        file.write_bytes(mistake.content)
    try:
        load()
    except REFUSALS as refusal:
        return str(refusal)
    return ""


def fault_of(mistake: Mistake, said: str, file: Path) -> str:
    """What is wrong with a refusal: it names no file, or no place, or holds back what is no secret; else nothing."""
    if file.name not in said:
        return "names no file"
    if "are withheld" in said or "Error" in said:
        return "is no sentence about the file"
    named = not mistake.place or any(str(part) in said for part in mistake.place)
    return "" if named else "names no place"


def _in_any_file(written: bytes) -> Iterator[Mistake]:
    yield Mistake((), "missing", None)
    yield from (Mistake((), kind, content) for kind, content in SPOILT_FILES.items())
    yield Mistake((), "cut in a letter", written + "й".encode()[:1])


def _as_csv(lines: list[list[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue().encode()


def _ways(content: Any, way: Way = ()) -> Iterator[Way]:
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from _ways(inner, (*way, key))


def _spoilt(content: Any, way: Way) -> Iterator[tuple[str, Any]]:
    *outer, last = way
    value = _at(content, way)
    for kind, other in OTHERS.items():
        if type(other) is not type(value) or kind == "empty":
            yield kind, _changed(content, outer, lambda holder, other=other: holder.__setitem__(last, other))
    yield "removed", _changed(content, outer, lambda holder: holder.__delitem__(last))
    if isinstance(value, str):
        yield "misspelt", _changed(content, outer, lambda holder: holder.__setitem__(last, f"{value}x"))
    elif value is not None and not isinstance(value, bool):
        yield "a word", _changed(content, outer, lambda holder: holder.__setitem__(last, "word"))
    if isinstance(_at(content, tuple(outer)), dict):
        yield "under another name", _changed(content, outer, lambda holder: _rename(holder, last))


def _at(content: Any, way: Way) -> Any:
    for key in way:
        content = content[key]
    return content


def _changed(content: Any, outer: list[Any], change: Callable[[Any], object]) -> Any:
    spoilt = copy.deepcopy(content)
    change(_at(spoilt, tuple(outer)))
    return spoilt


def _rename(holder: dict[Any, Any], key: Any) -> None:
    renamed = {f"{name}x" if name == key else name: value for name, value in holder.items()}
    holder.clear()
    holder.update(renamed)
