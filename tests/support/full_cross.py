"""An attacker written apart from the product: every whole-number table over the full cross of all leaves.

It reads codes and hierarchies itself, knows nothing of cliques, classes of leaves or reductions, states each relation
person group by person group, and asks scipy's solver. Only for small sets of tables.
"""

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np
import pandas as pd
from scipy import optimize

from anonymization.disclosure.tables.relations import (
    Accumulation,
    Cumulative,
    Flows,
    MultiResponse,
    Relation,
    Revision,
    Subset,
)
from anonymization.disclosure.tables.table_set import TOTAL, Release, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

FAR = 40  # ends beyond it are given as it
LARGE = 1_000  # no atom needs to be larger for a target to reach its ends
Cell = frozenset[int]
Row = tuple[dict[int, int], float, float]
Ends = tuple[int, int]


def whole_ends(rows: list[Row], variables: int, target: Mapping[int, int]) -> Ends:
    """The smallest and the largest whole value (FAR at most) of a target over all whole tables that meet the rows."""
    everything = [*rows, (dict(target), -float(FAR), float(FAR))]
    matrix = np.zeros((len(everything), variables))
    for number, (coefficients, _, _) in enumerate(everything):
        matrix[number, list(coefficients)] = list(coefficients.values())
    lower, upper = np.array([row[1] for row in everything]), np.array([row[2] for row in everything])
    ends = []
    for sign in (1, -1):
        found = optimize.milp(
            sign * matrix[-1],
            constraints=optimize.LinearConstraint(matrix, lower, upper),
            integrality=np.ones(variables),
            bounds=optimize.Bounds(0, LARGE),
            options={"presolve": False},  # with it, HiGHS of scipy 1.17 gave an end that a known table passed
        )
        assert found.status == 0, found.message
        table = np.rint(found.x)
        assert (matrix @ table >= lower).all() and (matrix @ table <= upper).all()
        ends.append(int(matrix[-1] @ table))
    return ends[0], ends[1]


