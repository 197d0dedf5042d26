"""Each mistake in each file of configuration is refused by file and place, or it is none: then the test says why."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from anonymization.policy import load_policy
from anonymization.reports.texts import read_phrases
from dashboards.texts import read_texts
from pipelines.settings import CHECKOUT
from publications.specification import load_tables
from publications.texts import phrases_of
from tests.faults.mistakes import Way, fault_of, in_csv, in_yaml, said_of

WORDED_OTHERWISE = r".*\.(en|ro|uk) misspelt"
ASKED_FOR_LATER = r"\w+ (removed|under another name)"


# every text is held to the same form, so a few are spoilt word by word, and of the others each is removed or replaced
WORD_BY_WORD = {"date", "months", "label_total", "title", "short", "how_counted_overview"}


def texts(way: Way) -> bool:
    return way[0] in WORD_BY_WORD or (len(way) == 2 and way[1] == "ro" and str(way[0]).startswith(("t", "c")))


@dataclass(frozen=True)
class Walk:
    """One file: where it is, what reads it, and what of its mistakes are none (pattern of a label -> why)."""

    file: str
    load: Callable[[Path], object]  # takes the copy of the file
    none: Mapping[str, str] = field(default_factory=dict)
    chosen: Callable[[Way], bool] = lambda way: True


WALKS = [
    Walk(
        "anonymization/policy.yml",
        load_policy,
        {
            r"night\.never_empty\.\d removed": "the list may be shorter",
            r"night\.never_empty\.\d misspelt": "held against the contract by configuration_check",
            r"disclosure\.public\.(stricter|sensitive)\.\d removed": "the list may be shorter",
            r"disclosure\.public\.(stricter\.0\.(levels|codes)|audiences|sensitive).* (misspelt|under another name)": (
                "names of tables and concepts, held against these by configuration_check"
            ),
            r"disclosure\.public\.stricter\.0\.(levels|codes)(\.\w+)* removed": "a rule may name fewer",
            r"disclosure\.public\.stricter\.0\.because misspelt": "a reason is free text",
            r"disclosure\.public\.audiences\.national staff(\.sees\.area(\.0)?)? removed": "fewer audiences, or codes",
            r"disclosure\.public\.audiences\.national staff\.answer removed": "is gate, the strict one, unless said",
        },
    ),
    Walk(
        "publications/tables/T4_unaccompanied_separated.yml",
        lambda file: load_tables(file.parent),
        {
            r"the file missing": "fewer public tables",
            r"(cells|notes)\.\d removed": "fewer sheets, or notes",
            r"cells\.\d\.levels\.\w+(\.0)? removed": "a coarser sheet",
            r"(id|indicator|unit_measure) misspelt": "another name",
            r"cells\.\d\.sheet misspelt": "another name",
            r"mart misspelt|measure misspelt|dimensions\.\w+\.column misspelt": "held against the marts' passports",
            r"(title|population|notes\.\d|cells\.\d\.(title|sheet_name))\.(en|ro|uk) misspelt": "worded otherwise",
        },
    ),
    *(
        Walk(
            file,
            load,
            {WORDED_OTHERWISE: "worded otherwise", ASKED_FOR_LATER: "refused by name where it is asked for"},
            texts,
        )
        for file, load in (
            ("publications/texts.yml", phrases_of),
            ("anonymization/reports/texts.yml", read_phrases),
        )
    ),
    Walk(
        "dashboards/texts.yml",
        read_texts,
        {
            r".*\.(en|ro|uk)(\.\d+)? misspelt": "worded otherwise",
            ASKED_FOR_LATER: "refused by name where it is asked for",
        },
        texts,
    ),
]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.file)
def test_each_mistake_is_refused_by_file_and_place(walk: Walk, tmp_path: Path) -> None:
    original = CHECKOUT / walk.file
    copied = tmp_path / original.parent.name
    shutil.copytree(original.parent, copied, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = copied / original.name
    walk.load(file)
    wrong, used, refused = [], set(), 0
    for mistake in in_yaml(original, walk.chosen) if file.suffix == ".yml" else in_csv(original):
        said = said_of(mistake, file, lambda: walk.load(file))
        allowed = [pattern for pattern in walk.none if re.fullmatch(pattern, mistake.label)]
        if said:
            refused += 1
            wrong += [f"{mistake.label} {fault}: {said}" for fault in [fault_of(mistake, said, file)] if fault]
        elif allowed:
            used.update(allowed)
        else:
            wrong.append(f"{mistake.label}: was taken")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:40])
    assert refused > 10
    assert used == {*walk.none}, "what is no mistake, or no longer"
