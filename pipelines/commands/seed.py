"""Synthetic children -> case store."""

from functools import partial

from case_store.profile import load_profile
from case_store.seeding import Seeding, fill_store
from case_store.server import resolve_store
from case_store.synthetic.load import generator_of, seed_store
from pipelines.run.progress import report
from pipelines.run.sealing import sealed
from pipelines.run.settings import Settings


@sealed("the seeding of the case store")
def fill_with_children(settings: Settings, children: int, seed: int) -> bool:
    """Fills the store unless it holds just these children; gives whether anything was done."""
    report("Opening the case store")
    store = resolve_store(settings.dsn, settings.state, settings.cluster)
    profile = load_profile(settings.profile)
    load = partial(
        seed_store,
        profile=profile,
        children=children,
        seed=seed,
        progress=partial(report, "Making synthetic children"),
    )
    return fill_store(store.dsn, Seeding(seed, children, generator_of(profile)), load)
