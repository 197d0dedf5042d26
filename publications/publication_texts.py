"""The words of the publications in one language, with the day and the source put into them."""

from datetime import date

from configuration.file import ConfigurationFile
from configuration.placeholders import filled
from publications.errors import PublicationError
from publications.phrases import TEXTS_FOLDER, Phrases, all_phrases
from publications.source import Source


class Texts:
    """The phrases of one language. Unknown phrases are refused with the list of known ones.

    What is said of the records themselves depends on their source, so it can only be asked where that is known.
    """

    def __init__(self, language: str, phrases: Phrases, source: Source | None = None) -> None:
        self.language = language
        self._phrases = phrases
        self._source = source
        name = f"{language}.yml"
        self._file = ConfigurationFile(
            TEXTS_FOLDER / name, PublicationError, f"publications/{TEXTS_FOLDER.name}/{name}"
        )

    def __call__(self, key: str, **values: object) -> str:
        """Return the phrase, with its `{places}` filled in."""
        if not self.knows(key):
            raise self._file.wrong(f"there is no phrase {key!r}; known: {', '.join(self._phrases)}.")
        return filled(self._file, key, self._phrases[key][self.language], values)

    def knows(self, key: str) -> bool:
        """Whether there is a phrase of this key in this language."""
        return key in self._phrases and self.language in self._phrases[key].languages

    def of_source(self, key: str) -> str:
        """Return what is said of the source: of made-up records the phrase `synthetic_<key>`, else `real_<key>`."""
        if self._source is None:
            raise PublicationError(f"The phrase {key!r} says where records come from, which is not known here.")
        return self(f"{self._source.kind}_{key}", source=self._source.name[self.language])

    def starting_with(self, prefix: str) -> list[str]:
        """Return the keys that start so, in the order of the file."""
        return [key for key in self._phrases if key.startswith(prefix)]

    def day(self, day: date) -> str:
        """Return a date in words: 31 December 2023."""
        return self("date", day=day.day, month=self("months").split()[day.month - 1], year=day.year)


def texts_in(language: str, phrases: Phrases | None = None, source: Source | None = None) -> Texts:
    """Return the texts of one language, from the phrases given or those of the program, of figures from `source`.

    Raises PublicationError when a phrase is missing in a language.
    """
    return Texts(language, all_phrases() if phrases is None else phrases, source)
