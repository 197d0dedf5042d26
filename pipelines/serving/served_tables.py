"""What the pages read: declared beside each mart of theirs, as `config.meta.serving` of its passport."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configuration.file import ConfigurationFile
from pipelines.errors import RunError
from pipelines.run.settings import CHECKOUT

PAGES = CHECKOUT / "dbt_project" / "models" / "marts" / "pages"
_KEYS = ("audience", "measures", "filters")


@dataclass(frozen=True)
class ServedTable:
    """A mart of which each audience gets its rows.

    columns: name -> DuckDB type, without the audience, in the order of the passport. audience: the column that says
    whose a row is. measures: the columns that count; the others are the key. filters: those of the key that a reader
    may choose one code of.
    """

    name: str
    columns: Mapping[str, str]
    audience: str
    measures: tuple[str, ...]
    filters: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell the rows of one audience apart, in which order they are served."""
        return tuple(name for name in self.columns if name not in self.measures)


def served_tables(folder: Path = PAGES) -> tuple[ServedTable, ...]:
    """The tables that pages read, by name. Raises RunError naming the passport and the key that is wrong."""
    return tuple(_served(file) for file in sorted(folder.glob("*.yml")))


def _served(file: Path) -> ServedTable:
    read = ConfigurationFile(file, RunError)
    model = _model(read, file.stem)
    said = _inside(model, "config", "meta", "serving")
    if not isinstance(said, dict) or set(said) != set(_KEYS):
        raise read.wrong(f"config.meta.serving needs {', '.join(_KEYS)}, and nothing else.")
    types = _types(read, model)
    audience, measures, filters = (said[key] for key in _KEYS)
    if not isinstance(audience, str) or audience not in types:
        raise read.wrong(_unknown("audience", audience, types))
    columns = {name: kind for name, kind in types.items() if name != audience}
    _check_listed(read, "measures", measures, columns)
    if not measures:
        raise read.wrong(
            f"config.meta.serving.measures needs a column that counts; known columns: {', '.join(columns)}."
        )
    _check_listed(read, "filters", filters, {name: kind for name, kind in columns.items() if name not in measures})
    return ServedTable(file.stem, columns, audience, tuple(measures), tuple(filters))


def _model(read: ConfigurationFile, name: str) -> Mapping[str, Any]:
    models = read.mapping().get("models")
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and model.get("name") == name:
            return model
    raise read.wrong(f"models needs an entry named {name}, as the file is.")


def _inside(place: Any, *keys: str) -> Any:
    for key in keys:
        place = place.get(key) if isinstance(place, dict) else None
    return place


def _types(read: ConfigurationFile, model: Mapping[str, Any]) -> dict[str, str]:
    columns = model.get("columns")
    if not isinstance(columns, list) or not all(
        isinstance(_inside(column, key), str) and _inside(column, key)
        for column in columns
        for key in ("name", "data_type")
    ):
        raise read.wrong("columns needs a name and a data_type for each column.")
    return {column["name"]: column["data_type"].upper() for column in columns}


def _check_listed(read: ConfigurationFile, key: str, listed: Any, known: Mapping[str, str]) -> None:
    if not isinstance(listed, list):
        raise read.wrong(f"config.meta.serving.{key} is a list of columns, such as [{', '.join(known)}].")
    for name in listed:
        if not isinstance(name, str) or name not in known:
            raise read.wrong(_unknown(key, name, known))
        if listed.count(name) > 1:
            raise read.wrong(f"config.meta.serving.{key} lists {name} twice; take one out.")


def _unknown(key: str, name: object, known: Mapping[str, str]) -> str:
    return f"config.meta.serving.{key}: {name!r} cannot be one; known columns: {', '.join(known)}."
