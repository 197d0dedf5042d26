"""A quarter after another: the search begun from last quarter's pattern, and eight quarters against the ledger.

In the latter twelve tables are protected in order, and everything ever published is audited anew at the end. The
children of a quarter are a stock, of which we publish the five tables of J2; those who came in it are a flow; and
everybody who ever came is cumulative, tied to the quarter before by what came.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from anonymization.disclosure.headline import Costs
from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.ledger.history import History, entry_of_release, whole_ledger
from anonymization.disclosure.ledger.incident import audit_past, refuse_disclosing_ledger
from anonymization.disclosure.ledger.past import Moves, Published
from anonymization.disclosure.ledger.witnesses import witnesses_to_keep
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.disclosure.terms import Terms
from tests.bench.disclosure.jobs import DIMENSIONS, J2, POPULATION, RULES, counts_of, release_of, whole_table
from tests.bench.disclosure.protecting import protected
from tests.bench.make_microdata import make_microdata

QUARTERS, CHILDREN, ARRIVING = 8, 34_000, 0.07
TABLES = {
    "open": J2,
    "registered": (("county", "age_group"), ("county", "sex"), ("concern", "sex"), ("uasc", "age_group", "sex")),
    "ever": (("county", "sex"), ("concern", "age_group"), ("county", "uasc")),
}
TIMINGS = {
    "open": Timing("stock"),
    "registered": Timing("flow"),
    "ever": Timing("cumulative", arrivals="registered"),
}
TERMS = Terms(costs=Costs(country=1000, headline=50, hidden_before=0.5), effort=Effort(search=5_000, bound=0))
MULTIPLE = 10
TOLD = ("weight", "first_weight", "secondary", "exact_integer", "narrow_integer", "cpu")


def next_quarter(seed: int) -> Iterator[dict[str, Any]]:
    """J2 at R1 in a second quarter: from nothing, and from the pattern of the first. The children are a stock."""
    (first, release), timings = _caseloads(seed), {POPULATION: Timing("stock")}
    history = History((), LedgerEdition("2023-Q1", 1, "quarter 0"), timings, MULTIPLE)
    before, _ = protected(first, history, RULES["R1"])
    entry = entry_of_release(history, first, before.joint.stated, RULES["R1"], before.cells)
    _, fresh = protected(release, History(), RULES["R1"])
    yield {"fresh": {name: fresh[name] for name in TOLD}}
    past = (Published(entry, first.counts),)
    _, begun = protected(
        release, History(past, LedgerEdition("2023-Q2", 1, "quarter 1"), timings, MULTIPLE), RULES["R1"]
    )
    yield {"begun": {name: begun[name] for name in TOLD}}


def _caseloads(seed: int) -> list[Release]:
    """J2 of two quarters that follow each other."""
    table_set = release_of("J2", seed).table_set
    loads = make_microdata(CHILDREN, seed, 2).groupby("quarter", sort=False)
    return [Release(table_set, {POPULATION: counts_of(load, table_set, POPULATION)}) for _, load in loads]


@dataclass(frozen=True, eq=False)
class Quarter:
    """One release of the sequence."""

    edition: LedgerEdition
    release: Release


def ledger_of_quarters(seed: int) -> Iterator[dict[str, Any]]:
    """CPU seconds of each quarter's protection, and of auditing everything ever published with the witnesses kept."""
    past: tuple[Published, ...] = ()
    kept: dict[str, Moves] = {}
    spent: list[float] = []
    for quarter in quarters(seed):
        began = time.process_time()
        published, witnesses = _publish(quarter, past, kept)
        past, kept = (*past, published), kept | witnesses
        spent.append(round(time.process_time() - began, 1))
        rows = sum(len(one.entry.cells) for one in past)
        shown = sum(int(one.entry.cells["count"].notna().sum()) for one in past)
        yield {"quarters": len(past), "quarter_cpu": spent, "rows": rows, "shown_share": round(shown / rows, 3)}
    began = time.process_time()
    reports = [audit_past(component, kept[component.fingerprint]) for component in whole_ledger(past)]
    totals = ("primary", "exact", "narrow", "exact_integer", "narrow_integer", "undecided")
    yield {
        "components": len(reports),
        "audit_cpu": round(time.process_time() - began, 1),
        **{name: sum(getattr(report, name) for report in reports) for name in totals},
    }


def _publish(
    quarter: Quarter, past: tuple[Published, ...], kept: dict[str, Moves]
) -> tuple[Published, dict[str, Moves]]:
    history = History(past, quarter.edition, TIMINGS, MULTIPLE, kept)
    refuse_disclosing_ledger(history)
    found = protect(quarter.release, history, RULES["R1"], TERMS)
    entry = entry_of_release(history, quarter.release, found.joint.stated, RULES["R1"], found.cells)
    published = Published(entry, quarter.release.counts)
    components = whole_ledger((*past, published))
    return published, witnesses_to_keep(quarter.edition, found.joint, found.audit.witnesses, components)


def quarters(seed: int) -> Iterator[Quarter]:
    """The releases in order: 12 tables each."""
    tables = tuple(
        whole_table(f"{population[0].upper()}{place}", population, names, DIMENSIONS)
        for population, own in TABLES.items()
        for place, names in enumerate(own, 1)
    )
    table_set, ever = TableSet(tables), pd.DataFrame()
    for number, (_, caseload) in enumerate(make_microdata(CHILDREN, seed, QUARTERS).groupby("quarter", sort=False)):
        came = caseload.tail(int(ARRIVING * len(caseload)))
        ever = caseload if ever.empty else pd.concat([ever, came])
        children = {"open": caseload, "registered": came, "ever": ever}
        counts = {name: counts_of(frame, table_set, name) for name, frame in children.items()}
        edition = LedgerEdition(f"{2023 + number // 4}-Q{number % 4 + 1}", 1, f"quarter {number}")
        yield Quarter(edition, Release(table_set, counts))
