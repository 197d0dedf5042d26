"""What a public table is: one YAML in `tables/`, read into a typed `TableSpec`; a name nobody knows is refused.

A table is a mart's measure over a few dimensions. Its `cells` are the margins that are protected and published, and
each margin is laid out as one sheet, so nothing can be shown that was not first protected.
"""

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator

from configuration.file import ConfigurationFile
from configuration.schema import Strict, Text, Texts, refusal_of
from publications.errors import PublicationError
from publications.phrases import Phrase, Phrases, all_phrases, shipped_languages
from publications.table_words import add_words, lacking_words, refuse_words_of_no_table

TABLES_FOLDER = Path(__file__).parent / "tables"
TOTAL = "_T"
UNKNOWN = "_U"

# events of the quarter; who is there on its last day; everyone since the launch
Period = Literal["flow", "stock", "cumulative"]
SHEET_NAME_LIMIT = 31  # Excel's


def one_of(known: tuple[str, ...]) -> BeforeValidator:
    """Return a check that a name is known; the refusal lists the known ones."""

    def check(value: Any) -> Any:
        if value not in known:
            raise ValueError(f"{value!r} is not known here; known: {', '.join(known)}")
        return value

    return BeforeValidator(check)


class DimensionSpec(Strict):
    """Where a dimension's codes stand in the mart, and the classification that groups and names them."""

    column: Text
    classification: Text
    without: Texts = ()  # codes that the population cannot have; a count of one is refused
    only: Texts = ()  # roles: of the concepts, those that the population can have


class Margin(Strict):
    """One margin of the table: the levels crossed, and the sheet on which they are shown."""

    sheet: Text
    sheet_name: Phrase
    title: Phrase
    levels: dict[Text, Annotated[list[Text], Field(min_length=1)]]
    rows: list[Text]
    columns: Text | None = None

    @model_validator(mode="after")
    def lays_out_its_own_dimensions(self) -> "Margin":
        shown = [*self.rows, *([self.columns] if self.columns else [])]
        if not set(shown) <= set(self.levels) or len(set(shown)) < len(shown):
            raise ValueError(f"rows and columns must show dimensions of levels, each once: {', '.join(self.levels)}")
        too_long = [name for name in self.sheet_name.root.values() if len(name) > SHEET_NAME_LIMIT]
        if too_long:
            raise ValueError(f"sheet names have at most {SHEET_NAME_LIMIT} letters: {', '.join(too_long)}")
        return self


class TableSpec(Strict):
    """One public table."""

    id: Text
    title: Phrase
    population: Phrase
    indicator: Text
    unit_measure: Text
    mart: Text
    measure: Text
    period: Annotated[Period, one_of(get_args(Period))]
    dimensions: dict[Text, DimensionSpec]
    cells: list[Margin]
    notes: list[Phrase]
    _file: str = PrivateAttr("")

    @property
    def called(self) -> str:
        """What messages call it: its file, where it was read from one."""
        return self._file or f"The public table {self.id}"

    @model_validator(mode="after")
    def crosses_only_its_own_dimensions(self) -> "TableSpec":
        for margin in self.cells:
            for dimension in margin.levels:
                if dimension not in self.dimensions:
                    known = ", ".join(self.dimensions)
                    raise ValueError(f"{margin.sheet} uses {dimension!r}; known dimensions of {self.id}: {known}")
        return self

    @property
    def margins(self) -> list[dict[str, list[str]]]:
        """The margins as the protection asks for them: dimension -> levels; a dimension not named is totalled."""
        return [dict(margin.levels) for margin in self.cells]

    @property
    def definition(self) -> dict[str, Any]:
        """What the table counts, in plain texts: all that makes its figures others when it changes, and no words."""
        named = ("id", "indicator", "unit_measure", "mart", "measure", "period")
        dimensions = {name: dimension.model_dump(mode="json") for name, dimension in self.dimensions.items()}
        return {**{name: getattr(self, name) for name in named}, "dimensions": dimensions}

    @property
    def file_name(self) -> str:
        """The name of the table's CSV file."""
        return f"{self.id}_{self.mart}.csv"


def load_tables(
    folder: Path = TABLES_FOLDER, languages: tuple[str, ...] = (), own: Traversable | None = None
) -> tuple[TableSpec, ...]:
    """Return every public table of the folder, in the order of the file names.

    languages, own: as `phrases.all_phrases` takes them. Raises PublicationError naming the file and the key when a
    table is incomplete, lacks words in a language, uses an unknown name or repeats an id.
    """
    phrases = all_phrases(languages, own)
    tables = tuple(
        _load_table(path, phrases, languages or shipped_languages()) for path in sorted(folder.glob("*.yml"))
    )
    if not tables:
        raise PublicationError(f"{folder.name}: it holds no public table (*.yml); put them back.")
    _refuse_repeats("table id", [table.id for table in tables], folder)
    _refuse_repeats("sheet", [margin.sheet for table in tables for margin in table.cells], folder)
    sheets = {table.id: [margin.sheet for margin in table.cells] for table in tables}
    refuse_words_of_no_table(set(phrases) - set(all_phrases()), sheets)
    return tables


def worded(table: TableSpec, phrases: Phrases, languages: tuple[str, ...]) -> TableSpec:
    """Return a table in other words, or in other languages. Raises PublicationError for words that it then lacks."""
    return _worded(table.model_dump(), phrases, languages, ConfigurationFile(TABLES_FOLDER, PublicationError, table.id))


def _load_table(path: Path, phrases: Phrases, languages: tuple[str, ...]) -> TableSpec:
    file = ConfigurationFile(path, PublicationError)
    return _worded(file.mapping(), phrases, languages, file)


def _worded(
    content: Mapping[str, Any], phrases: Phrases, languages: tuple[str, ...], file: ConfigurationFile
) -> TableSpec:
    content = add_words(content, phrases, languages)
    if lacking := lacking_words(content):
        raise file.wrong(lacking)
    try:
        table = TableSpec.model_validate(content)
    except ValidationError as error:
        raise refusal_of(file, error.errors()) from None
    for key, phrase in _phrases_of(table):
        for language in languages:
            if language not in phrase.languages:
                raise file.wrong(f"{key}.{language} is missing; write it here or in texts/{language}.yml.")
    table._file = file.called
    return table


def _phrases_of(table: TableSpec) -> Iterator[tuple[str, Phrase]]:
    yield from (("title", table.title), ("population", table.population))
    for number, margin in enumerate(table.cells):
        yield from ((f"cells.{number}.sheet_name", margin.sheet_name), (f"cells.{number}.title", margin.title))
    yield from ((f"notes.{number}", note) for number, note in enumerate(table.notes))


def _refuse_repeats(what: str, names: list[str], folder: Path) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise PublicationError(f"{folder.name}: {what} {', '.join(repeated)} is used twice; give each its own.")
