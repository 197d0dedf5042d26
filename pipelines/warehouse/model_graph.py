"""The dbt project as Dagster sees it: names, descriptions and arrows, read from the model files themselves.

No manifest is needed, so the definitions import on a fresh clone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from configuration.file import ConfigurationFile
from pipelines.errors import RunError

REFERENCE = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
SOURCE = re.compile(r"source\(\s*['\"]snapshot['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
CODES = re.compile(r"\bcodes\(")


@dataclass(frozen=True)
class Model:
    """One dbt model or seed: `models` and `sources` are what it reads, `layer` the folder it stands in."""

    name: str
    layer: str
    description: str
    models: frozenset[str]
    sources: frozenset[str]


def read_models(project: Path) -> list[Model]:
    """Every model of the project, after all that it reads."""
    models = [_model(file, project) for file in sorted((project / "models").rglob("*.sql"))]
    by_name = {model.name: model for model in models}
    return [
        by_name[name] for name in TopologicalSorter({n: sorted(m.models) for n, m in by_name.items()}).static_order()
    ]


def _model(file: Path, project: Path) -> Model:
    sql = file.read_text("utf-8")
    sources = set(SOURCE.findall(sql)) | ({"ref_codes"} if CODES.search(sql) else set())
    layer = file.relative_to(project / "models").parts[0]
    return Model(file.stem, layer, _description(file), frozenset(REFERENCE.findall(sql)), frozenset(sources))


def _description(file: Path) -> str:
    return described(file.with_suffix(".yml"))


def described(passport: Path) -> str:
    """What a model's passport says of it. Raises RunError naming the passport and what it lacks."""
    return str(_named(passport, "models", passport.stem).get("description", ""))


def passport_columns(passport: Path) -> tuple[str, ...]:
    """The columns that a model's passport declares. Raises RunError naming the passport and what it lacks."""
    columns = _named(passport, "models", passport.stem).get("columns")
    listed = columns if isinstance(columns, list) else []
    names = [one.get("name") if isinstance(one, dict) else None for one in listed]
    if not names or not all(isinstance(name, str) and name for name in names):
        place = next((n for n, name in enumerate(names) if not name or not isinstance(name, str)), 0)
        raise RunError(f"{passport.name}: columns must be a list, each with a name; wrong: columns.{place}.")
    return tuple(map(str, names))


def indicator_in(passport: Path) -> dict[str, Any]:
    """What an indicator's passport says under config.meta.indicator; empty where it says nothing."""
    place: Any = _named(passport, "models", passport.stem)
    for key in ("config", "meta", "indicator"):
        place = place.get(key) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else {}


def _named(file: Path, kind: str, name: str) -> dict[str, Any]:
    found = next((one for one in _described_in(file, kind) if one.get("name") == name), None)
    if found is None:
        raise RunError(f"{file.name}: {kind} has no entry whose name is {name}; put it back.")
    return found


def _described(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yml")):
        yield from _described_in(file, kind)


def _described_in(file: Path, kind: str) -> list[dict[str, Any]]:
    listed = ConfigurationFile(file, RunError).mapping().get(kind)
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed
    ):
        raise RunError(f"{file.name}: {kind} must be a list, each entry with a name.")
    return listed
