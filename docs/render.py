"""Writes the parts of the documentation that repeat the code, each between two marks in its page.

Run `.venv/bin/python docs/render.py` after a rule, an indicator, a public table or the policy has changed; a test
holds the pages against what this gives.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from anonymization.pseudonyms.policy_treatment import Treatment
from anonymization.pseudonyms.treatment import pseudonym_name
from case_store.profile import load_profile
from case_store.source_contract import CONFIGURATION, RECORDS, SURVEY, VERSION, meaning
from data_quality.registry import describe_rules
from pipelines.gates.configuration_check import catalogue_of_profile
from pipelines.release.populations import load_populations
from pipelines.run.policy_in_force import policy_of
from publications.catalogue import in_names_of
from publications.public_tables import Margin, TableSpec, load_tables

DOCS = Path(__file__).parent
INDICATORS = DOCS.parent / "dbt_project" / "models" / "marts" / "indicators"
RULE_HEADING = ("rule", "severity", "table", "what must hold, and what to do", "may fail")
PAGES = ("rules.md", "methods.md", "readers.md")
PART = re.compile(r"(<!-- made by docs/render.py: (\w+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)
GATES = {"snapshot": "Gate 1: is the snapshot fit to use?", "marts": "Gate 2: do the marts agree?"}
LIMITS = {
    "quarantined_share": "the policy's `largest_quarantined_share`",
    "lost_value_share": "the policy's `largest_lost_value_share`",
}


def rendered(page: str) -> str:
    """The text of a page with its made parts made anew. Raises KeyError for a part that nothing makes."""
    return PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", page)


def rules() -> str:
    """Every quality rule, a table a gate."""
    return "\n".join(_gate(gate, heading) for gate, heading in GATES.items())


def _gate(gate: str, heading: str) -> str:
    described = [rule for rule in describe_rules() if rule["gate"] == gate]
    rows = ((r["rule_id"], r["severity"], f"`{r['table']}`", _meaning(r), _allowed(r["allowed"])) for r in described)
    return f"## {heading}\n\n{_table(RULE_HEADING, rows)}"


def _meaning(rule: dict[str, str]) -> str:
    return f"**{rule['title'][0].upper()}{rule['title'][1:]}.** {rule['sentence']}"


def _allowed(allowed: str) -> str:
    return LIMITS.get(allowed, "none" if allowed == "0%" else f"up to {allowed}")


def indicators() -> str:
    """Every indicator with the definition and the breakdowns of its passport."""
    return "\n".join(_indicator(model) for model in _passports() if "config" in model)


def _passports() -> Iterable[dict[str, Any]]:
    for file in sorted(INDICATORS.glob("*.yml")):
        yield from yaml.safe_load(file.read_text("utf-8"))["models"]


def _indicator(model: dict[str, Any]) -> str:
    passport = model["config"]["meta"]["indicator"]
    columns = ((f"`{column['name']}`", column["description"]) for column in model["columns"])
    return (
        f"### {passport['title']}\n\n`{model['name']}`, a {passport['time']}, counted in {passport['unit']}, "
        f"of {_who(passport['population'])}. "
        f"{' '.join(model['description'].split())}\n\n{_table(('column', 'what it holds'), columns)}"
    )


def _who(population: str) -> str:
    label = load_populations()[population].label
    return label[0].lower() + label[1:]


def public_tables() -> str:
    """Every public table with the margins that it shows, in the names of the first profile."""
    catalogue = catalogue_of_profile(load_profile())
    tables = (in_names_of(catalogue, table) for table in load_tables())
    return "\n".join(_public_table(table) for table in tables)


def _public_table(table: TableSpec) -> str:
    rows = ((margin.sheet, margin.title["en"], _crossed(margin)) for margin in table.cells)
    return (
        f"### {table.id}. {table.title['en']}\n\n{table.population['en']}: a {table.period}, from `{table.mart}`.\n\n"
        f"{_table(('sheet', 'title', 'levels crossed'), rows)}"
    )


def _crossed(margin: Margin) -> str:
    return " × ".join(f"{name} ({', '.join(levels)})" for name, levels in margin.levels.items())


def columns_at_rest() -> str:
    """Every column that leaves the case store, and how it is treated."""
    snapshot = policy_of(load_profile()).snapshot
    rows = ((f"`{t}`", f"`{c}`", *_treated(c, how)) for t, columns in snapshot.items() for c, how in columns.items())
    return _table(("table", "column of the policy", "treatment", "at rest as"), rows)


def _treated(column: str, how: Treatment) -> tuple[str, str]:
    if how.pseudonymise:
        return f"keyed pseudonym of id type `{how.pseudonymise}`", f"`{pseudonym_name(column)}`"
    if how.generalise == "month":
        stem = column.removesuffix("_date")
        return "year and month only", f"`{stem}_year`, `{stem}_month`"
    words = {None: "kept", "month_end": "the age at the last month's end", "listed_code": "a reviewed code, else `_U`"}
    return words.get(how.generalise, "a county or a reviewed code, else `_U`"), f"`{column}`"


def contract_of_readers() -> str:
    """Every table that a reader gives, with its columns."""
    told = [
        ("Read whole, before any record", CONFIGURATION),
        ("Read range by range", RECORDS),
        ("Read only when a profile is checked or drafted", SURVEY),
    ]
    return f"Version {VERSION}.\n\n" + "\n".join(
        f"## {heading}\n\n" + "\n".join(_source_table(name, schema) for name, schema in tables.items())
        for heading, tables in told
    )


def _source_table(name: str, schema: pa.Schema) -> str:
    rows = ((f"`{field.name}`", str(field.type), meaning(field)) for field in schema)
    return f"### `{name}`\n\n{_table(('column', 'Arrow type', 'what it holds'), rows)}"


def _table(heading: tuple[str, ...], rows: Iterable[Iterable[str]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PARTS = {
    "rules": rules,
    "indicators": indicators,
    "public_tables": public_tables,
    "columns_at_rest": columns_at_rest,
    "contract_of_readers": contract_of_readers,
}

if __name__ == "__main__":
    for name in PAGES:
        path = DOCS / name
        path.write_text(rendered(path.read_text("utf-8")), "utf-8")
