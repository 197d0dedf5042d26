"""Each mistake in each file of configuration is refused by file and place, or it is none: then the test says why."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from anonymization.disclosure.reports.report_texts import phrases_in as report_phrases
from anonymization.policy import load_policy
from case_store.contract import read_contract
from case_store.profile import load_profile, read_profile
from case_store.synthetic.shape import load_shape
from dashboards.page_texts import read_texts
from pipelines.gates.configuration_check import mistakes
from pipelines.release.populations import load_populations, population_in_passport
from pipelines.run.policy_in_force import roles_of
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.serving.served_tables import served_tables
from pipelines.warehouse.model_graph import described, passport_columns
from pipelines.warehouse.not_asked import needs
from publications.catalogue import read_catalogue, refuse_unknown_names
from publications.phrases import phrases_in
from publications.public_tables import load_tables
from tests.support.catalogue_frames import LANGUAGES, catalogue_frames
from tests.support.mistakes import Way, fault_of, in_csv, in_yaml, said_of

ASKED_FOR_LATER = r"\w+ (removed|under another name)"


# every text is held to the same form, so a few are spoilt word by word, and of the others each is removed or replaced
WORD_BY_WORD = {"date", "months", "label_total", "title", "short", "how_counted_overview"}


def texts(way: Way) -> bool:
    return way[0] in WORD_BY_WORD or (len(way) == 2 and way[1] == "ro" and str(way[0]).startswith(("t", "c")))


def few_texts(way: Way) -> bool:
    return way[0] in WORD_BY_WORD or str(way[0]).startswith(("t", "c", "T1"))


def few_columns(way: Way) -> bool:
    """Of the profile's many columns, all of which have one form, a few of each kind."""
    is_column = len(way) > 3 and way[:2] == ("fields", "case")
    return not is_column or way[3] in ("module", "status", "care_status", "age_as_entered")


def shape_of(file: Path) -> object:
    return load_shape(read_profile(file.parent))


def profile_of(file: Path) -> object:
    return read_profile(file.parent)


def catalogue_of(file: Path) -> object:
    return replace(load_profile().catalogue, shared=file.parent).tables()


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
        lambda file: load_policy(roles_of(load_profile()), shared=file),
        {
            r"night\.never_empty\.\d removed": "the list may be shorter",
            r"night\.never_empty\.\d misspelt": "held against the contract by configuration_check",
            r"disclosure\.public\.(stricter|sensitive)\.\d removed": "the list may be shorter",
            r"disclosure\.public\.(stricter\.0\.levels|audiences|sensitive).* (misspelt|under another name)": (
                "names of tables and concepts, held against these by configuration_check"
            ),
            r"disclosure\.public\.stricter\.0\.(levels|roles)(\.\w+)* removed": "a rule may name fewer",
            r"disclosure\.public\.(stricter|independent)\.0\.because misspelt": "a reason is free text",
            r"disclosure\.public\.independent\.0(\.dimensions\.\d)? removed": "more is refused",
            r"disclosure\.public\.independent\.0\.dimensions\.\d misspelt": "configuration_check sees it",
            r"disclosure\.public\.audiences\.national staff(\.sees\.area(\.0)?)? removed": "fewer audiences, or codes",
            r"disclosure\.public\.audiences\.national staff\.answer removed": "is gate, the strict one, unless said",
        },
    ),
    Walk(
        "publications/tables/T4_unaccompanied_separated.yml",
        lambda file: refuse_unknown_names(load_tables(file.parent), read_catalogue(catalogue_frames())),
        {
            r"the file missing": "fewer public tables",
            r"cells\.\d removed": "fewer sheets",
            r"cells\.\d\.levels\.\w+(\.0)? removed": "a coarser sheet",
            r"(indicator|unit_measure) misspelt": "another name",
            r"mart misspelt|measure misspelt|dimensions\.\w+\.column misspelt": "held against the marts' passports",
            r"dimensions\.\w+\.(without|only).*": "held against the catalogue by configuration_check",
        },
    ),
    Walk(
        "publications/texts/ro.yml",
        lambda file: phrases_in(file.parent, LANGUAGES),
        {r"\w+(\.\w+)? misspelt": "worded otherwise", r"\w+\.\w+ (removed|under.*)": "refused with its table"},
        few_texts,
    ),
    Walk(
        "anonymization/disclosure/reports/texts/ro.yml",
        lambda file: report_phrases(file.parent, LANGUAGES),
        {r"\w+ misspelt": "worded otherwise"},
        few_texts,
    ),
    Walk(
        "dashboards/texts/ro.yml",
        lambda file: read_texts(file.parent),
        {r"\w+(\.\d+)? misspelt": "worded otherwise", r"the file missing": "fewer languages"},
        few_texts,
    ),
]


