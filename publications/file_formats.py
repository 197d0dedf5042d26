"""What a format is, and which there are: every module of `formats/`, found by looking there."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from publications import formats
from publications.dataset import Dataset
from publications.errors import PublicationError
from publications.plain_files import printable
from publications.publication_texts import Texts


@dataclass(frozen=True)
class Format:
    """A format of the public files.

    - `name`: as its module is called.
    - `files`: the files of a data set, by name. The same data set gives the same bytes.
    - `words`: what the cover says of the format, by language, where the texts have no phrase `format_<name>`.
    """

    name: str
    files: Callable[[Dataset], Mapping[str, bytes]]
    words: Mapping[str, str] = field(default_factory=dict)

    def described(self, texts: Texts) -> str:
        """What the cover says of it in one language. Raises PublicationError when that is written nowhere."""
        key = f"format_{self.name}"
        if texts.knows(key):
            return texts(key)
        if texts.language in self.words:
            return self.words[texts.language]
        raise PublicationError(
            f"The format {self.name} has no words for the cover in {texts.language}: write {key} among the texts of "
            f"publications, or words of {texts.language} in publications/formats/{self.name}.py."
        )


def all_formats(folder: ModuleType = formats) -> tuple[Format, ...]:
    """Return the format of every module in the folder, in the order of their names.

    Raises PublicationError when a module offers none, or one under another name than its own.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return tuple(_format_of(importlib.import_module(f"{folder.__name__}.{name}"), name) for name in names)


def _format_of(module: ModuleType, name: str) -> Format:
    found = getattr(module, "FORMAT", None)
    if not isinstance(found, Format) or found.name != name:
        raise PublicationError(f"publications/formats/{name}.py offers no FORMAT of the name {name}; define it there.")
    return found


def files_in_every_format(dataset: Dataset) -> dict[str, bytes]:
    """Return the files of all formats: name -> bytes. Raises PublicationError when two formats claim one file."""
    files: dict[str, bytes] = {}
    for one in all_formats():
        made = one.files(dataset)
        twice = sorted(files.keys() & made.keys())
        if twice:
            raise PublicationError(
                f"{one.name} writes {printable(twice[0])}, which another format writes too: let each name its own."
            )
        files |= made
    return files
