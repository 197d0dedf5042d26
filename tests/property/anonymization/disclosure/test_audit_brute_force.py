"""The auditor against an attacker who simply tries every whole table: on thousands of small linked sets they agree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.intervals import exact_intervals
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import Shown, shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

LARGEST_SPACE = 100_000  # whole tables to try in one case
RULES = (ThresholdRule(3, 2, "zeros_published"), ThresholdRule(3, 3, "nonnegative"))


@dataclass(frozen=True, eq=False)
class Case:
    model: JointModel
    required: Requirements
    truth: np.ndarray
    hidden: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        return self.model.cells @ self.truth

    @property
    def shown(self) -> Shown:
        return shown_when_hidden(self.counts, self.hidden, self.required)

    @property
    def primary(self) -> np.ndarray:
        return self.required.primary(self.counts) & self.hidden


def every_table(case: Case) -> np.ndarray:
    """All whole tables that satisfy the attacker's rows, found an atom after the other; one a row."""
    system = public_system(case.model, case.shown)
    matrix = system.matrix.toarray()
    rising = (matrix >= 0).all(axis=1)
    tables = np.zeros((1, 0), dtype=np.int64)
    for atom, most in enumerate(most_of_each_atom(case)):
        tables = np.column_stack([np.repeat(tables, most + 1, axis=0), np.tile(np.arange(most + 1), len(tables))])
        sums = tables @ matrix[rising, : atom + 1].T
        tables = tables[(sums <= system.upper[rising]).all(axis=1)]
    sums = tables @ matrix.T
    return tables[((sums >= system.lower) & (sums <= system.upper)).all(axis=1)]


def most_of_each_atom(case: Case) -> np.ndarray:
    """The smallest published count that holds each atom."""
    shown = np.flatnonzero(~case.hidden)
    holds = case.model.cells[shown].toarray() > 0
    return np.where(holds, case.shown.upper[shown][:, None], np.inf).min(axis=0).astype(np.int64)


def crossed_model(draw: np.random.Generator) -> JointModel:
    """Two or three dimensions, linked tables over pairs of them or one over all, with a hierarchy now and then."""
    sizes = draw.integers(2, 4, int(draw.integers(2, 4)))
    dimensions = []
    for number, size in enumerate(sizes):
        leaves = [f"{'abc'[number]}{leaf}" for leaf in range(size)]
        levels = {"LEAF": {leaf: leaf for leaf in leaves}}
        if draw.random() < 0.4:
            levels["GROUP"] = {leaf: f"{'abc'[number]}g{place % 2}" for place, leaf in enumerate(leaves)}
        dimensions.append(Dimension("abc"[number], levels))
    pairs = [(0, 1), (1, 2), (0, 2)] if len(sizes) == 3 and draw.random() < 0.7 else [tuple(range(len(sizes)))]
    tables = []
    for number, members in enumerate(pairs):
        chosen = tuple(dimensions[member] for member in members)
        margin = {dimension.name: ("TOTAL", *dimension.levels) for dimension in chosen}
        tables.append(Table(f"T{number}", "children", chosen, (margin,)))
    return build_model(TableSet(tuple(tables)))


def subset_model(draw: np.random.Generator) -> JointModel:
    """Any subsets of a few leaves: their sums need not be what fractions suggest."""
    leaves = [f"l{number}" for number in range(int(draw.integers(4, 7)))]
    levels = {}
    for number in range(int(draw.integers(3, 6))):
        members = draw.permutation(len(leaves))[: int(draw.integers(1, len(leaves)))]
        levels[f"S{number}"] = {leaf: f"s{number}" if i in members else f"n{number}" for i, leaf in enumerate(leaves)}
    dimension = Dimension("kind", levels)
    table = Table("T", "children", (dimension,), ({"kind": ("TOTAL", *levels)},))
    return build_model(TableSet((table,)))


def case_of(model: JointModel, draw: np.random.Generator) -> Case:
    """Random counts; small ones hidden, and some others; the largest total is shown, so that tables are finite."""
    largest = 4 if model.atoms < 7 else 2
    required = requirements(model, RULES[int(draw.integers(len(RULES)))])
    truth = draw.integers(0, largest + 1, model.atoms) * (draw.random(model.atoms) < 0.7)
    truth = agreeing(model, truth, draw)
    counts = model.cells @ truth
    hidden = required.primary(counts) | ((counts > 0) & (draw.random(len(counts)) < 0.5))
    widest = np.asarray(model.cells.sum(axis=1)).ravel()
    hidden[model.breadth == 0] = False
    hidden[widest == model.atoms] = False
    return Case(model, required, truth, hidden)


