"""One file of configuration: its text, its YAML or its rows, and the refusal of what is wrong in it."""

import csv
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from io import StringIO
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # as safe as the one in Python and ten times as quick


class _NoKeyTwice(LOADER):
    """Refuses a key that is listed twice, of which YAML would keep the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is listed twice", key.start_mark)
            seen.add(str(key.value))
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


@dataclass(frozen=True)
class ConfigurationFile:
    """A file and how it is refused. `name`: what messages call it. `refusal`: the exception of the owner's room."""

    path: Traversable
    refusal: type[Exception]
    name: str = ""

    @property
    def called(self) -> str:
        return self.name or self.path.name

    def wrong(self, sentence: str) -> Exception:
        """The refusal that says this of the file, to be raised."""
        return self.refusal(f"{self.called}: {sentence}")

    def text(self) -> str:
        """The whole file. Raises the refusal when it is missing, closed to us, or not text in UTF-8."""
        try:
            return self.path.read_bytes().decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            raise self.wrong("this file is missing; put it back.") from None
        except UnicodeDecodeError as broken:
            line = broken.object[: broken.start].count(b"\n") + 1
            raise self.wrong(f"line {line} is not text in UTF-8; save the file so.") from None
        except OSError as error:
            raise self.wrong(f"this file cannot be read ({error.strerror}); give this user the right to.") from None

    def mapping(self) -> dict[str, Any]:
        """The keys of a YAML file. Raises the refusal when it is not YAML, lists a key twice or holds no keys."""
        try:
            content = yaml.load(self.text(), _NoKeyTwice)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"line {mark.line + 1}: " if mark else ""
            raise self.wrong(
                f"{where}{error.problem or 'no YAML'}; it is not readable as YAML, so correct it."
            ) from None
        except (yaml.YAMLError, RecursionError, ValueError):
            raise self.wrong("it is not readable as YAML; repair its indentation and quotes.") from None
        if not isinstance(content, dict) or not content:
            raise self.wrong("it holds no keys, and is not readable as YAML with keys; put them back.")
        return content

    def rows(self, columns: Sequence[str], filled: Collection[str] = (), more: bool = False) -> list[dict[str, str]]:
        """The rows of a CSV with these columns, in whatever order; `filled` ones are never empty; `more`: nor the only.

        Raises the refusal naming the column that is missing, unknown or twice, and the row that is not whole.
        """
        try:
            lines = [line for line in csv.reader(StringIO(self.text(), newline=""), strict=True) if line]
        except csv.Error as error:
            raise self.wrong(f"it is not readable as CSV ({error}); repair its quotes.") from None
        header = lines[0] if lines else []
        self._check_header(header, columns, more)
        found = []
        for number, line in enumerate(lines[1:], start=2):
            if len(line) != len(header):
                raise self.wrong(f"line {number} has {len(line)} values for {len(header)} columns; correct it.")
            row = dict(zip(header, line, strict=True))
            empty = [name for name in filled if not row[name].strip()]
            if empty:
                raise self.wrong(f"line {number}: {empty[0]} is empty; fill it in.")
            found.append(row)
        if not found:
            raise self.wrong("it has no row; put them back.")
        return found

    def _check_header(self, header: Sequence[str], columns: Sequence[str], more: bool) -> None:
        known = f"known columns: {', '.join(columns)}"
        for name in header:
            if name not in columns and not more:
                raise self.wrong(f"{name!r} is not one of its columns; {known}.")
            if list(header).count(name) > 1:
                raise self.wrong(f"the column {name} is there twice; take one out.")
        missing = [name for name in columns if name not in header]
        if missing:
            raise self.wrong(f"the column {missing[0]} is missing; {known}.")
