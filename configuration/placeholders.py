"""Texts in several languages with `{places}` to be filled in: the same places in each, and all of them filled."""

from collections.abc import Iterable, Mapping
from string import Formatter

from configuration.file import ConfigurationFile


def uneven_places(file: ConfigurationFile, texts: Mapping[str, Mapping[str, str | Iterable[str]]]) -> None:
    """Raise the file's refusal when a text (key -> language -> words) has other places in one language than another."""
    for key, by_language in texts.items():
        found = {language: _places(file, f"{key}.{language}", words) for language, words in by_language.items()}
        (first, places), *others = found.items()
        for language, here in others:
            odd = sorted(places ^ here)
            if odd:
                raise file.wrong(f"{key}: {{{odd[0]}}} stands in one of {first} and {language} only; write it in both.")


def filled(file: ConfigurationFile, key: str, words: str, values: Mapping[str, object]) -> str:
    """The words with their places filled. Raises the file's refusal for a place that nothing fills."""
    try:
        return words.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError) as odd:
        known = ", ".join(f"{{{name}}}" for name in values) or "none"
        raise file.wrong(f"{key}: nothing fills {odd}; places that are filled: {known}.") from None


def _places(file: ConfigurationFile, key: str, words: str | Iterable[str]) -> set[str]:
    try:
        parts = [words] if isinstance(words, str) else words
        return {name for part in parts for _, name, _, _ in Formatter().parse(part) if name is not None}
    except ValueError as broken:
        raise file.wrong(f"{key}: its braces are not in pairs ({broken}); correct them.") from None
