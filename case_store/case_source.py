"""Opens a case store for reading, by whichever reader its address belongs to, and holds it to the contract."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pyarrow as pa

from case_store import readers
from case_store.errors import CaseStoreError
from case_store.source_contract import CONFIGURATION, RECORDS, SURVEY, VERSION, Reader, SourceReader, SourceState


class Source:
    """A case store as of one moment; what its reader gives has the contract's columns, or is refused."""

    def __init__(self, name: str, reader: SourceReader) -> None:
        self._name = name
        self._reader = reader

    def state(self) -> SourceState:
        """Server, place in its history, and how much it holds."""
        return self._reader.state()

    def configuration(self) -> Mapping[str, pa.Table]:
        """The tables of CONFIGURATION. Raises CaseStoreError when one has other columns than the contract's."""
        return self._agreed(self._reader.configuration(), CONFIGURATION)

    def survey(self) -> Mapping[str, pa.Table]:
        """The tables of SURVEY. Raises CaseStoreError when one has other columns than the contract's."""
        return self._agreed(self._reader.survey(), SURVEY)

    def is_marked_synthetic(self) -> bool:
        """Whether the store as a whole, and every case in it, says that it is synthetic."""
        return self._reader.is_marked_synthetic()

    def ranges(self) -> Sequence[Any]:
        """Ranges of cases that together hold each case once."""
        return self._reader.ranges()

    def read(self, case_range: Any, listed_keys: Sequence[str]) -> Mapping[str, pa.Table]:
        """The tables of RECORDS. Raises CaseStoreError when one has other columns than the contract's."""
        return self._agreed(self._reader.read(case_range, listed_keys), RECORDS)

    def _agreed(self, tables: Mapping[str, pa.Table], schemas: Mapping[str, pa.Schema]) -> Mapping[str, pa.Table]:
        for name, schema in schemas.items():
            found = tables[name].schema if name in tables else pa.schema([])
            if (found.names, found.types) != (schema.names, schema.types):
                raise CaseStoreError(
                    f"The reader '{self._name}' gives the table '{name}' as ({_columns(found)}), but version {VERSION} "
                    f"of the contract of readers has ({_columns(schema)}): mend case_store/readers/{self._name}.py."
                )
        return tables


@contextmanager
def open_source(address: str) -> Iterator[Source]:
    """Open the case store at an address, such as postgresql://user@host/database, for the time of a `with` block.

    Raises CaseStoreError when no reader knows such an address, or the store cannot be opened.
    """
    reader = reader_of(address)
    with reader.opened(address) as opened:
        yield Source(reader.name, opened)


def reader_of(address: str, folder: ModuleType = readers) -> Reader:
    """The one reader to which an address belongs. Raises CaseStoreError, without the address, when not just one does.

    An address may hold a password, so no message repeats it.
    """
    known = all_readers(folder)
    found = [reader for reader in known if reader.reads(address)]
    if len(found) != 1:
        which = f"{len(found)} readers ({', '.join(r.name for r in found)}) claim" if found else "no reader knows"
        raise CaseStoreError(
            f"The case store cannot be opened: {which} the address in CASESTORE_DSN; write one of: "
            f"{'; '.join(reader.addresses for reader in known)}."
        )
    return found[0]


def all_readers(folder: ModuleType = readers) -> tuple[Reader, ...]:
    """Every reader in the folder, by name. Raises CaseStoreError for one that offers none or fills another version."""
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return tuple(_reader(folder, name) for name in names)


def _reader(folder: ModuleType, name: str) -> Reader:
    reader = getattr(importlib.import_module(f"{folder.__name__}.{name}"), "READER", None)
    where = f"case_store/readers/{name}.py"
    if not isinstance(reader, Reader) or reader.name != name:
        raise CaseStoreError(f"{where} offers no READER of the name {name}; define it there.")
    if reader.version != VERSION:
        raise CaseStoreError(
            f"{where} fills version {reader.version} of the contract of readers, but this is version {VERSION}: "
            "bring it up to date (docs/readers.md)."
        )
    return reader


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
