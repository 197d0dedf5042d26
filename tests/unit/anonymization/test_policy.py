"""The policy is strict: what is missing, unknown or contradictory stops everything and is named."""

import pytest

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
from anonymization.errors import PolicyError
from anonymization.policy import POLICY_FILE, load_policy, replaced_keys
from anonymization.policy_roles import Roles

NUMBERS = {"sexual_abuse": "C05", "sexual_exploitation": "C10", "trafficking": "C11", "suicide": "C19"}
ROLES = Roles(
    {("concern", role): (code,) for role, code in NUMBERS.items()}
    | {("concern", "early_pregnancy"): ("C13",), ("concern", "child_marriage"): ("C15",)}
)


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
        ("codes: {generalise: listed_code}", "codes: mask", "snapshot.cases.codes"),
        ("codes: {generalise: listed_code}", "codes: {keep: true, pseudonymise: sex}", "snapshot.cases.codes"),
        ("roles: {concern: [sexual_abuse,", "roles: {concern: [theft,", "0.roles.concern: .* role theft.*sexual_abuse"),
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
        load_policy(ROLES, shared=wrong)


def test_a_stricter_rule_that_names_no_cells_is_refused(tmp_path):
    text = POLICY_FILE.read_text("utf-8")
    cells = text[text.index("        levels: {area: COUNTY}") : text.index("    attackers:")]
    wrong = tmp_path / "policy.yml"
    wrong.write_text(text.replace(cells, ""), "utf-8")
    with pytest.raises(PolicyError, match="name tables, levels or codes"):
        load_policy(ROLES, shared=wrong)


def test_counts_1_to_4_are_hidden_and_zeros_shown():
    rule = load_policy(ROLES).disclosure["public"].rule
    assert (rule.threshold, rule.width, rule.knowledge) == (5, 4, "zeros_published")


def test_sensitive_concerns_of_a_county_are_hidden_below_10_and_stay_wider():
    rows = {"area": ["_T", "RO421", "RO422"], "concern": ["C05", "C06"]}
    area = Dimension("area", {"COUNTY": {code: code for code in rows["area"][1:]}})
    concern = Dimension("concern", {"CONCERN": {code: code for code in rows["concern"]}})
    levels = {"area": ("TOTAL", "COUNTY"), "concern": ("TOTAL", "CONCERN")}
    model = build_model(TableSet((Table("T6", "pairs", (area, concern), (levels,)),)))
    required = requirements(model, load_policy(ROLES).disclosure["public"].rule)
    asked = model.rows.assign(
        threshold=required.threshold[model.rows["cell"]], width=required.width[model.rows["cell"]]
    )
    asked = asked.set_index(["area", "concern"])[["threshold", "width"]]
    assert set(asked[asked["threshold"] == 10].index) == {("RO421", "C05"), ("RO422", "C05")}
    assert set(asked.loc[asked["threshold"] == 10, "width"]) == {9}
    assert set(asked.loc[asked["threshold"] == 5, "width"]) == {4}


def test_other_numbers_of_the_same_concerns_are_as_well_protected():
    """In another country's list number 5 is something else: the role says which concern is meant."""
    renumbered = {key: tuple(f"X{code}" for code in codes) for key, codes in ROLES.concepts.items()}
    (stricter,) = load_policy(Roles(renumbered)).disclosure["public"].rule.stricter
    assert stricter.codes["concern"] == ("XC05", "XC10", "XC11", "XC13", "XC15", "XC19")


def test_a_rule_about_what_is_not_asked_is_left_out():
    policy = load_policy(Roles({}, frozenset({"concern"})))
    assert policy.disclosure["public"].rule.stricter == ()


def test_a_profile_replaces_keys_and_nothing_else(tmp_path):
    own = tmp_path / "policy.yml"
    own.write_text("disclosure: {public: {threshold: 8, width: 7, sensitive: [concern]}}", "utf-8")
    policy, shared = load_policy(ROLES, own), load_policy(ROLES)
    public = policy.disclosure["public"]
    assert (public.threshold, public.width, public.sensitive) == (8, 7, ("concern",))
    assert policy.intake == shared.intake and public.costs == shared.disclosure["public"].costs
    assert [*replaced_keys(own)] == [
        ("disclosure.public.threshold", 8, 5),
        ("disclosure.public.width", 7, 4),
        ("disclosure.public.sensitive", ["concern"], ["care_status", "concern"]),
    ]


def test_an_unknown_key_of_a_profiles_policy_is_named_with_its_file(tmp_path):
    own = tmp_path / "policy.yml"
    own.write_text("disclosure: {public: {treshold: 10}}", "utf-8")
    with pytest.raises(PolicyError, match=r"/policy\.yml: disclosure\.public\.treshold .*known: threshold"):
        load_policy(ROLES, own)
