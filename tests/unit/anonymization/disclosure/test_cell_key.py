"""The same children get the same noise wherever and whenever they are counted together. Synthetic records."""

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.perturbation.cell_key import add_cell_key_noise
from anonymization.disclosure.perturbation.perturb import perturb
from anonymization.disclosure.perturbation.perturbation_rules import CellKey, Gate
from anonymization.disclosure.perturbation.record_keys import record_keys, sums_of_keys
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.errors import DisclosureError
from anonymization.keys import PseudonymKey
from tests.support.perturbation_cases import AREA, BY_CARE, BY_SEX, CARE, RULE, SEX, by_row

KEY = PseudonymKey(b"synthetic key of the tests, 32 b.")
NOISE = CellKey(5, 3, never_shown=2)
NAMES = ["area", "sex", "care"]


def children(number: int = 300, seed: int = 1) -> pd.DataFrame:
    """A row a synthetic child: codes and pseudonym."""
    draw = np.random.default_rng(seed)
    shares = ((AREA, (0.9, 0.08, 0.02)), (SEX, (0.5, 0.5)), (CARE, (0.7, 0.3)))
    codes = {dimension.name: draw.choice(dimension.leaves, number, p=p) for dimension, p in shares}
    return pd.DataFrame(codes).assign(pseudonym=[f"{place:032x}" for place in range(number)])


def shown(records: pd.DataFrame, *tables: object, key: PseudonymKey = KEY) -> dict[tuple[str, ...], int]:
    table_set = TableSet(tables)
    names = list(table_set.dimensions_of("children"))
    counts = records.groupby(names, as_index=False).size().rename(columns={"size": "count"})
    keyed = records.assign(key=record_keys(records["pseudonym"], key, NOISE.key_bits))
    model = build_model(table_set)
    truth = model.tabulate(Release(table_set, {"children": counts}))
    result = add_cell_key_noise(model, truth, {"children": sums_of_keys(keyed, names, NOISE.key_bits)}, NOISE)
    return by_row(model.rows, result.published)


def of_areas(found: dict[tuple[str, ...], int]) -> set[tuple[str, int]]:
    """The counts of areas, without table and other dimensions."""
    return {(key[1], count) for key, count in found.items() if set(key[2:]) == {"_T"}}


def test_a_cell_has_one_count_in_every_table_alone_or_together() -> None:
    records = children()
    alone = of_areas(shown(records, BY_SEX))
    assert alone == of_areas(shown(records, BY_CARE)) == of_areas(shown(records, BY_SEX, BY_CARE))
    assert len(alone) == 6


def test_a_quarter_later_only_cells_with_other_children_change() -> None:
    before = children()
    later = pd.concat([before, children(310).iloc[300:].assign(area="C3", pseudonym=[f"n{i}" for i in range(10)])])
    first, second = shown(before, BY_SEX, BY_CARE), shown(later, BY_SEX, BY_CARE)
    changed = {key for key, count in first.items() if second[key] != count}
    assert changed
    assert {key[1] for key in changed} <= {"C3", "R2", "_T"}


def test_one_child_inserted_changes_only_cells_that_hold_it() -> None:
    before = children()
    one = pd.DataFrame({"area": ["C2"], "sex": ["F"], "care": ["SEP"], "pseudonym": ["one more"]})
    first, second = shown(before, BY_SEX, BY_CARE), shown(pd.concat([before, one]), BY_SEX, BY_CARE)
    changed = {key for key, count in first.items() if second[key] != count}
    assert changed
    assert all(key[1] in ("C2", "R1", "_T") and key[2] in ("F", "_T") and key[3] in ("SEP", "_T") for key in changed)


def test_the_order_of_the_records_changes_nothing() -> None:
    records = children()
    assert shown(records.sample(frac=1, random_state=4), BY_SEX, BY_CARE) == shown(records, BY_SEX, BY_CARE)


def test_noise_hangs_on_who_is_counted_and_on_the_secret_not_on_the_counts() -> None:
    records = children()
    others = records.assign(pseudonym="x" + records["pseudonym"])
    first = shown(records, BY_SEX, BY_CARE)
    assert first != shown(others, BY_SEX, BY_CARE)
    assert first != shown(records, BY_SEX, BY_CARE, key=PseudonymKey(b"another synthetic key of 32 bytes"))


def test_record_keys_are_spread_evenly() -> None:
    keys = record_keys(pd.Series([f"{place:032x}" for place in range(20_000)]), KEY, 8)
    times = np.bincount(keys, minlength=256)
    expected = 20_000 / 256
    assert ((times - expected) ** 2 / expected).sum() < 350  # chi-square, 255 degrees: P of more < 0.0001


def test_a_record_without_pseudonym_or_a_population_without_keys_is_refused() -> None:
    with pytest.raises(DisclosureError, match="no pseudonym"):
        record_keys(pd.Series(["a", None]), KEY, 32)
    table_set = TableSet((BY_SEX,))
    counts = pd.DataFrame({"area": ["C1"], "sex": ["F"], "count": [7]})
    release, model = Release(table_set, {"children": counts}), build_model(table_set)
    with pytest.raises(DisclosureError, match="no record keys for children"):
        perturb(model, release, NOISE, Gate(1, 1.0), requirements(model, RULE))
