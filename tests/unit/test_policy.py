"""The policy is strict: what is missing, unknown or contradictory stops everything and is named."""

import pytest

from anonymization.errors import PolicyError
from anonymization.policy import POLICY_FILE, load_policy


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        ("threshold: 5", "treshold: 5", "treshold"),
        ("width: 4", "width: 3", "width"),
        ("zeros: shown", "zeros: hidden", "zeros"),
        ("  public:", "  press:", "public"),
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


def test_counts_1_to_4_are_hidden_and_zeros_shown():
    rule = load_policy().disclosure["public"]
    assert (rule.threshold, rule.width, rule.zeros) == (5, 4, "shown")
