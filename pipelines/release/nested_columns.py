"""Dimensions of the public tables that nest: a reader who knows the one knows the other, which protection does not."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.tool_files.nesting import Nesting, nestings
from anonymization.errors import DisclosureError, PolicyError
from anonymization.policy import POLICY_FILE
from pipelines.release.tabulation import population_of
from publications.public_tables import TABLES_FOLDER, TableSpec, load_tables


def refuse_nested_columns(
    release: Release, policy: DisclosurePolicy, audience: str, specs: Iterable[TableSpec]
) -> None:
    """Raises DisclosureError that names tables and dimensions where one dimension of a population groups another.

    Pairs that the policy calls independent pass. Raises PolicyError where it names a dimension that no table has.
    """
    key = f"{POLICY_FILE.name}: disclosure.{audience}.independent"
    _refuse_unknown(policy, key)
    passing = {frozenset(pair) for one in policy.independent for pair in combinations(one.dimensions, 2)}
    for population, counts in release.counts.items():
        found = nestings(counts, release.table_set.dimensions_of(population))
        wrong = [nesting for nesting in found if nesting.certain and nesting.pair not in passing]
        if wrong:
            tables = [spec for spec in specs if population_of(spec) == population]
            raise DisclosureError(_refusal(wrong[0], tables, key))


def _refuse_unknown(policy: DisclosurePolicy, key: str) -> None:
    known = dict.fromkeys(name for spec in load_tables() for name in spec.dimensions)
    unknown = [name for one in policy.independent for name in one.dimensions if name not in known]
    if unknown:
        raise PolicyError(f"{key}: {unknown[0]} is no dimension of a public table; known: {', '.join(known)}.")


def _refusal(nesting: Nesting, tables: Sequence[TableSpec], key: str) -> str:
    holding = [spec.id for spec in tables if nesting.pair & set(spec.dimensions)]
    return (
        f"{TABLES_FOLDER.name}, {' and '.join(holding)}: dimensions: {nesting.words} A reader who knows the one knows "
        f"the other, and can compute more than an audit sees that takes them for two facts. Make {nesting.coarse} a "
        f"level of {nesting.fine} (a classification in {TABLES_FOLDER.parent.name}/{TABLES_FOLDER.name}, its levels in "
        f"pipelines/release/tabulation.py), or say under {key} why they are independent."
    )
