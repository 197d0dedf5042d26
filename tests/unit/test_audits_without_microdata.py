"""Promise: what `protect` writes is found safe by an audit that has its labels, but no microdata."""

import random

import pytest

from anonymization.audit.limits import NO_LIMITS
from anonymization.errors import DisclosureError
from anonymization.files.cell_keys import cell_keys
from anonymization.files.cells_file import read_cells, write_cells
from anonymization.files.file_audit import audit_file, doubtful_of
from anonymization.files.microdata import read_release
from anonymization.files.spec_attackers import quantities_of
from anonymization.files.spec_file import read_spec
from anonymization.files.spec_tables import table_set, threshold_rule
from anonymization.ledger.history import History
from anonymization.protect import protect
from anonymization.tables.joint_model import build_model
from anonymization.tables.requirements import requirements
from anonymization.terms import Terms

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
