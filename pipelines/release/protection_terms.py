"""What the policy asks beyond the threshold, as protection takes it: counts that no table shows, attackers, costs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from anonymization.disclosure.audit.attackers import Attacker, audience, contributors, rule_knower, siblings
from anonymization.disclosure.audit.homogeneity import Sensitive
from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.headline import Costs
from anonymization.disclosure.left_open import not_left_open
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.named_cells import is_shown, refuse_unknown
from anonymization.disclosure.tables.table_set import TOTAL, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import NamedCells
from anonymization.policy import POLICY_FILE
from publications.public_tables import UNKNOWN

ALONE = 1  # a contributor is alone in the cell
AGE, AREA = "age", "area"
# the policy's quantities as kinds of counts
KINDS = {
    "contiguous_ages": ("contiguous",),
    "complements": ("complement",),
    "intersections": ("intersection",),
    "differences": ("difference",),
    "first_differences": ("first difference",),
    "flows": ("inflow", "outflow"),
}


def terms_of(
    policy: DisclosurePolicy, table_set: TableSet, not_asked: Sequence[Table] = (), coordinated: str = ""
) -> Terms:
    """The terms for the tables of one release: gates and what is only reported, both are tried.

    not_asked: tables that the deployment cannot have; the policy may name their cells, which then ask for nothing.
    coordinated: the level of areas at which coordinators work; without it the finest.
    Raises PolicyError with the key when the policy names cells that no table has.
    """
    _refuse_unknown_cells(policy, TableSet((*table_set.tables, *not_asked)))
    names, asked = table_set.dimension_names, policy.quantities
    areas = _areas_of_coordinators(table_set, coordinated)

    def attackers(model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> Sequence[Attacker]:
        return [*_children(policy, model, truth, hidden), *_audiences(policy, model, areas)]

    return Terms(
        quantities=_quantities(policy, names),
        only_told=frozenset(kind for key, kinds in KINDS.items() if getattr(asked, key) == "report" for kind in kinds),
        sensitive=Sensitive(tuple(n for n in policy.sensitive if n in names), asked.homogeneity == "gate"),
        attackers=attackers,
        pattern_knower=policy.attackers.pattern_knower,
        keep=tuple(_of_these([one.cells for one in policy.keep], table_set)),
        costs=_costs(policy, table_set),
    )


def _quantities(policy: DisclosurePolicy, names: Sequence[str]) -> Named:
    in_order = [name for name in names if name == AGE]
    return Named(
        contiguous=not_left_open("neighbours", in_order, policy.left_open),
        complements=tuple(names),
        intersections=not_left_open("intersections", names, policy.left_open),
        differences=not_left_open("differences", names, policy.left_open),
        first_differences=True,
        flows=True,
    )


def _costs(policy: DisclosurePolicy, table_set: TableSet) -> Costs:
    asked = policy.costs
    cells = [(cells, one.times) for one in asked.cells for cells in _of_these([one.cells], table_set)]
    return Costs(asked.country, asked.headline, asked.hidden_before, tuple(cells))


def _of_these(listed: Sequence[NamedCells], table_set: TableSet) -> Iterator[NamedCells]:
    """Of cells by definition those that these tables show, without the names of other tables."""
    known = [table.table_id for table in table_set.tables]
    for cells in listed:
        ours = replace(cells, tables=tuple(name for name in cells.tables if name in known))
        if bool(ours.tables) == bool(cells.tables) and is_shown(ours, table_set):
            yield ours


def _refuse_unknown_cells(policy: DisclosurePolicy, table_set: TableSet) -> None:
    for key, listed in (("keep", policy.keep), ("hide", policy.hide), ("costs.cells", policy.costs.cells)):
        for place, one in enumerate(listed):
            refuse_unknown(one.cells, table_set, f"{POLICY_FILE.name}: {key}.{place}")


def _children(policy: DisclosurePolicy, model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> Iterator[Attacker]:
    asked = policy.attackers
    yield from contributors(model, truth, hidden, ALONE, asked.contributor == "gate")
    yield from siblings(model, truth, hidden, asked.siblings == "gate")
    yield rule_knower(asked.rule_knower == "gate")


def _audiences(policy: DisclosurePolicy, model: JointModel, areas: Sequence[str]) -> Iterator[Attacker]:
    is_gate = policy.attackers.county_coordinator == "gate"
    for area in areas:
        yield audience(model, f"coordinator of {area}", {AREA: (area,)}, "exact", is_gate)
    for name, seen in policy.audiences.items():
        known = {dimension: codes for dimension, codes in seen.sees.items() if dimension in model.rows}
        # where no table has a dimension, every cell is its total
        if all(dimension in known or TOTAL in codes for dimension, codes in seen.sees.items()):
            yield audience(model, name, known, "exact", seen.answer == "gate")


def _areas_of_coordinators(table_set: TableSet, level: str) -> list[str]:
    """The areas of this level, or of the finest, which a dimension has first."""
    areas = (dimension for table in table_set.tables for dimension in table.dimensions if dimension.name == AREA)
    codes = (one.codes(level if level in one.levels else next(iter(one.levels))) for one in areas)
    return sorted({code for of_one in codes for code in of_one} - {UNKNOWN})
