"""One code, however it is typed: composed or decomposed letters, cedilla or comma below, invisible and odd spaces."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

COMMA_BELOW = str.maketrans("\u0162\u0163\u015e\u015f", "\u021a\u021b\u0218\u0219")  # Romanian, before Unicode 3.0
NEAR = 0.6  # difflib's own measure of likeness

# what files call totals, in small letters
TOTAL_WORDS = frozenset({
    "_t", "all", "ensemble", "gesamt", "grand total", "i alt", "insgesamt", "overall", "sum", "tot", "total",
    "total general", "totale", "totals", "toate", "tous", "всього", "разом", "усього",
})  # fmt: skip


def folded(text: str) -> str:
    """The text with one spelling for letters that look the same, single spaces, and nothing invisible.

    >>> folded("\\ufeffT\\u0327a\\u00a0 b ") == folded("\\u021aa b")
    True
    """
    visible = "".join(sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign) != "Cf")
    return " ".join(visible.translate(COMMA_BELOW).split())


def same_letters(texts: Iterable[str]) -> tuple[str, str] | None:
    """The first two different texts that are the same letters; None without such."""
    seen: dict[str, str] = {}
    for text in texts:
        earlier = seen.setdefault(folded(text), text)
        if earlier != text:
            return earlier, text
    return None


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The known text that is most like another; None when none is."""
    by_form = {folded(one).casefold(): one for one in known}
    found = get_close_matches(folded(text).casefold(), list(by_form), n=1, cutoff=NEAR)
    return by_form[found[0]] if found else None


def hint(code: str, known: Iterable[str]) -> str:
    """The end of a sentence on an unknown code: the key to add where it looks like a total, else the nearest code."""
    if folded(code).casefold() in TOTAL_WORDS:
        return f". If the file calls a total so, add to the SPEC `total: {code}`."
    return suggestion(code, known) or "."


def suggestion(text: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the nearest known text; empty when none is near."""
    found = nearest(text, known)
    return "" if found is None else f": did you mean {found}?"


@dataclass(frozen=True, eq=False)
class Codes:
    """What a file may hold -> the code of the SPEC that it stands for."""

    known: Mapping[str, str]

    @cached_property
    def _by_letters(self) -> dict[str, str]:
        return {folded(text): code for text, code in self.known.items()}

    def find(self, text: str) -> str | None:
        """The code, in whatever spelling; None when the SPEC does not have it."""
        found = self.known.get(text)
        return self._by_letters.get(folded(text)) if found is None else found
