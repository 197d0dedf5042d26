"""The documentation against the code: all that exists is described, all that is described exists."""

import os
import re
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
import yaml

from case_store.profile import load_profile
from data_quality.registry import describe_rules
from pipelines.commands.cli import app
from pipelines.run.policy_in_force import policy_of
from publications.public_tables import load_tables

HOUSE = Path(__file__).parents[2]
ROOMS = ("case_store", "anonymization", "data_quality", "publications", "dashboards", "pipelines", "dbt_project")
NOT_OURS = {"__pycache__", "data", "target", "logs", "build", "dist", "node_modules"}
MARTS = HOUSE / "dbt_project" / "models" / "marts" / "indicators"

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
VARIABLE = re.compile(r"""(?:environ(?:\.get)?[\[(]\s*|getenv\(\s*|env_var\(\s*)["']([A-Z][A-Z0-9_]*)["']""")
# written in pieces, so that this file does not hold what it looks for
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.*-])/(?:" + "|".join(["wo" + "rk", "tmp/con" + "tract"]) + r")(?![\w-])")
REGISTRY = re.compile("|".join(["python" + "hosted", r"pypi\." + "org", "index-" + "url ?=", "/py" + "pi/"]))


def text_of(name: str) -> str:
    return (HOUSE / name).read_text(encoding="utf-8")


def our_files() -> Iterator[Path]:
    """Files of the checkout, without what runs, tools and environments leave there."""
    for folder, folders, names in os.walk(HOUSE):
        folders[:] = [f for f in folders if f not in NOT_OURS and (not f.startswith(".") or f == ".ci")]
        folders[:] = [f for f in folders if not f.endswith(".egg-info")]
        yield from (Path(folder) / name for name in names if name != ".git")  # a file in a linked worktree


FILES = sorted(our_files())
PAGES = [path for path in FILES if path.suffix == ".md"]


def plain_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture


# Links ---------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    names = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text(encoding="utf-8")))
    return {name.replace(" ", "-") for name in names}


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere, be it a file or a heading."""
    return [
        link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link and _is_broken(page, link)
    ]


def _is_broken(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return not target.exists() or (bool(anchor) and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One heading\n[a](gone.md) [b](#one-heading) [c](#two) [d](https://example.org) [e](page.md#x)\n")
    assert broken_links(page) == ["gone.md", "#two", "page.md#x"]


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [HOUSE / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        links = (link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")))
        targets = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        waiting += [target for target in targets - reached if target.exists()]
    assert set(PAGES) - reached == set()


def glossary_entries() -> set[str]:
    bold = re.findall(r"\*\*([^*]+?)\.?\*\*", text_of("docs/glossary.md"))
    return {word.strip(" `").lower() for entry in bold for word in re.split(r", | and ", entry)}


def test_every_word_that_the_glossary_refers_to_has_an_entry() -> None:
    referred = set(re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", text_of("docs/glossary.md"))) - {"italics"}
    assert len(referred) > 10
    entries = glossary_entries()
    assert [word for word in sorted(referred) if not {word, word.removesuffix("s")} & entries] == []


@pytest.mark.parametrize(
    "word", ["snapshot", "release", "audit", "vintage", "base cell", "serving file", "as_of", "rule"]
)
def test_the_nouns_of_the_code_have_an_entry(word: str) -> None:
    assert word in glossary_entries()


# Commands and settings -----------------------------------------------------------------------------------------------


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The commands below a group, by their full names; typer brings a click of its own, so classes do not tell."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def options(command: Any) -> list[str]:
    """The long names of a command's options."""
    given = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    return [max(option.opts, key=len) for option in given]


