"""The words of a room, one file for each language: `<folder>/<language>.yml`, with the same keys in each.

A second folder, such as a profile's, may add a language, or replace the words of a key.
"""

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable

from configuration.file import ConfigurationFile
from configuration.placeholders import uneven_places

ENDING = ".yml"
BLANK = " \t\n"  # a space that does not break is words: it stands between digits
OF_A_TABLE = "."  # in a key such as T1.title, which belongs to one table

Words = Mapping[str, Mapping[str, str]]  # key -> language -> text


def languages_in(folder: Traversable) -> tuple[str, ...]:
    """Return the languages of which the folder has a file, in the order of their codes."""
    names = (file.name for file in folder.iterdir() if file.is_file())
    return tuple(sorted(name.removesuffix(ENDING) for name in names if name.endswith(ENDING)))


def read_words(
    folder: Traversable, refusal: type[Exception], languages: Sequence[str], own: Traversable | None = None
) -> dict[str, dict[str, str]]:
    """Return the words by key and language, in the order of the first language's file.

    folder: the room's. own: another one, whose words come before the room's. Raises the refusal, naming file, key and
    language, for a language without a file, a key that one language lacks or has alone, words that are no text, and a
    place to fill in that another language does not have. Keys of tables are left to who knows the tables.
    """
    shared = languages_in(folder)
    known = {**_read(folder, shared[0], refusal)} if shared else {}
    by_language = {}
    for language in languages:
        found = {**_read(folder, language, refusal), **_read(own, language, refusal)}
        if not found:
            raise refusal(f"{_called(folder, language)}: there are no words in {language}; write this file.")
        by_language[language] = found
    _refuse_uneven_keys(folder, refusal, known, by_language)
    first = by_language[languages[0]]
    order = [*first, *(key for words in by_language.values() for key in words if key not in first)]
    words = {
        key: {language: found[key] for language, found in by_language.items() if key in found}
        for key in dict.fromkeys(order)
    }
    uneven_places(ConfigurationFile(folder, refusal, _called(folder)), words)
    return words


def _read(folder: Traversable | None, language: str, refusal: type[Exception]) -> dict[str, str]:
    if folder is None or not (folder / f"{language}{ENDING}").is_file():
        return {}
    file = ConfigurationFile(folder / f"{language}{ENDING}", refusal, _called(folder, language))
    found = file.mapping()
    for key, words in found.items():
        if not isinstance(key, str) or not isinstance(words, str) or not words.strip(BLANK):
            raise file.wrong(f"{key} holds no text in {language}; write it.")
    return found


def _refuse_uneven_keys(
    folder: Traversable, refusal: type[Exception], known: Mapping[str, str], by_language: Words
) -> None:
    every = {*known, *(key for words in by_language.values() for key in words)}
    for key in sorted(key for key in every if OF_A_TABLE not in key):
        having = [language for language, words in by_language.items() if key in words]
        lacking = [language for language in by_language if language not in having]
        if lacking and having and len(having) <= len(by_language) // 2 and key not in known:
            raise refusal(
                f"{_called(folder, having[0])}: {key} is a key in {having[0]} only; correct it, or take it out."
            )
        if lacking:
            raise refusal(f"{_called(folder, lacking[0])}: {key} is missing in {lacking[0]}; write it.")


def _called(folder: Traversable, language: str = "") -> str:
    """The last names of a file or folder: machines and users differ in the others."""
    parts = str(folder).replace("\\", "/").rstrip("/").split("/")[-2:]
    return "/".join([*parts, *([f"{language}{ENDING}"] if language else [])])
