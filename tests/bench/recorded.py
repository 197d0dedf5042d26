"""Figures at rest, one JSON a measurement, with the conditions they were taken under; the page is made from them."""

import json
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures")


def record(name: str, conditions: dict[str, Any], figures: dict[str, Any]) -> None:
    """Keep one measurement in place of its last."""
    content = json.dumps({"conditions": conditions, "figures": figures}, indent=2, ensure_ascii=False)
    (FIGURES / f"{name}.json").write_text(content + "\n", "utf-8")


def recorded(name: str) -> dict[str, Any] | None:
    """The last measurement of this name, or None where there is none yet."""
    file = FIGURES / f"{name}.json"
    found: dict[str, Any] | None = json.loads(file.read_text("utf-8")) if file.exists() else None
    return found
