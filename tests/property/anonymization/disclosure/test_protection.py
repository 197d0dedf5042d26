"""Promise: no small count of a protected release can be computed, by an attacker written apart from the product.

The attacker below enumerates every whole-number table that agrees with what is shown, atom by atom, in plain Python.
It shares no code with the suppressor, the auditor or the joint model. All counts are synthetic.
"""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import protect
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
FARTHEST = 10  # the attacker looks at values of the attacked cell up to here
SEX = {"F": "F", "M": "M"}
CARE = {"SEP": "SEP", "UNACC": "UNACC"}
MARGINS_BY_AREA = (
    {"area": ("COUNTRY", "REGION", "COUNTY"), "second": ("TOTAL", "LEAF")},
    {"area": ("COUNTY",), "second": ("LEAF",)},
    {"area": ("REGION",), "second": ("TOTAL", "LEAF")},
    {"area": ("COUNTY",)},
    {"second": ("LEAF",)},
    {"area": ("TOTAL",)},
)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """One or two linked tables of at most twelve atoms: area (county, region, country) x sex, area x care status."""
    counties = [f"C{number}" for number in range(draw(st.integers(1, 3)))]
    region = {county: draw(st.sampled_from(("R1", "R2"))) for county in counties}
    area = Dimension("area", {"COUNTY": dict(zip(counties, counties, strict=True)), "REGION": region,
                              "COUNTRY": dict.fromkeys(counties, "X")})  # fmt: skip
    base = list(product(counties, SEX, CARE))
    counts = draw(st.lists(st.sampled_from((0, 1, 1, 2, 3, 5)), min_size=len(base), max_size=len(base)))
    children = pd.DataFrame(base, columns=["area", "sex", "care"]).assign(count=counts)
    tables = [_table(draw, "A", area, Dimension("sex", {"LEAF": SEX}))]
    if draw(st.booleans()):
        tables.append(_table(draw, "B", area, Dimension("care", {"LEAF": CARE})))
    table_set = TableSet(tuple(tables))
    names = list(table_set.dimensions_of("children"))
    return Release(table_set, {"children": children.groupby(names, as_index=False)["count"].sum()})


def _table(draw: st.DrawFn, table_id: str, area: Dimension, second: Dimension) -> Table:
    chosen = draw(st.lists(st.sampled_from(MARGINS_BY_AREA), min_size=1, max_size=3))
    margins = tuple({(second.name if name == "second" else name): levels for name, levels in m.items()} for m in chosen)
    return Table(table_id, "children", (area, second), margins)


def leaves_of(release: Release, row: pd.Series) -> frozenset[tuple[str, str, str]]:
    """The finest combinations that a row adds up, by reading the hierarchies of the test itself."""
    levels = release.table_set.tables[0].dimensions[0].levels
    counties = [c for c in levels["COUNTY"] if row["area"] in ("_T", "X", c, levels["REGION"][c])]
    sexes = [s for s in SEX if row["sex"] in ("_T", s)]
    cares = [c for c in CARE if row["care"] in ("_T", c)] if "care" in row else ["any"]
    return frozenset(product(counties, sexes, cares))


def attainable(shown: dict[frozenset, int], hidden: set[frozenset], attacked: frozenset) -> set[int]:
    """Every value, up to FARTHEST, that the attacked cell has in some whole-number table that agrees with the rest.

    A state says, for each shown cell, how many children are still to be placed; for each other hidden cell, whether it
    still lacks its first child; and how many the attacked cell has. Equal states are followed once.
    """
    cells = [*shown, *sorted(hidden - {attacked}, key=sorted), attacked]
    atoms = sorted(frozenset().union(*cells))
    states = {(*shown.values(), *([1] * (len(hidden) - 1)), 0)}
    for atom in atoms:
        inside = [place for place, cell in enumerate(cells) if atom in cell]
        complete = [place for place in inside if max(cells[place]) == atom and place < len(cells) - 1]
        after = {new for state in states for new in _placements(state, inside, len(shown))}
        states = {state for state in after if not any(state[place] for place in complete)}
    return {state[-1] for state in states if state[-1] >= 1}


