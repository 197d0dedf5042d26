"""Columns that nest: whoever knows one knows the other, which a model that takes them for two facts does not.

Whoever knows which county is in which region reads tables by county and tables by region together, and may compute
exactly what an audit that takes the two for independent calls safe. So the two must be one dimension with levels.

Two columns nest when every code of one lies within one code of the other. They nearly nest when knowing the one removes
at least 95% of the errors that one would make in guessing the other (lambda of Goodman and Kruskal, Journal of the
American Statistical Association 49 (1954)), perhaps but for one code of each, such as "unknown".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.table_set import Dimension

NEARLY = 0.95  # of the errors; the few exceptions are then taken for mistakes or unknown codes
NEARLY_CERTAIN = 0.8  # of the errors; columns that nest at least so nearly are mentioned
LEAST_RECORDS = 50  # of fine codes that occur more than once; with fewer, columns nearly nest by chance


@dataclass(frozen=True)
class Nesting:
    """One column that groups another.

    fine: the dimension with the finer codes. coarse: the dimension that groups them, at `level`; `is_finest`: at its
    finest. groups: fine code -> the code that most of its records have. exceptions: how many records have another.
    apart: codes that had to be left aside for the columns to nest. certain: surely enough to be refused.
    """

    fine: str
    coarse: str
    level: str
    is_finest: bool
    groups: Mapping[str, str]
    exceptions: int = 0
    apart: tuple[str, ...] = ()
    certain: bool = True

    @property
    def pair(self) -> frozenset[str]:
        """Both dimensions."""
        return frozenset((self.fine, self.coarse))

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        coarse = self.coarse if self.is_finest else f"{self.coarse}, level {self.level}"
        if not self.exceptions:
            return f"Every code of {self.fine} lies within one code of {coarse}."
        but = f" but for the code {' and the code '.join(self.apart)}" if self.apart else ""
        return f"Nearly every record has the code of {coarse} that belongs to its code of {self.fine}{but}."


def nestings(counts: pd.DataFrame, dimensions: Mapping[str, Dimension]) -> list[Nesting]:
    """Every dimension that is, or nearly is, a function of another; `counts`: a column for each dimension, and `count`.

    A pair is looked at both ways; each way gives at most one nesting, at the finest level of the grouping dimension
    that fits.
    """
    found = (_first(_nestings_of(counts, dimensions[f], dimensions[c])) for f, c in permutations(dimensions, 2))
    return [nesting for nesting in found if nesting is not None]


def judged(together: pd.DataFrame, fine: str, coarse: str, level: str, is_finest: bool) -> Nesting | None:
    """Whether the rows of a table of counts (fine codes x coarse codes) nest in its columns."""
    counts = together.to_numpy()
    occurs, several = counts.sum(axis=1) > 0, (counts.sum(axis=0) > 0).sum() > 1
    if not several:  # or nobody is counted at all, as in a mart of a quarter without such a child
        return None
    groups = dict(zip(together.index[occurs], together.columns[counts.argmax(axis=1)[occurs]], strict=True))
    exceptions = int(counts.sum() - counts.max(axis=1).sum())
    if not exceptions:
        return Nesting(fine, coarse, level, is_finest, groups)
    strength, apart = _best_without_a_code(together)
    if strength < NEARLY_CERTAIN or len(set(groups.values())) < 2:
        return None
    return Nesting(fine, coarse, level, is_finest, groups, exceptions, apart, strength >= NEARLY)


def _first(found: Iterator[Nesting]) -> Nesting | None:
    ordered = sorted(found, key=lambda nesting: (not nesting.certain, nesting.exceptions > 0))
    return ordered[0] if ordered else None


def _nestings_of(counts: pd.DataFrame, fine: Dimension, coarse: Dimension) -> Iterator[Nesting]:
    for place, (level, code_of) in enumerate(coarse.levels.items()):
        columns = [counts[fine.name], counts[coarse.name].map(code_of)]
        together = counts["count"].groupby(columns, observed=True).sum().unstack(fill_value=0)
        found = judged(together, fine.name, coarse.name, level, place == 0)
        if found is not None:
            yield found


def _best_without_a_code(together: pd.DataFrame) -> tuple[float, tuple[str, ...]]:
    """How nearly the columns nest, and which code of each was left aside for that; none when none helps."""
    counts = together.to_numpy().copy()
    counts[(counts.sum(axis=1) < 2)] = 0  # a code that occurs once always lies within one
    if counts.sum() < LEAST_RECORDS:
        return 0.0, ()
    beside = counts.copy()
    beside[np.arange(len(counts)), counts.argmax(axis=1)] = 0
    row, column = int(beside.sum(axis=1).argmax()), int(beside.sum(axis=0).argmax())
    tried: dict[tuple[str, ...], float] = {}
    for without_row, without_column in product((False, True), repeat=2):
        left = counts.copy()
        left[row] *= not without_row
        left[:, column] *= not without_column
        names = [str(together.index[row])] * without_row + [str(together.columns[column])] * without_column
        tried[tuple(dict.fromkeys(names))] = _lambda(left) if 2 * left.sum() >= counts.sum() else 0.0
    apart = next((names for names, value in tried.items() if value >= NEARLY), max(tried, key=lambda n: tried[n]))
    return tried[apart], apart


def _lambda(counts: np.ndarray) -> float:
    guessed_blindly = counts.sum() - counts.sum(axis=0).max()
    guessed_knowing = counts.sum() - counts.max(axis=1).sum()
    return float(1 - guessed_knowing / guessed_blindly) if guessed_blindly else 0.0
