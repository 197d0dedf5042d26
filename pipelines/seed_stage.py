"""Synthetic children -> case store."""

from typing import Any

import psycopg
from case_store.synthetic.load import GENERATOR, seed_store

from case_store.profile import load_profile
from case_store.seeding import Seeding, fill_store
from case_store.server import resolve_store
from pipelines.progress import report
from pipelines.sealing import sealed
from pipelines.settings import Settings


@sealed("the seeding of the case store")
def fill_with_children(settings: Settings, children: int, seed: int) -> bool:
    """Fills the store unless it holds just these children; gives whether anything was done."""
    profile = load_profile(settings.profile)
    store = resolve_store(settings.dsn, settings.state, settings.cluster)

    def fill(connection: psycopg.Connection[Any]) -> None:
        seed_store(
            connection, profile, children, seed, lambda done, total: report("Making synthetic children", done, total)
        )

    return fill_store(store.dsn, Seeding(seed, children, GENERATOR), fill)
