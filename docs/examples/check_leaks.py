"""Checks by adding rows, each times a fraction, that they give a hidden count away. Needs a certificate and numpy."""

import sys
from collections import Counter
from fractions import Fraction

import numpy as np

c = dict(np.load(sys.argv[1]))
system, targets = ({row: Counter() for row in set(c[f"{n}_row"].tolist())} for n in ("system", "target"))
for name, rows in (("system", system), ("target", targets)):
    for row, atom, value in np.stack([c[f"{name}_{part}"] for part in ("row", "column", "value")], axis=1).tolist():
        rows[row][atom] = value
for leak, (target, sign) in enumerate(np.stack([c["leak_target"], c["leak_sign"]], axis=1).tolist()):
    end, excess = Fraction(0), Counter({atom: -sign * value for atom, value in targets[target].items()})
    for place in np.flatnonzero(c["leak"] == leak):
        row, times = (
            int(c["leak_row"][place]),
            Fraction(int(c["leak_multiplier"][place]), int(c["leak_divisor"][place])),
        )
        end += times * int(c["upper"][row] if times > 0 else c["lower"][row])
        for atom, value in system[row].items():
            excess[atom] += times * value
    if end != Fraction(*c["leak_end"][leak].tolist()) or any(value < 0 for value in excess.values()):
        sys.exit(f"The rows of leak {leak} do not prove it.")
