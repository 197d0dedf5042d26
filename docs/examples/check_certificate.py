"""Checks by integer addition that two possible tables differ in every target by its width. Needs a certificate and
numpy.
"""

import sys

import numpy as np

c = np.load(sys.argv[1])


def add_up(name: str, rows: int) -> np.ndarray:
    sums = np.zeros((rows, len(c["tables"])), dtype=np.int64)
    np.add.at(sums, c[f"{name}_row"], c[f"{name}_value"][:, None] * c["tables"].T[c[f"{name}_column"]])
    return sums


shown, values, every = add_up("system", len(c["lower"])).T, add_up("target", len(c["width"])), range(len(c["width"]))
weights = max(np.abs(c[f"{name}_value"]).sum(dtype=float) for name in ("system", "target"))
fits = c["tables"].max() * weights < 2.0**62  # no sum may wrap round
possible = fits and (c["tables"] >= 0).all() and (shown >= c["lower"]).all() and (shown <= c["upper"]).all()
narrow = int((values[every, c["high"]] - values[every, c["low"]] < c["width"]).sum())
sys.exit(
    0 if possible and not narrow else f"{narrow} targets are not proven wide; all tables are possible: {possible}."
)
