"""Quarters: the periods that are published."""

import dagster as dg

FIRST, LAST = (2022, 3), (2035, 4)

quarters = dg.StaticPartitionsDefinition(
    [f"{y}-Q{q}" for y in range(FIRST[0], LAST[0] + 1) for q in range(1, 5) if FIRST <= (y, q) <= LAST]
)
