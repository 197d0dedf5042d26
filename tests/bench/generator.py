"""Synthetic children: how many are made a CPU second, and how many loaded with the server's work counted."""

from typing import Any

from case_store.profile import load_profile
from case_store.synthetic.documents import make_rows
from case_store.synthetic.identities import make_names
from case_store.synthetic.record_histories import make_population
from pipelines.commands.seed import fill_with_children
from tests.bench.costs import cost_of_call
from tests.bench.house import new_house
from tests.bench.spread import median

CHILDREN, SEED = 33_936, 1


def measure() -> dict[str, Any]:
    """Children a CPU second; a child comes with its history, and the records that stand on top are made too."""
    making = [cost_of_call(_make).cpu for _ in range(3)]
    with new_house() as house:
        loading = cost_of_call(lambda: fill_with_children(house.settings, CHILDREN, SEED), house.postmaster)
    return {
        "children": CHILDREN,
        "making_cpu": round(median(making), 2),
        "made_per_cpu_second": round(CHILDREN / median(making)),
        "loading": loading.as_row(),
        "loaded_per_cpu_second": round(CHILDREN / (loading.cpu + loading.server_cpu)),
    }


def _make() -> None:
    population = make_population(load_profile(), CHILDREN, SEED)
    names = make_names(population.shape.keys.invented, SEED)
    for histories in population.histories():
        make_rows(population, names, histories)
