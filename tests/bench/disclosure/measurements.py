"""Every measurement of the disclosure benchmark by name, with the seeds it is taken on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.bench.disclosure import auditing, finest, protecting, quarters, rounding
from tests.bench.disclosure.jobs import EVERY_SEED, SEED, SEEDS


@dataclass(frozen=True)
class Measurement:
    """take: seed -> figures, part by part, so that one that is stopped still tells what it found."""

    title: str
    seeds: Sequence[int]
    take: Callable[[int], Iterator[dict[str, Any]]]


MEASUREMENTS = {
    "j1": Measurement("J1 at R0, protected", SEEDS, partial(protecting.pattern, "J1", "R0")),
    "j2-r0": Measurement("J2 at R0, protected", EVERY_SEED, partial(protecting.pattern, "J2", "R0")),
    "j2-r1": Measurement("J2 at R1, protected", EVERY_SEED, partial(protecting.pattern, "J2", "R1")),
    "audit-r0": Measurement("J2 at R0, audited", (SEED,), partial(auditing.audited, "J2", "R0")),
    "audit-r1": Measurement("J2 at R1, audited", (SEED,), partial(auditing.audited, "J2", "R1")),
    "bound-r0": Measurement("J2 at R0, bounded", (SEED,), partial(protecting.lower_bound, "J2", "R0")),
    "bound-r1": Measurement("J2 at R1, bounded", (SEED,), partial(protecting.lower_bound, "J2", "R1")),
    "advisor": Measurement("J3, the advisor", (SEED,), finest.advised),
    "j3": Measurement("J3 at R0, protected and audited", (SEED,), finest.finest),
    "rounding": Measurement("J1, rounded", SEEDS, rounding.rounded),
    "next-quarter": Measurement("J2 at R1, the next quarter", (SEED,), quarters.next_quarter),
    "ledger": Measurement("Eight quarters of twelve tables", (SEED,), quarters.ledger_of_quarters),
}