def _placements(state: tuple[int, ...], inside: list[int], number_shown: int) -> list[tuple[int, ...]]:
    """The states after putting 0, 1, 2, ... children into one atom, which lies in the cells `inside`."""
    attacked = len(state) - 1
    limits = [state[place] for place in inside if place < number_shown]
    limits += [FARTHEST - state[attacked]] if attacked in inside else []
    new = []
    for children in range(min(limits, default=1) + 1):  # in hidden cells only, it matters to be there or not
        cells = list(state)
        for place in inside:
            left = state[place] - children
            cells[place] = (
                state[place] + children if place == attacked else left if place < number_shown else max(left, 0)
            )
        new.append(tuple(cells))
    return new


def _public_view(release: Release, cells: pd.DataFrame) -> tuple[dict[frozenset, int], set[frozenset]]:
    shown, hidden = {}, set()
    for _, row in cells.iterrows():
        if pd.isna(row["count"]):
            hidden.add(leaves_of(release, row))
        else:
            shown[leaves_of(release, row)] = int(row["count"])
    return shown, hidden


def _truth(release: Release, leaves: frozenset) -> int:
    """The count of a cell from the rows whose leaves it holds."""
    counts = release.counts["children"]
    cares = counts["care"] if "care" in counts else ["any"] * len(counts)
    rows = zip(counts["area"], counts["sex"], cares, counts["count"], strict=True)
    return sum(int(count) for *leaf, count in rows if tuple(leaf) in leaves)


@given(releases())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_the_attacker_finds_no_small_count_of_a_protected_release(release: Release) -> None:
    cells = protect(release, History(), RULE).cells
    shown, hidden = _public_view(release, cells)
    assert not hidden & set(shown), "one cell has two marks"
    for leaves, count in shown.items():
        assert count == _truth(release, leaves) and not 1 <= count <= 4
    for leaves in hidden:
        true = _truth(release, leaves)
        assert true >= 1, "a zero is hidden"
        if true <= 4:
            values = attainable(shown, hidden, leaves)
            assert true in values
            assert max(values) - min(values) >= RULE.width


@given(releases(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_audit_agrees_with_the_attacker_on_any_pattern(release: Release, random) -> None:
    """Only what is small must be hidden here, and some more at random: most of these patterns leak."""
    cells = protect(release, History(), RULE).cells
    leaves = [leaves_of(release, row) for _, row in cells.iterrows()]
    truth = {cell: _truth(release, cell) for cell in leaves}
    extra = random.random()
    hide = {cell for cell in dict.fromkeys(leaves) if truth[cell] and (truth[cell] < 5 or random.random() < extra / 2)}
    cells["count"] = pd.array([pd.NA if cell in hide else truth[cell] for cell in leaves], dtype="Int64")
    model = build_model(release.table_set)
    required, atoms = requirements(model, RULE), model.tabulate(release)
    marked = {cell: leaf in hide for cell, leaf in zip(model.rows["cell"], leaves, strict=True)}
    hidden_cells = np.array([marked[cell] for cell in range(len(marked))])
    report = audit(model, shown_when_hidden(model.cells @ atoms, hidden_cells, required), required, truth=atoms)
    shown, hidden = _public_view(release, cells)
    primaries = [attainable(shown, hidden, cell) for cell in hidden if truth[cell] < 5]
    assert report.primary == len(primaries)
    assert report.exact_integer == sum(len(values) == 1 for values in primaries)
    assert report.narrow_integer == sum(max(values) - min(values) < RULE.width for values in primaries)
    assert report.verdict == ("unsafe" if report.narrow_integer else "safe")


@given(releases(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_order_of_the_rows_behind_a_table_changes_nothing(release: Release, random) -> None:
    first = protect(release, History(), RULE)
    counts = release.counts["children"].sample(frac=1, random_state=random.randrange(1000))
    shuffled = Release(release.table_set, {"children": counts})
    again = protect(shuffled, History(), RULE)
    assert first.cells.to_csv(index=False).encode() == again.cells.to_csv(index=False).encode()
    assert first.audit.figures() == again.audit.figures()
