"""No text says that records were made up, or that they are real, but those chosen by the mark of the records."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.run.settings import CHECKOUT


def texts_of(room: str) -> list[Path]:
    """The files of a room's words, one for each language."""
    return sorted((CHECKOUT / room / "texts").glob("*.yml"))


FILES = [
    *(file for room in ("publications", "dashboards", "anonymization/disclosure/reports") for file in texts_of(room)),
    *sorted((CHECKOUT / "publications" / "tables").glob("*.yml")),
    CHECKOUT / "case_store" / "profiles" / "romania" / "profile.yml",
]
CLAIMS = re.compile(
    r"synthetic|invented|made[ -]up|fictitious|fictional|real (records|child)|sintetic|inventat|fictiv|copil real"
    r"|înregistr\w+ reale|синтетич|вигадан|фіктивн|справжні записи|справжніх записів|реальн\w+ (запис|дитин)",
    re.IGNORECASE,
)
BY_MARK = re.compile(r"(synthetic|real)_\w+$")


def phrases(content: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a file with the keys that lead to it."""
    if isinstance(content, dict):
        for name, inner in content.items():
            yield from phrases(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list):
        for inner in content:
            yield from phrases(inner, key)
    else:
        yield key, str(content)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_a_claim_about_the_records_stands_under_a_key_that_their_mark_chooses(file: Path) -> None:
    found = list(phrases(yaml.safe_load(file.read_text("utf-8"))))
    assert len(found) > 10
    claims = {key for key, text in found if CLAIMS.search(text) and not BY_MARK.match(key.split(".")[0])}
    assert claims <= {"fields.case.columns.is_synthetic.source"}  # the mark itself


def test_each_claim_has_its_opposite_in_every_language() -> None:
    for room in ("publications", "dashboards"):
        texts: dict[str, Any] = {}
        for file in texts_of(room):
            for key, said in yaml.safe_load(file.read_text("utf-8")).items():
                texts[key] = {**texts.get(key, {}), **(said if isinstance(said, dict) else {file.stem: said})}
        of_mark = {
            kind: {key.removeprefix(kind) for key in texts if key.startswith(kind)} for kind in ("synthetic_", "real_")
        }
        assert of_mark["synthetic_"] == of_mark["real_"] != set()
        for key in of_mark["real_"]:
            assert all("{source}" in text for text in texts[f"real_{key}"].values())
