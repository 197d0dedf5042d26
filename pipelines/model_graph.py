"""The dbt project as Dagster sees it: names, descriptions and arrows, read from the model files themselves.

No manifest is needed, so the definitions import on a fresh clone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

REFERENCE = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
SOURCE = re.compile(r"source\(\s*['\"]snapshot['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
CODES = re.compile(r"\bcodes\(")
# as safe as the one in Python and ten times as quick; these files are read whenever anything starts
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Model:
    """One dbt model or seed: `models` and `sources` are what it reads, `layer` the folder it stands in."""

    name: str
    layer: str
    description: str
    models: frozenset[str]
    sources: frozenset[str]


def read_models(project: Path) -> list[Model]:
    """Every model and seed of the project; a model stands after all that it reads."""
    models = [_model(file, project) for file in sorted((project / "models").rglob("*.sql"))]
    seeds = [_seed(described) for described in _described(project / "seeds", "seeds")]
    by_name = {model.name: model for model in [*seeds, *models]}
    return [
        by_name[name] for name in TopologicalSorter({n: sorted(m.models) for n, m in by_name.items()}).static_order()
    ]


def _model(file: Path, project: Path) -> Model:
    sql = file.read_text("utf-8")
    sources = set(SOURCE.findall(sql)) | ({"ref_codes"} if CODES.search(sql) else set())
    layer = file.relative_to(project / "models").parts[0]
    return Model(file.stem, layer, _description(file), frozenset(REFERENCE.findall(sql)), frozenset(sources))


def _seed(described: dict[str, Any]) -> Model:
    return Model(described["name"], "classifications", described.get("description", ""), frozenset(), frozenset())


def _description(file: Path) -> str:
    passport = yaml.load(file.with_suffix(".yml").read_text("utf-8"), LOADER)
    return next((str(m.get("description", "")) for m in passport["models"] if m["name"] == file.stem), "")


def _described(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.yml")):
        content: Iterable[dict[str, Any]] = (yaml.load(file.read_text("utf-8"), LOADER) or {}).get(kind, [])
        yield from content