ROMANIA = "case_store/profiles/romania"
ONLY_THE_GENERATOR = r"(agency|number|sensitivity|parent|disabled|type|section)(\.2)? (removed|misspelt|twice|emptied)"
WALKS += [
    Walk(
        f"{ROMANIA}/profile.yml",
        profile_of,
        {
            r"(name|module_id) misspelt": "another deployment",
            r"(title|data_source\.name)\.(en|ro|uk) misspelt": "worded otherwise",
            r"fields\.\w+(\.columns\.\w+)?\.source misspelt": "what Primero calls it, which only the store tells",
            r"fields\.(follow_ups|care_arrangements|family) removed": "not asked, so its figures are refused by name",
            r"fields\.case\.columns\.care_status removed": "not asked, so its figures are refused by name",
            r"fields\.care_arrangements\.columns\.started_date removed": "may be left out",
            r"(referral_types|placement_services)\.0 removed": "no referrals, or no placements",
        },
        few_columns,
    ),
    Walk(
        f"{ROMANIA}/published_figures.yml",
        profile_of,
        {
            r"the file missing": "this deployment has published no figure",
            r"(as_of|known_at) (removed|null)": "says when it was printed, and may be left out",
            r"figures\.0 removed": "fewer figures are held against ours",
            r"figures\.0\.(figure|label|counted\.(table|sum)) misspelt": "told by `caselight golden`",
        },
        lambda way: len(way) < 2 or way[1] == 0,
    ),
    Walk(
        f"{ROMANIA}/synthetic.yml",
        shape_of,
        {
            r"(registrations|counties|shares\.\w+)\.[\w-]+ removed": "never drawn",
            r"family_sizes\.\d removed": "smaller families",
            r"women\.\d removed": "another name in the family",
            r"[\w.-]+ a number": "another weight",
        },
        lambda way: len(way) < 2 or way[1] in ("2022-07", "RO321", "later", "relation", 0),
    ),
    Walk(
        f"{ROMANIA}/codes.csv",
        profile_of,
        {
            r"(lookup|valid_from|valid_to)\.2 emptied": "in no lookup; valid always",
        },
    ),
    Walk(f"{ROMANIA}/concepts.csv", profile_of),
    Walk(f"{ROMANIA}/areas.csv", profile_of, {r"parent\.2 emptied|iso_3166_2\.2 emptied": "it was empty: the whole"}),
    Walk(f"{ROMANIA}/area_levels.csv", profile_of, {r"code_list\.2 emptied|(coordinated|published)\.2 emptied": ""}),
    Walk(f"{ROMANIA}/labels.csv", profile_of),
    Walk(f"{ROMANIA}/source_labels.csv", profile_of),
    Walk("case_store/dimensions.csv", catalogue_of, {r"classification\.2 emptied": "of ages: the headline system"}),
    Walk("case_store/age_systems.csv", catalogue_of),
    Walk(f"{ROMANIA}/locations.csv", profile_of, {r"county\.2 emptied": "above the counties", ONLY_THE_GENERATOR: ""}),
    Walk(f"{ROMANIA}/groups.csv", profile_of, {r"county\.2 emptied": "of no county", ONLY_THE_GENERATOR: ""}),
    Walk(f"{ROMANIA}/form.csv", profile_of, {r"subform\.2 emptied": "a field of the case", ONLY_THE_GENERATOR: ""}),
    Walk(f"{ROMANIA}/lookups.csv", shape_of),
    Walk("dbt_project/needs.csv", needs),
    Walk("dbt_project/populations.csv", load_populations, {r"within\.2 emptied": "it was empty: part of no other"}),
    Walk(
        "dbt_project/models/marts/indicators/registrations.yml",
        lambda file: (
            described(file),
            passport_columns(file),
            population_in_passport(file.stem, load_populations(), file.parent),
        ),
        {
            r"models\.0\.(description|data_tests|config\.meta\.indicator\.(title|unit|time)).*": "dbt's, and words",
            r"models\.0\.columns\.\d\.(data_type|description|constraints).*": "dbt's own contract",
            r"models\.0\.columns\.\d( removed|\.name misspelt)": "dbt and configuration_check see it",
        },
        lambda way: len(way) > 1,
    ),
    Walk(
        "dbt_project/models/marts/pages/registrations_monthly.yml",
        lambda file: served_tables(file.parent),
        {
            r"the file missing": "fewer pages",
            r"models\.0\.(description|data_tests).*": "dbt's, and words",
            r"models\.0\.columns\.\d\.(description|constraints).*": "dbt's own contract",
            r"models\.0\.columns\.\d(\.data_type misspelt|\.name misspelt| removed)": "dbt's own contract",
            r"models\.0\.config\.meta\.serving\.filters\.0 removed": "one choice fewer",
        },
        lambda way: len(way) > 1,
    ),
    Walk("case_store/contract.csv", read_contract, {r"dimension\.2 emptied": "it was empty: a text has none"}),
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


def test_the_configuration_as_it_is_has_no_mistake() -> None:
    assert list(mistakes(Settings.from_environment())) == []


IN_ONE_FILE = [
    ("dbt_project/dbt_project.yml", "name: caselight", "name: other", "dbt_project.yml: name must be caselight"),
    ("case_store/contract.csv", "case,sex,code", "case,sex,word", "case.sex: type is 'word'"),
]
BETWEEN_FILES = [
    ("anonymization/policy.yml", "never_empty: [status,", "never_empty: [statuss,", "night.never_empty: statuss"),
    ("anonymization/policy.yml", "sensitive: [care_status,", "sensitive: [car_status,", "sensitive: car_status"),
    ("anonymization/policy.yml", "levels: {area: COUNTY}", "levels: {area: COUNTRIES}", "levels.area: COUNTRIES"),
    ("anonymization/policy.yml", "area: [_T]", "area: [_X]", "sees.area: _X"),
    ("publications/tables/T1_registrations.yml", "mart: registrations", "mart: registration", "mart registration"),
    ("publications/tables/T4_unaccompanied_separated.yml", "measure: children", "measure: child", "measure is child"),
    ("publications/tables/T4_unaccompanied_separated.yml", "column: county", "column: counties", "column is counties"),
    ("publications/tables/T4_unaccompanied_separated.yml", "only: [unaccompanied,", "only: [alone,", "only: alone"),
    (
        f"{ROMANIA}/profile.yml",
        "headline_ages:",
        "public_tables: [T1, T99]\nheadline_ages:",
        "public_tables: T99 is not",
    ),
    ("publications/tables/T1_registrations.yml", "without: [Y_GE18]", "without: [Y_GE19]", "age.without: Y_GE19"),
]


@pytest.mark.parametrize("made", [IN_ONE_FILE, BETWEEN_FILES], ids=["in one file", "between files"])
def test_the_command_line_names_each_mistake(tmp_path: Path, made: list[tuple[str, str, str, str]]) -> None:
    """End to end, in a copy of the checkout: `caselight doctor` has a line for each."""
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".*", "data", "tests", "docs", "*.pyc", "target"))
    for file, old, new, _ in made:
        text = (checkout / file).read_text("utf-8")
        assert old in text
        (checkout / file).write_text(text.replace(old, new, 1), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(checkout), "CASELIGHT_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-c", "from pipelines.commands.cli import app; app()", "doctor"]
    told = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    printed = told.stdout + told.stderr
    assert [named for *_, named in made if named not in printed] == []
    assert "Traceback" not in printed and "withheld" not in printed
    assert told.returncode == 1