def agreeing(model: JointModel, truth: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Counts whose blocks agree: those of one random population."""
    if not model.facts.matrix.shape[0] or not model.facts.broken_by(truth):
        return truth
    dimensions = {d.name: d for table in model.table_set.tables for d in table.dimensions}
    people = {name: draw.integers(0, len(d.leaves), 8) for name, d in dimensions.items()}
    atoms = np.zeros(model.atoms, dtype=np.int64)
    for block in model.base.blocks:
        place = np.zeros(8, dtype=np.int64)
        for axis in block.axes:
            of_leaf = np.array([axis.class_of[leaf] for leaf in dimensions[axis.name].leaves])
            place = place * len(axis.leaves) + of_leaf[people[axis.name]]
        np.add.at(atoms, block.first + place, 1)
    return atoms


def cases(make: Callable[[np.random.Generator], JointModel], models: int, each: int) -> Iterator[Case]:
    """So many models with so many counts and patterns each; none too large, or with a small total shown."""
    for seed in range(models):
        draw = np.random.default_rng(seed)
        model = make(draw)
        for _ in range(each if model.atoms <= 12 else 0):
            case = case_of(model, draw)
            if case.required.primary(case.counts)[~case.hidden].any():
                continue
            if np.prod(most_of_each_atom(case) + 1.0) < LARGEST_SPACE:
                yield case


def check(case: Case) -> AuditReport:
    """Every figure of the audit that a brute force attacker can compute too."""
    report = audit(case.model, case.shown, case.required, case.truth)
    blind = audit(case.model, case.shown, case.required, primary=case.primary)
    tables = every_table(case)
    targets = np.flatnonzero(case.primary)
    values = [np.unique(tables @ case.model.cells[[target]].toarray().ravel()) for target in targets]
    widths = np.array([value.max() - value.min() for value in values], dtype=np.int64)
    needed = case.required.width[targets]
    for found in (report, blind):
        assert found.undecided == 0
        assert (found.primary, found.exact_integer) == (len(targets), sum(len(value) == 1 for value in values))
        assert found.narrow_integer == (widths < needed).sum()
        assert found.verdict == ("unsafe" if (widths < needed).any() else "safe")
        assert found.exact <= found.exact_integer and found.narrow <= found.narrow_integer
    assert (report.exact, report.narrow) == (blind.exact, blind.narrow)
    of_cell = dict(zip(targets.tolist(), values, strict=True))
    for finding in report.findings:
        attained = of_cell[finding.cell]
        assert finding.lower <= attained.min() + 1e-6 and finding.upper >= attained.max() - 1e-6
        assert finding.whole_lower in (None, attained.min()) and finding.whole_upper in (None, attained.max())
        assert finding.values in (None, len(attained))
    return report


def test_linked_tables_agree_with_brute_force():
    kinds, count = set(), 0
    for case in cases(crossed_model, 60, 8):
        check(case)
        kinds.add((len(case.model.table_set.tables), case.required.width.max(), bool(case.primary.any())))
        count += 1
    assert len(kinds) >= 6 and count > 200  # one table and three, both rules, with and without small counts


def test_sums_of_any_subsets_agree_with_brute_force():
    count = 0
    for case in cases(subset_model, 90, 22):
        check(case)
        count += 1
    assert count > 1700


def odd_cycle_cases(count: int) -> Iterator[Case]:
    """Three leaves in a ring of pairs, so that 2k + w is shown: w steps by two, where fractions step by none."""
    pairs = {"A": "xyw", "B": "yzw", "C": "xzw", "D": "ws", "W": "w"}
    levels = {
        code: {leaf: code if leaf in members else f"no {code}" for leaf in "xyzws"} for code, members in pairs.items()
    }
    table = Table("T", "children", (Dimension("kind", levels),), ({"kind": tuple(levels)},))
    model = build_model(TableSet((table,)))
    code_of_cell = model.rows.drop_duplicates("cell").sort_values("cell")["kind"].to_numpy()
    required = requirements(model, ThresholdRule(5, 4, "zeros_published"))
    hidden = ~np.isin(code_of_cell, ["A", "B", "C", "D"])
    for seed in range(count):
        truth = np.random.default_rng(seed).integers(1, 5, model.atoms)
        case = Case(model, required, truth, hidden)
        if not required.primary(case.counts)[~hidden].any():
            yield case


def test_whole_children_are_fewer_than_fractions_suggest_and_ranges_have_gaps():
    gaps, uneven = 0, 0
    for case in odd_cycle_cases(60):
        report = check(case)
        gaps += sum(f.values is not None and f.values < f.whole_upper - f.whole_lower + 1 for f in report.findings)
        uneven += report.narrow_integer > report.narrow
    assert gaps > 10 and uneven > 10


@pytest.mark.parametrize("make", [crossed_model, subset_model])
def test_outer_intervals_hold_every_whole_table_and_publishing_more_never_widens_them(make):
    for case in cases(make, 20, 3):
        hidden = np.flatnonzero(case.hidden)
        if not len(hidden):
            continue
        before = exact_intervals(case.model, case.shown).set_index("cell")
        attained = every_table(case) @ case.model.cells[hidden].toarray().T
        assert (before["lower"].to_numpy() <= attained.min(axis=0) + 1e-6).all()
        assert (before["upper"].to_numpy() >= attained.max(axis=0) - 1e-6).all()
        fewer = case.hidden.copy()
        fewer[hidden[len(hidden) // 2]] = False
        after = exact_intervals(case.model, Case(case.model, case.required, case.truth, fewer).shown).set_index("cell")
        same = after.index
        assert (after["lower"] >= before.loc[same, "lower"] - 1e-6).all()
        assert (after["upper"] <= before.loc[same, "upper"] + 1e-6).all()


def test_contradicting_tables_are_refused_just_when_no_whole_table_fits():
    refused = 0
    for seed, case in enumerate(cases(subset_model, 30, 5)):
        draw = np.random.default_rng(seed)
        shown = case.shown
        cell = int(draw.integers(len(shown.lower)))
        changed = shown.lower.copy(), shown.upper.copy()
        if shown.is_open[cell] or not np.isfinite(shown.upper[cell]):
            continue
        changed[0][cell] = changed[1][cell] = shown.lower[cell] + 1
        twisted = Twisted(case.model, case.required, case.truth, case.hidden, Shown(*changed))
        try:
            audit(case.model, twisted.shown, case.required, primary=case.primary)
            assert len(every_table(twisted))
        except DisclosureError as error:
            refused += 1
            assert "contradict" in str(error) and not len(every_table(twisted))
            assert "T: kind=" in str(error) or "fractions" in str(error)
    assert refused > 50


@dataclass(frozen=True, eq=False)
class Twisted(Case):
    """A case of which something else is shown than was counted."""

    other: Shown

    @property
    def shown(self) -> Shown:
        return self.other