COMMANDS = dict(commands(typer.main.get_command(app), "caselight"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_described_with_its_options(name: str) -> None:
    rows = [line for line in text_of("docs/operations.md").splitlines() if line.startswith(f"| `{name}")]
    assert len(rows) == 1, f"docs/operations.md needs one row for {name}"
    assert [option for option in options(COMMANDS[name]) if option not in rows[0]] == []


def test_the_commands_are_found() -> None:
    assert {"caselight run", "caselight case-store seed", "caselight release approve"} <= set(COMMANDS)
    assert options(COMMANDS["caselight run"])[:2] == ["--as-of", "--known-at"]


def test_no_command_is_described_that_does_not_exist() -> None:
    groups = {name.split()[1] for name in COMMANDS if len(name.split()) > 2}
    described = re.findall(
        rf"(?:`|bin/)caselight ((?:(?:{'|'.join(sorted(groups))}) )?[a-z][a-z-]*)", "\n".join(map(plain_text, PAGES))
    )
    assert described
    assert {f"caselight {words}" for words in described} - set(COMMANDS) == set()


def test_every_target_of_the_makefile_is_described() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", text_of("Makefile"), re.MULTILINE)
    assert targets
    assert [target for target in targets if f"make {target}" not in text_of("docs/operations.md")] == []


def variables_read() -> set[str]:
    code = (
        path for path in FILES if path.suffix in (".py", ".yml", ".sql") and path.relative_to(HOUSE).parts[0] in ROOMS
    )
    return {name for path in code for name in VARIABLE.findall(plain_text(path))}


def test_every_environment_variable_is_documented() -> None:
    read = variables_read()
    assert {"CASELIGHT_DATA", "CASESTORE_DSN", "CASELIGHT_WAREHOUSE"} <= read
    described = text_of("docs/operations.md")
    assert [name for name in sorted(read) if not re.search(rf"`\$?{name}\b", described)] == []


# What is counted, checked and protected ------------------------------------------------------------------------------


def indicators() -> list[str]:
    return sorted(path.stem for path in MARTS.glob("*.sql"))


@pytest.mark.parametrize("indicator", indicators())
def test_every_indicator_is_defined(indicator: str) -> None:
    assert f"`{indicator}`" in text_of("docs/methods.md")


@pytest.mark.parametrize("rule_id", [rule["rule_id"] for rule in describe_rules()])
def test_every_rule_is_described_once(rule_id: str) -> None:
    assert text_of("docs/rules.md").count(f"| {rule_id} |") == 1


@pytest.mark.parametrize("table", [table.id for table in load_tables()])
def test_every_public_table_is_described(table: str) -> None:
    assert f"### {table}." in text_of("docs/methods.md")


def policy_keys() -> list[str]:
    policy = yaml.safe_load(text_of("anonymization/policy.yml"))
    inside = [*policy["pseudonyms"], *policy["intake"], *policy["disclosure"]["public"], *policy["snapshot"]]
    rule = policy["disclosure"]["public"]
    below = [key for part in ("attackers", "quantities", "revision", "costs") for key in rule[part]]
    return [*policy, *inside, *below, *rule["stricter"][0]]


@pytest.mark.parametrize("key", policy_keys())
def test_every_key_of_the_policy_is_explained(key: str) -> None:
    assert re.search(rf"`[^`]*\b{key}\b[^`]*`", text_of("docs/methods.md"))


def test_every_column_at_rest_is_listed_with_its_treatment() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| `(\w+)` \| \w", text_of("docs/methods.md"), re.MULTILINE))
    assert {
        (table, column) for table, columns in policy_of(load_profile()).snapshot.items() for column in columns
    } <= listed


def test_the_numbers_of_the_policy_are_those_of_the_methods() -> None:
    policy, methods = policy_of(load_profile()), text_of("docs/methods.md")
    rule = policy.disclosure["public"]
    assert f"`threshold` is {rule.threshold}:" in methods
    assert f"`width` is {rule.width}:" in methods
    assert f"`largest_quarantined_share` ({policy.intake.largest_quarantined_share:.1%})" in methods
    assert f"first {policy.pseudonyms.hexadecimal_digits} `hexadecimal_digits`" in methods


def reasons() -> set[str]:
    room = HOUSE / "anonymization" / "pseudonyms"
    sources = [room / "snapshot_tables.py", *(room / "sql").glob("*.sql")]
    return {
        reason for path in sources for reason in re.findall(r"(?:then|else)\s+'([A-Z][A-Z_]{4,})'", plain_text(path))
    }


def test_every_reason_for_leaving_a_record_out_is_explained() -> None:
    found = reasons() - {"UNKNOWN_CODE", "ABOVE_COUNTY"}  # findings: such records stay
    assert {"BROKEN_TYPE", "DUPLICATE", "NOT_A_CAREGIVER"} <= found
    assert [reason for reason in sorted(found) if f"`{reason}`" not in text_of("docs/methods.md")] == []


# Made pages ----------------------------------------------------------------------------------------------------------


def renderer() -> ModuleType:
    spec = spec_from_file_location("caselight_docs_render", HOUSE / "docs" / "render.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", renderer().PAGES)
def test_made_pages_are_up_to_date(name: str) -> None:
    page = text_of(f"docs/{name}")
    assert "<!-- made by docs/render.py" in page
    assert renderer().rendered(page) == page, "run .venv/bin/python docs/render.py"


def test_a_page_that_is_out_of_date_is_made_anew() -> None:
    page = text_of("docs/rules.md")
    assert renderer().rendered(page.replace("| SNP-03 |", "| SNP-99 |")) == page


# The golden table of the readme --------------------------------------------------------------------------------------


def golden_rows() -> dict[str, tuple[str, str, str]]:
    rows = re.findall(r"^\| (.+?) \| ([\d,.]+) \| ([\d,.]+) \| (agrees|shown) \|$", text_of("README.md"), re.MULTILINE)
    return {label: (published, ours, verdict) for label, published, ours, verdict in rows}


def test_the_readme_shows_every_published_figure() -> None:
    figures, rows = load_profile("romania").published_figures, golden_rows()
    assert list(rows) == [figure.label for figure in figures]
    for figure in figures:
        published, ours, verdict = rows[figure.label]
        assert float(published.replace(",", "")) == figure.published, figure.figure
        assert verdict == ("shown" if figure.check == "shown" else "agrees"), figure.figure
        assert (published == ours) or figure.check != "count", figure.figure


# The house -----------------------------------------------------------------------------------------------------------


def test_every_folder_has_its_place_in_the_architecture() -> None:
    folders = {path.relative_to(HOUSE).parts[0] for path in FILES if path.parent != HOUSE}
    assert {"case_store", "docs", "tests"} <= folders
    assert [folder for folder in sorted(folders) if f"`{folder}/`" not in text_of("docs/architecture.md")] == []


def test_every_decision_is_numbered_and_has_its_three_parts() -> None:
    pages = sorted(path for path in (HOUSE / "docs" / "decisions").glob("*.md") if path.name != "README.md")
    for page in pages:
        number, content = int(page.name.split("-")[0]), page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04d}-") and content.startswith(f"# {number}. "), page.name
        parts = [content.find(f"\n## {part}\n") for part in ("Context", "Decision", "Consequences")]
        assert -1 < parts[0] < parts[1] < parts[2], page.name


WORDS_A_MINUTE = 238  # silent reading of non-fiction, the mean over 190 studies: Brysbaert (2019)
STOP = re.compile(r"^\d\. \*\*\((\d+)\).*?(?=^\d\. |^Then: |\Z)", re.MULTILINE | re.DOTALL)


def words_behind(link: str) -> int:
    """How many words there are to read behind a link of the tour: those of a file, or of the section it points to."""
    name, _, anchor = link.partition("#")
    text = (HOUSE / "docs" / name).read_text("utf-8")
    if anchor:
        sections = re.split(r"^## ", text, flags=re.MULTILINE)
        (text,) = [one for one in sections if one.partition("\n")[0].lower().replace(" ", "-") == anchor]
    return len(re.findall(r"\w+", text))


def test_the_tour_takes_thirty_minutes() -> None:
    stops = [(int(stop[1]), stop[0]) for stop in STOP.finditer(text_of("docs/tour.md"))]
    reading = {stop: sum(map(words_behind, re.findall(r"\]\(([^)]+)\)", stop))) / WORDS_A_MINUTE for _, stop in stops}
    assert len(stops) == 9 and sum(minutes for minutes, _ in stops) <= 30
    assert [stop[:40] for minutes, stop in stops if reading[stop] > minutes] == []
    assert sum(reading.values()) > 15  # the links are found at all


def test_the_readme_says_that_the_children_are_synthetic() -> None:
    assert "**All children here are synthetic.**" in text_of("README.md")


@pytest.mark.parametrize(
    ("what", "pattern"), [("unfinished", UNFINISHED), ("machine", MACHINE), ("registry", REGISTRY)]
)
def test_no_file_holds_what_belongs_to_one_machine_or_one_day(what: str, pattern: re.Pattern[str]) -> None:
    assert len(FILES) > 100
    assert [str(path.relative_to(HOUSE)) for path in FILES if pattern.search(plain_text(path))] == []


def test_what_must_not_stand_in_a_file_would_be_found() -> None:
    assert MACHINE.search("see /wo" + "rk/main") and not MACHINE.search("publications/workbook docs/work")
    assert UNFINISHED.search("# TO" + "DO: later") and REGISTRY.search("https://py" + "pi.org/simple")
