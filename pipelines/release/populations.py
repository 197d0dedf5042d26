"""Who each mart counts, as its passport says: two marts that count the same children are not published together.

Protection ties the cells of one mart to each other. Of two marts it knows only what a relation states, so the same
children in two marts would pass for different ones, and one could be subtracted from the other.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anonymization.errors import DisclosureError
from configuration.file import ConfigurationFile
from pipelines.errors import RunError
from pipelines.run.settings import CHECKOUT
from publications.public_tables import TableSpec

LIST_FILE = CHECKOUT / "dbt_project" / "populations.csv"
PASSPORTS = CHECKOUT / "dbt_project" / "models" / "marts" / "indicators"
COLUMNS = ("population", "within", "label")


@dataclass(frozen=True)
class Population:
    """Who is counted. `within`: the population that this one is part of, or ''. `label`: for messages and docs."""

    name: str
    within: str
    label: str


def load_populations(file: Path = LIST_FILE) -> dict[str, Population]:
    """The list of populations by name. Raises RunError naming the file, the row and the column that is wrong."""
    read = ConfigurationFile(file, RunError)
    found = [_population(row) for row in read.rows(COLUMNS, filled=[name for name in COLUMNS if name != "within"])]
    by_name = {one.name: one for one in found}
    if len(by_name) < len(found):
        raise RunError(f"{file.name}: a population is listed twice; give each one row.")
    for one in found:
        _refuse_unknown(f"{file.name}: {one.name}: within", one.within, ("", *by_name))
    for one in found:
        if len(list(itertools.islice(_around(one, by_name), len(found) + 1))) > len(found):
            raise read.wrong(f"{one.name}: within leads back to itself; a population is part of a larger one.")
    return by_name


def _population(row: Mapping[str, str]) -> Population:
    return Population(row["population"], row["within"], row["label"])


def population_in_passport(mart: str, known: Collection[str], folder: Path = PASSPORTS) -> str:
    """Who `mart` counts. Raises RunError naming its passport when that is missing, or does not say who."""
    file = folder / f"{mart}.yml"
    if not file.is_file():
        raise RunError(f"The mart {mart} has no passport {file.name} among the indicators, so it cannot be published.")
    named = _named(ConfigurationFile(file, RunError).mapping(), mart)
    _refuse_unknown(f"{file.name}: config.meta.indicator.population", named, known)
    return str(named)


def _named(content: Any, mart: str) -> Any:
    """What the passport says, or None where a key on the way is missing."""
    models = content.get("models") if isinstance(content, dict) else None
    place: Any = next((one for one in models or () if isinstance(one, dict) and one.get("name") == mart), None)
    for key in ("config", "meta", "indicator", "population"):
        place = place.get(key) if isinstance(place, dict) else None
    return place


def _refuse_unknown(key: str, named: Any, known: Collection[str]) -> None:
    if not isinstance(named, str) or named not in known:
        said = "is missing" if named is None else f"is {named!r}, which is not listed"
        raise RunError(f"{key} {said}; known populations: {', '.join(filter(None, known))}.")


def refuse_same_children(specs: Iterable[TableSpec], earlier: Mapping[str, str] | None = None) -> None:
    """Raises DisclosureError when two marts count the same children, or some of the same.

    specs: the tables of a release. earlier: mart -> the tables of earlier releases that show it, in words.
    """
    tables: dict[str, list[str]] = {}
    for spec in specs:
        tables.setdefault(spec.mart, []).append(spec.id)
    shown = {**(earlier or {}), **{mart: f"table {', '.join(ids)}" for mart, ids in tables.items()}}
    known = load_populations()
    counted = {mart: known[population_in_passport(mart, known)] for mart in shown}
    for first, second in itertools.combinations(counted, 2):
        if {first, second} & set(tables) and _overlap(counted[first], counted[second], known):
            raise DisclosureError(_sentence((first, second), shown, counted))


def _overlap(first: Population, second: Population, known: Mapping[str, Population]) -> bool:
    return first in _around(second, known) or second in _around(first, known)


def _around(population: Population, known: Mapping[str, Population]) -> Iterator[Population]:
    """The population, and all that it is part of."""
    yield population
    while population.within:
        population = known[population.within]
        yield population


def _sentence(marts: tuple[str, str], shown: Mapping[str, str], counted: Mapping[str, Population]) -> str:
    one, other = (f"{mart} ({shown[mart]}: {counted[mart].label.lower()})" for mart in marts)
    return (
        f"The marts {one} and {other} count the same children, in part or in whole, and nothing ties them, so hidden "
        "counts of one could be found by subtracting the other: make all these tables from one mart, or leave one out."
    )
