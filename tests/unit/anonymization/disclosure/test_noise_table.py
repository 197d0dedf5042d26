"""The table of noise is exactly what the rule asks: each statement is a sum of whole numbers or a full count."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from anonymization.disclosure.perturbation.differencing import difference_chances
from anonymization.disclosure.perturbation.noise_table import NoiseTable, largest_entropy, noise_table
from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    SmallCountRounding,
)
from anonymization.disclosure.perturbation.readers_view import shown_with_noise
from anonymization.errors import PolicyError

RULES = [
    CellKey(5, 3, never_shown=2),
    CellKey(5, 1),
    CellKey(5, 4.9),
    CellKey(8, 6.5, never_shown=4),
    CellKey(1, 0.5),
    CellKey(25, 9, never_shown=2),
]
FEW_KEYS = CellKey(3, 2.4, never_shown=1, key_bits=8)


@pytest.fixture(params=RULES, ids=str)
def table(request: pytest.FixtureRequest) -> NoiseTable:
    return noise_table(request.param)


def test_every_count_gets_noise_without_bias_and_of_the_variance(table: NoiseTable) -> None:
    for count in range(1, 2 * table.rule.last_own_count):
        assert table.row(count).sum() == table.whole
        assert table.bias(count) == 0
        assert abs(float(table.variance(count)) - table.rule.variance) < 1e-6


def test_zeros_stay_and_forbidden_counts_are_never_shown(table: NoiseTable) -> None:
    assert table.row(0)[table.noises == 0] == table.whole
    for count in range(1, len(table.weights)):
        shown = count + table.noises[table.row(count) > 0]
        assert shown.min() >= 0
        assert not ((shown > 0) & (shown <= table.rule.never_shown)).any()


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_no_other_noise_has_more_entropy(count: int) -> None:
    noises = np.array([noise for noise in range(-5, 6) if count + noise == 0 or count + noise > 2])
    found = largest_entropy(noises, 3.0)
    conditions = [
        {"type": "eq", "fun": lambda chances: chances.sum() - 1},
        {"type": "eq", "fun": lambda chances: chances @ noises},
        {"type": "eq", "fun": lambda chances: chances @ noises**2 - 3.0},
    ]
    start, bounds = np.full(len(noises), 1 / len(noises)), [(1e-12, 1)] * len(noises)
    other = minimize(lambda p: float((p * np.log(p)).sum()), start, bounds=bounds, constraints=conditions, tol=1e-12)
    assert other.success
    assert found == pytest.approx(other.x, abs=1e-5)


def test_each_noise_occurs_as_often_over_all_keys_as_the_table_says() -> None:
    table = noise_table(FEW_KEYS)
    keys = np.arange(table.whole)
    for count in range(len(table.weights) + 3):
        noise = table.noise(np.full(table.whole, count), keys)
        assert [int((noise == one).sum()) for one in table.noises] == table.row(count).tolist()


def test_the_difference_of_two_groups_is_the_exact_convolution() -> None:
    table = noise_table(FEW_KEYS)
    keys = np.arange(table.whole)
    for smaller in (0, 1, 2, 3, 7):
        one = smaller + table.noise(np.full(table.whole, smaller), keys)
        other = smaller + 1 + table.noise(np.full(table.whole, smaller + 1), keys)
        differences, times = np.unique(other[None, :] - one[:, None], return_counts=True)
        counted = dict(zip(differences.tolist(), times.tolist(), strict=True))
        chances = difference_chances(table, smaller, smaller + 1)
        assert {difference: Fraction(n, table.whole**2) for difference, n in counted.items()} == chances


def test_one_more_child_shows_the_noise_of_both_groups(table: NoiseTable) -> None:
    chances = difference_chances(table, 6, 7)
    mean = sum(difference * chance for difference, chance in chances.items())
    variance = sum((difference - mean) ** 2 * chance for difference, chance in chances.items())
    assert sum(chances.values()) == 1
    assert mean == 1
    assert variance == table.variance(6) + table.variance(7)
    assert min(chances) >= 1 - 2 * table.rule.largest
    assert max(chances) <= 1 + 2 * table.rule.largest


def test_the_interval_of_a_shown_count_holds_every_count_behind_it_and_no_wider() -> None:
    table = noise_table(CellKey(5, 3, never_shown=2))
    behind: dict[int, list[int]] = {}
    for count in range(40):
        for noise in table.noises[table.row(count) > 0].tolist():
            behind.setdefault(count + noise, []).append(count)
    published = np.arange(3, 30)
    shown = shown_with_noise(np.append(published, 0), table)
    assert shown.lower.tolist() == [min(behind[count]) for count in [*published, 0]]
    assert shown.upper.tolist() == [max(behind[count]) for count in [*published, 0]]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"largest": 5, "variance": 2, "never_shown": 2}, "between 2 and 5"),
        ({"largest": 5, "variance": 5}, "between 0 and 5"),
        ({"largest": 5, "variance": 0}, "between 0 and 5"),
        ({"largest": 2, "variance": 1, "never_shown": 2}, "above never_shown"),
        ({"largest": 5, "variance": 3, "key_bits": 64}, "key_bits"),
    ],
)
def test_noise_that_cannot_be_is_refused(numbers: dict[str, float], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        CellKey(**numbers)


def test_rounding_and_gates_that_make_no_sense_are_refused() -> None:
    with pytest.raises(PolicyError, match="base"):
        ControlledRounding(1)
    with pytest.raises(PolicyError, match="extra_steps"):
        ControlledRounding(5, -1)
    with pytest.raises(PolicyError, match="most_change"):
        SmallCountRounding(5, 3)
    with pytest.raises(PolicyError, match="least_width"):
        Gate(0, 0.5)
    with pytest.raises(PolicyError, match="largest_certainty"):
        Gate(2, 1.5)
