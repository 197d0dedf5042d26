"""The policy is strict: what is missing, unknown or contradictory stops everything and is named."""

import pytest

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
from anonymization.errors import PolicyError
from anonymization.policy import POLICY_FILE, load_policy


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        ("threshold: 5", "treshold: 5", "treshold"),
        ("width: 4", "width: 3", "disclosure.public: .*width"),
        ("knowledge: zeros_published", "knowledge: zeros_hidden", "disclosure.public.knowledge"),
        ("  public:\n    thr", "  press:\n    thr", "public"),
        ("threshold: 10", "threshold: 5", "disclosure.public: .*stricter"),
        (
            "      - threshold: 10",
            "      - because: x\n        threshold: 20\n        tables: [T1]\n      - threshold: 10",
            "last",
        ),
        ("levels: {area: COUNTY}", "level: {area: COUNTY}", "disclosure.public.stricter.0.level"),
        ("because: sexual", "because: ''\n        # sexual", "disclosure.public.stricter.0.because"),
        ("      public: gate", "      public: report", "disclosure.public.attackers.public"),
        ("contributor: gate", "contributor: ignore", "disclosure.public.attackers.contributor"),
        ("rule_knower: gate", "", "disclosure.public.attackers.rule_knower"),
        ("answer: report", "answer: ignore", "disclosure.public.audiences.national staff.answer"),
        ("sensitive: [care_status, concern]", "sensitive: care_status", "disclosure.public.sensitive"),
        ("complements: gate", "complement: gate", "disclosure.public.quantities.complement"),
        ("multiple: 5", "multiple: 0", "disclosure.public.revision.multiple"),
        ("country: 1000", "country: 10", "disclosure.public.costs: .*country"),
        ("hidden_before: 0.5", "hidden_before: 2", "disclosure.public.costs.hidden_before"),
        ("sex: {generalise: listed_code}", "sex: mask", "snapshot.cases.sex"),
        ("sex: {generalise: listed_code}", "sex: {keep: true, pseudonymise: sex}", "snapshot.cases.sex"),
        ("consent_withheld: load", "consent_withheld: perhaps", "consent_withheld"),
        ("hexadecimal_digits: 32", "hexadecimal_digits: 8", "hexadecimal_digits"),
        ("intake:", "intake: [", "YAML"),
    ],
)
def test_a_wrong_policy_is_refused_and_the_key_named(tmp_path, written, instead, named):
    text = POLICY_FILE.read_text("utf-8")
    assert written in text
    wrong = tmp_path / "policy.yml"
    wrong.write_text(text.replace(written, instead, 1), "utf-8")
    with pytest.raises(PolicyError, match=named):
        load_policy(wrong)


def test_a_stricter_rule_that_names_no_cells_is_refused(tmp_path):
    text = POLICY_FILE.read_text("utf-8")
    cells = text[text.index("        levels: {area: COUNTY}") : text.index("    attackers:")]
    wrong = tmp_path / "policy.yml"
    wrong.write_text(text.replace(cells, ""), "utf-8")
    with pytest.raises(PolicyError, match="name tables, levels or codes"):
        load_policy(wrong)


def test_counts_1_to_4_are_hidden_and_zeros_shown():
    rule = load_policy().disclosure["public"].rule
    assert (rule.threshold, rule.width, rule.knowledge) == (5, 4, "zeros_published")


def test_sensitive_concerns_of_a_county_are_hidden_below_10_and_stay_wider():
    rows = {"area": ["_T", "RO421", "RO422"], "concern": ["C05", "C06"]}
    area = Dimension("area", {"COUNTY": {code: code for code in rows["area"][1:]}})
    concern = Dimension("concern", {"CONCERN": {code: code for code in rows["concern"]}})
    levels = {"area": ("TOTAL", "COUNTY"), "concern": ("TOTAL", "CONCERN")}
    model = build_model(TableSet((Table("T6", "pairs", (area, concern), (levels,)),)))
    required = requirements(model, load_policy().disclosure["public"].rule)
    asked = model.rows.assign(
        threshold=required.threshold[model.rows["cell"]], width=required.width[model.rows["cell"]]
    )
    asked = asked.set_index(["area", "concern"])[["threshold", "width"]]
    assert set(asked[asked["threshold"] == 10].index) == {("RO421", "C05"), ("RO422", "C05")}
    assert set(asked.loc[asked["threshold"] == 10, "width"]) == {9}
    assert set(asked.loc[asked["threshold"] == 5, "width"]) == {4}
