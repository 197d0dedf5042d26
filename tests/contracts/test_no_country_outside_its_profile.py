"""A country is a profile: its names, areas and codes are nowhere else in what runs, but where a list still says so."""

import re
import subprocess
from pathlib import Path

from case_store.profile import PROFILES, load_profile
from pipelines.run.settings import CHECKOUT

RUNS = {".py", ".sql", ".yml", ".csv", ".toml", ".html", ".css"}
ELSEWHERE = re.compile(r"^(case_store/profiles|tests|docs)/|/texts/")
NAMES = ("Ukrain", "Bucharest", "Europe/", "NUTS")
# files that still name the first country, and why; a file that no longer does must leave this list
STILL = {
    "anonymization/disclosure/tool_files/spelling.py": "folds letters that a language has written in two ways",
    "publications/approvers.py": "spells names in the alphabets of those who approve",
}


def words(profile: str) -> re.Pattern[str]:
    """The country's names in every language, and the codes of its areas and of what only it counts."""
    catalogue = load_profile(profile).catalogue
    codes = [row["area"] for row in catalogue.areas if len(row["area"]) > 2 and not row["area"].isdigit()]
    names = [name for row in catalogue.areas[:1] for name in catalogue.labels["area", row["area"]].values()]
    counted = [code for name in ("care_status", "citizenship", "entry_point") for code in catalogue.concepts[name]]
    kept = [code for code in counted if len(code) > 3 and code not in ("OTHER", "AIRPORT")]
    listed = "|".join(map(re.escape, [*codes, *kept]))
    return re.compile(rf"\b({listed})\b|{'|'.join([profile, *names, *NAMES])}")


def files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if Path(name).suffix in RUNS and not ELSEWHERE.search(name)]


def test_what_runs_names_no_country() -> None:
    patterns = [words(folder.name) for folder in PROFILES.iterdir() if folder.is_dir()]
    texts = {name: (CHECKOUT / name).read_text("utf-8") for name in files()}
    found = {name for name, text in texts.items() if any(pattern.search(text) for pattern in patterns)}
    unlisted = sorted(name for name in found if not name.startswith(tuple(STILL)))
    assert unlisted == []
    assert [place for place in STILL if not any(name.startswith(place) for name in found)] == [], "mended: take it out"


def test_the_second_country_is_named_nowhere_not_even_in_tests() -> None:
    """Whoever tests with it asks for the other profile, so it can be exchanged for a third."""
    others = [folder.name for folder in PROFILES.iterdir() if folder.is_dir() and folder.name != load_profile().name]
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    code = [name for name in listed.splitlines() if Path(name).suffix in {".py", ".sql", ".yml"}]
    outside = [name for name in code if not name.startswith("case_store/profiles/")]
    texts = {name: (CHECKOUT / name).read_text("utf-8").lower() for name in outside}
    assert others
    assert [name for name, text in texts.items() if any(other in text for other in others)] == []