class FullCross:
    """The atoms of a set of tables, its cells as sets of atoms, and what relations say."""

    def __init__(self, table_set: TableSet) -> None:
        self.table_set = table_set
        self._leaves: list[tuple[str, dict[str, str]]] = []
        for population in table_set.populations:
            dimensions = table_set.dimensions_of(population)
            crosses = product(*(d.leaves for d in dimensions.values()))
            self._leaves += [(population, dict(zip(dimensions, leaves, strict=True))) for leaves in crosses]
        self.variables = len(self._leaves)
        self._relations = [row for relation in table_set.relations for row in self._rows(relation)]
        self.tables_of: dict[Cell, set[str]] = {}
        self.codes_of: dict[Cell, list[dict[str, str]]] = {}
        for table in table_set.tables:
            for grouping in table.groupings:
                for labels in table.labels(grouping):
                    names = [dimension.name for dimension in table.dimensions]
                    codes = dict(zip(names, labels, strict=True))
                    cell = self.cell(table.population, codes)
                    self.tables_of.setdefault(cell, set()).add(table.table_id)
                    self.codes_of.setdefault(cell, []).append(codes)

    def cell(self, population: str, codes: Mapping[str, str]) -> Cell:
        """The atoms that a row with these codes adds up."""
        dimensions = self.table_set.dimensions_of(population)

        def inside(leaves: dict[str, str]) -> bool:
            return all(
                code == TOTAL or any(level[leaves[name]] == code for level in dimensions[name].levels.values())
                for name, code in codes.items()
            )

        return frozenset(a for a, (whose, leaves) in enumerate(self._leaves) if whose == population and inside(leaves))

    def counts(self, release: Release) -> dict[Cell, int]:
        """The true count of every cell."""
        atoms = np.zeros(len(self._leaves), dtype=int)
        for population, counts in release.counts.items():
            for row in counts.to_dict("records"):
                count = row.pop("count")
                atoms[self._leaves.index((population, row))] = count
        return {cell: int(atoms[list(cell)].sum()) for cell in self.tables_of}

    def by_row(self, cells: pd.DataFrame) -> list[Cell]:
        """The cell of every row of a frame with table_id and codes."""
        populations = {table.table_id: table.population for table in self.table_set.tables}
        found = []
        for row in cells.to_dict("records"):
            population = populations[row["table_id"]]
            names = self.table_set.dimensions_of(population)
            found.append(self.cell(population, {name: row[name] for name in names}))
        return found

    def ends(self, shown: Mapping[Cell, tuple[float, float]], target: Cell) -> Ends:
        """The ends of one cell when every cell is known to lie between two numbers."""
        rows: list[Row] = [(dict.fromkeys(cell, 1), lower, upper) for cell, (lower, upper) in shown.items()]
        return whole_ends([*rows, *self._relations], self.variables, dict.fromkeys(target, 1))

    def narrow(self, counts: Mapping[Cell, int], hidden: Iterable[Cell], rule: ThresholdRule) -> list[Cell]:
        """The small counts that are shown, or hidden and too closely known."""
        hidden = set(hidden)
        known = {cell: (count, count) for cell, count in counts.items()}
        known |= {cell: (self.least(cell, rule), np.inf) for cell in hidden}
        small = [cell for cell, count in counts.items() if 0 < count < self.threshold(cell, rule)]
        return [cell for cell in small if cell not in hidden or not self._is_wide(known, cell, rule)]

    def _is_wide(self, known: Mapping[Cell, tuple[float, float]], cell: Cell, rule: ThresholdRule) -> bool:
        lowest, highest = self.ends(known, cell)
        return highest - lowest >= self.threshold(cell, rule) - self.least(cell, rule) + rule.spare

    def least(self, cell: Cell, rule: ThresholdRule) -> int:
        """1 when some table that holds the cell always shows its zeros."""
        known = (rule.knowledge_by_table.get(table, rule.knowledge) for table in self.tables_of[cell])
        return int("zeros_published" in known)

    def threshold(self, cell: Cell, rule: ThresholdRule) -> int:
        """The strictest; of the stricter thresholds only those for codes are read here."""
        found = [rule.threshold]
        for stricter in rule.stricter:
            matches = (
                all(codes.get(name) in wanted for name, wanted in stricter.codes.items())
                for codes in self.codes_of[cell]
            )
            found += [stricter.threshold] * any(matches)
        return max(found)

    def _rows(self, relation: Relation) -> list[Row]:
        if isinstance(relation, Subset):
            return [(_signed((whole, 1), (part, -1)), 0, np.inf) for part, whole in self._matched(relation)]
        if isinstance(relation, Accumulation):
            return [(_signed((a, 1), (b, 1), (c, -1)), 0, 0) for a, b, c in self._matched(relation)]
        if isinstance(relation, Flows):
            return [(_signed((a, 1), (b, 1), (c, -1), (d, -1)), 0, 0) for a, b, c, d in self._matched(relation)]
        if isinstance(relation, MultiResponse):
            return self._multi_response(relation)
        if isinstance(relation, Cumulative):
            return self._cumulative(relation)
        if isinstance(relation, Revision):
            return self._revision(relation)
        raise DisclosureError("This attacker does not know the relation.")

    def _matched(self, relation: Relation, without: str = "") -> list[tuple[list[int], ...]]:
        """For every combination of the shared leaves the atoms of each population there."""
        populations = relation.populations
        shared = [n for n in self.table_set.dimensions_of(populations[0]) if n != without
                  and all(n in self.table_set.dimensions_of(p) for p in populations)]  # fmt: skip
        groups: dict[tuple[str, ...], tuple[list[int], ...]] = {}
        for atom, (population, leaves) in enumerate(self._leaves):
            if population in populations:
                key = tuple(leaves[name] for name in shared)
                groups.setdefault(key, tuple([] for _ in populations))[populations.index(population)].append(atom)
        return list(groups.values())

    def _multi_response(self, relation: MultiResponse) -> list[Row]:
        rows: list[Row] = []
        for children, pairs in self._matched(relation, without=relation.dimension):
            rows.append((_signed((pairs, 1), (children, -1)), 0, np.inf))
            for code in dict.fromkeys(self._leaves[atom][1][relation.dimension] for atom in pairs):
                with_code = [atom for atom in pairs if self._leaves[atom][1][relation.dimension] == code]
                rows.append((_signed((children, 1), (with_code, -1)), 0, np.inf))
        return rows

    def _cumulative(self, relation: Cumulative) -> list[Row]:
        rows: list[Row] = []
        gone: list[int] = []
        for earlier, later, *came in self._matched(relation):
            gone.append(self._new_variable())
            rows.append((_signed((later, 1), (earlier, -1), (gone[-1:], 1), *((a, -1) for a in came)), 0, np.inf))
            rows.append((_signed((earlier, 1), (gone[-1:], -1)), 0, np.inf))
        return [*rows, (_signed((gone, 1)), 0, relation.removals)]

    def _revision(self, relation: Revision) -> list[Row]:
        rows: list[Row] = []
        changes: list[int] = []
        for first, second in self._matched(relation):
            up, down = self._new_variable(), self._new_variable()
            changes += [up, down]
            rows.append((_signed((second, 1), (first, -1), ([up], -1), ([down], 1)), 0, 0))
        return [*rows, (_signed((changes, 1)), 0, relation.at_most)]

    def _new_variable(self) -> int:
        self.variables += 1
        return self.variables - 1


def _signed(*parts: tuple[list[int], int]) -> dict[int, int]:
    return {atom: sign for atoms, sign in parts for atom in atoms}
