"""What a deployment does not ask, and the figures that are refused for it: a zero there would be a wrong number."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from case_store.contract import contract
from case_store.profile import Profile
from configuration.file import ConfigurationFile
from pipelines.errors import RunError
from pipelines.run.settings import CHECKOUT
from pipelines.warehouse.model_graph import indicator_in
from pipelines.warehouse.warehouse_file import PRIVATE_MEMORY, open_warehouse, warehouse_file
from publications.catalogue import FRAMES, Catalogue, in_names_of, read_catalogue
from publications.not_published import NotPublished
from publications.public_tables import TableSpec, load_tables

NEEDS = CHECKOUT / "dbt_project" / "needs.csv"
FILE, LISTED = "absent_columns.json", "public_tables.json"
PASSPORTS = CHECKOUT / "dbt_project" / "models" / "marts" / "indicators"
# marts with a row a figure -> the column that names it
BY_NAME = {"overview": "indicator"}


@dataclass(frozen=True)
class RefusedTable:
    """A public table that cannot be made, and the contract columns that it lacks."""

    spec: TableSpec
    lacking: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For those who run the line."""
        return (
            f"The table {self.spec.id} ({self.spec.title['en']}) is not published: it needs {', '.join(self.lacking)}, "
            "which this deployment does not ask. If its forms do ask it, map it under fields in profile.yml."
        )

    @property
    def told(self) -> NotPublished:
        """For the public."""
        return NotPublished(id=self.spec.id, title=self.spec.title)


@dataclass(frozen=True)
class Tables:
    """The public tables as a deployment can have them: those that are made, and those that are refused."""

    made: tuple[TableSpec, ...]
    refused: tuple[RefusedTable, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is refused and why; where nothing is left to publish, that too."""
        nothing = () if self.made else ("So there is no public table to publish, and no draft is written.",)
        return (*(table.sentence for table in self.refused), *nothing)


def needs(file: Path = NEEDS) -> dict[str, tuple[str, ...]]:
    """Figure (a mart, a mart's column or a tile) -> contract columns it is made from.

    An indicator may say its own in its passport, under `needs`: also columns that only some profiles have. Raises
    RunError naming the file, the row and the column that no profile can map.
    """
    found: dict[str, tuple[str, ...]] = {}
    read, known = ConfigurationFile(file, RunError), _columns_of_contract()
    for row in read.rows(("figure", "column"), filled=("figure", "column")):
        if row["column"] not in known:
            raise read.wrong(
                f"{row['figure']}: {row['column']} is not a column of the contract; known: {', '.join(known)}."
            )
        found[row["figure"]] = (*found.get(row["figure"], ()), row["column"])
    return found | needs_in_passports()


def needs_in_passports(folder: Path = PASSPORTS) -> dict[str, tuple[str, ...]]:
    """Indicator -> the columns that its passport names under `needs`, such as case.destination."""
    found = {}
    for passport in sorted(folder.glob("*.yml")):
        named = indicator_in(passport).get("needs")
        if named is not None and (not isinstance(named, list) or not all(isinstance(one, str) for one in named)):
            raise RunError(f"{passport.name}: meta.indicator.needs must be a list of columns such as case.risk.")
        if named:
            found[passport.stem] = tuple(named)
    return found


def unmapped_columns(profile: Profile) -> tuple[str, ...]:
    """Columns that some indicator needs, that the contract does not have, and that this profile does not map either."""
    mapped = {f"{section.name}.{column}" for section in profile.fields.values() for column in section.columns}
    needed = {column for columns in needs().values() for column in columns}
    return tuple(sorted(needed - mapped - {*_columns_of_contract()}))


def keep_absent_columns(build: Path, manifest: Mapping[str, Any]) -> None:
    """Writes into a build what its snapshot's manifest says is not asked, and which public tables its profile lists."""
    (build / FILE).write_text(json.dumps(manifest.get("absent_columns", [])) + "\n", "utf-8")
    (build / LISTED).write_text(json.dumps(manifest.get("public_tables")) + "\n", "utf-8")


def refused_figures(build: Path) -> dict[str, tuple[str, ...]]:
    """Figure -> the columns it lacks, for every figure of a build that this deployment cannot have.

    Raises RunError when the build does not say what its deployment asks: then no figure of it can be believed.
    """
    try:
        return lacking(json.loads((build / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        raise RunError(
            f"{build} does not say which columns its deployment does not ask ({FILE}); run the same dates again"
        ) from None


def lacking(absent: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Figure -> which of the absent columns it is made from, for every figure that is made from one."""
    found = {figure: tuple(column for column in columns if column in absent) for figure, columns in needs().items()}
    return {figure: columns for figure, columns in found.items() if columns}


def judged_by_nothing(absent: Collection[str]) -> set[str]:
    """Tables and columns of snapshot and marts that hold no answers, since these contract columns are absent."""
    return {*lacking(absent), *(column.replace("case.", "cases.", 1) for column in absent)}


def public_tables(build: Path) -> Tables:
    """The public tables that the deployment of a build lists, as it can have them; otherwise as `refused_figures`."""
    refused, catalogue = refused_figures(build), catalogue_of(build)
    return sorted_out((in_names_of(catalogue, spec) for spec in _listed_tables(build)), refused)


def _listed_tables(build: Path) -> tuple[TableSpec, ...]:
    try:
        listed = json.loads((build / LISTED).read_text("utf-8"))
    except (OSError, ValueError):
        raise RunError(
            f"{build} does not say which public tables its deployment lists ({LISTED}); run the same dates again"
        ) from None
    return tuple(spec for spec in load_tables() if listed is None or spec.id in listed)


def catalogue_of(build: Path) -> Catalogue:
    """The dimensions and levels of the deployment of a build."""
    with open_warehouse(build) as warehouse:
        queries = {
            name: f"select {', '.join(columns)} from marts.{name} order by all" for name, columns in FRAMES.items()
        }
        return read_catalogue({name: warehouse.execute(query).df() for name, query in queries.items()})


def sorted_out(specs: Iterable[TableSpec], refused: Mapping[str, tuple[str, ...]]) -> Tables:
    """Of these tables those that can be made, and those that cannot. refused: as `refused_figures` gives it."""
    found = [RefusedTable(spec, _lacking(spec, refused)) for spec in specs]
    return Tables(tuple(one.spec for one in found if not one.lacking), tuple(one for one in found if one.lacking))


def _lacking(spec: TableSpec, refused: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    figures = [spec.mart, *(f"{spec.mart}.{dimension.column}" for dimension in spec.dimensions.values())]
    return tuple(dict.fromkeys(column for figure in figures for column in refused.get(figure, ())))


def empty_refused_marts(build: Path) -> None:
    """Takes every row of a refused figure out of the marts: a count of what nobody was asked is no figure at all."""
    refused = [*refused_figures(build)]
    with duckdb.connect(str(warehouse_file(build)), config=PRIVATE_MEMORY) as warehouse:
        marts = warehouse.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        for (mart,) in marts:
            if mart in refused:
                warehouse.execute(f"delete from marts.{mart}")
        for mart, column in BY_NAME.items():
            warehouse.execute(f"delete from marts.{mart} where list_contains($refused, {column})", {"refused": refused})


def _columns_of_contract() -> list[str]:
    return [f"{section}.{column}" for section, columns in contract().items() for column in columns]
