"""Promise: what `protect` writes is found safe by an audit that has its labels, but no microdata."""

import random

import pytest

from anonymization.disclosure.audit.limits import NO_LIMITS
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import protect
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.tool_files.cell_keys import cell_keys
from anonymization.disclosure.tool_files.cells_file import read_cells, write_cells
from anonymization.disclosure.tool_files.file_audit import audit_file, doubtful_of
from anonymization.disclosure.tool_files.microdata import read_release
from anonymization.disclosure.tool_files.spec_attackers import quantities_of
from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.disclosure.tool_files.spec_tables import table_set, threshold_rule
from anonymization.errors import DisclosureError

SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  county:
    codes: [a, b, c, d, e, f]
    levels: {region: {R: [a, b, c], S: [d, e, f]}, coast: {W: [a, d], I: [b, c, e, f]}}
  sex: {codes: [F, M]}
tables:
  - dimensions: [county, sex]
"""


@pytest.mark.parametrize("seed", [0, 1, 23])  # 23 needs a further pattern for doubtful counts
def test_what_protect_writes_is_safe_by_its_labels(seed: int) -> None:
    draw = random.Random(seed)
    rows = [f"{county},{sex},{draw.choice((1, 2, 3, 6, 9, 14))}" for county in "abcdef" for sex in "FM"]
    spec = read_spec(SPEC, "SPEC.yml")
    tables, rule = table_set(spec, "SPEC.yml"), threshold_rule(spec, "SPEC.yml")
    release = read_release("county,sex,count\n" + "\n".join(rows) + "\n", "data.csv", spec, tables)
    terms = Terms(quantities=quantities_of(spec), doubtful=doubtful_of(spec, rule))
    try:
        protected = protect(release, History(), rule, terms)
    except DisclosureError:
        pytest.fail("these tables can be protected")
    model = build_model(tables)
    cells = read_cells(write_cells(protected.cells, False), "cells.csv", cell_keys(model), None)
    report = audit_file(cells, model, requirements(model, rule), spec, None, NO_LIMITS)
    assert report.verdict == "safe", [finding.place for finding in report.findings]
