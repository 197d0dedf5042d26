# ruff: noqa: RUF001, RUF002 - look-alikes are what this module is about
"""Two people answer for a release: when two names can pass for one person's, they count as one.

Compared is what a reader sees. Names are split into parts; order, case, accents, full stops, hyphens and invisible
characters do not matter, nor do letters of other scripts that look the same (as in Unicode's UTS 39), or Ukrainian
names written in Latin letters (by the Cabinet of Ministers' table of 2010). An initial is the name that it may stand
for. That somebody is who they say is not proved by any of this.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import permutations

from publications.errors import PublicationError

SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")  # of which look-alikes are known; names in others cannot be told apart
# letters that are seen as nothing, though they are letters to Unicode
FILLERS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u17b4\u17b5"))
CAPITALS = dict(
    zip("АВЕЅІЇЈКМНОРСТУХЬԚԜӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIIJKMHOPCTYXBQWIABEZHIKMNOPTYX", strict=True),
)
SMALL = dict(
    zip("аеѕіјкморсухьһԁԛԝӏпгтαικνορυχωγτεη", "aesijkmopcyxbhdqwlnrtaikvopuxwyten", strict=True),
)
ONE_STROKE = dict.fromkeys("IlІӀӏΙ|1", "l") | {"0": "o"}
UKRAINIAN = dict(zip("абвгґдеєжзиіїйклмнопрстуфхцчшщюя", (
    "a", "b", "v", "h", "g", "d", "e", "ie", "zh", "z", "y", "i", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t",
    "u", "f", "kh", "ts", "ch", "sh", "shch", "iu", "ia",
), strict=True)) | {"ь": ""}  # fmt: skip
LATIN_LETTER = re.compile(r"LATIN (?:CAPITAL |SMALL )?LETTER (?:SMALL CAPITAL |DOTLESS |SCRIPT )*([A-Z])(?: WITH .*)?")
MOST_PARTS = 6  # names of more parts are not tried in every order, written as one word


@dataclass(frozen=True)
class Approver:
    """A person who answers for a release, and in which role."""

    name: str
    role: str


def check_two_people(first: Approver, second: Approver) -> None:
    """Raises PublicationError unless both have a name in letters, and not one that may be the same person's."""
    for approver in (first, second):
        _check_name(approver.name)
    if any(_may_be_one(see(first.name), see(second.name)) for see in VIEWS):
        raise PublicationError(
            "A release needs two different people by name, and these two may be one: give --by and --second in full."
        )


def check_day(approved_on: date, known_at: date, today: date) -> None:
    """Raises PublicationError unless the day of approval lies from the day the draft's records end to today."""
    if not known_at <= approved_on <= today:
        raise PublicationError(
            f"A draft of records received by {known_at} is approved from that day on, and not after today, {today}; "
            f"{approved_on} is neither. Give another day, or set this machine's clock."
        )


def as_written(name: str) -> str:
    """Return a name or note as the record keeps it: composed, without what cannot be seen, one space between parts."""
    composed = unicodedata.normalize("NFC", name)
    seen = (" " if unicodedata.category(c) == "Cc" else c for c in composed if unicodedata.category(c) != "Cf")
    return " ".join("".join(seen).split())


def check_text(text: str, what: str) -> None:
    """Raises PublicationError, naming `what`, for text that cannot be written as UTF-8."""
    if any(unicodedata.category(c) == "Cs" for c in text):
        raise PublicationError(f"{what} holds bytes that are no text; write it again.")


def _check_name(name: str) -> None:
    check_text(name, "The name of an approver")
    parts = _parts(_plain(name))
    scripts = [{unicodedata.name(c, "?").split()[0] for c in part} for part in parts]
    if not any(len(part) > 1 for part in parts):
        raise PublicationError("A release needs two different people by name: write each name in letters, in full.")
    if any(len(found) > 1 or not found <= set(SCRIPTS) for found in scripts):
        raise PublicationError(
            "A release needs two different people by name, and a name must be readable: write it in letters of one "
            "script, Latin, Cyrillic or Greek."
        )


def _plain(name: str) -> str:
    """Compatibility forms, accents and all that cannot be seen are gone; letters keep their script and case."""
    composed = unicodedata.normalize("NFKC", name).translate(FILLERS)
    seen = "".join(c for c in composed if unicodedata.category(c) not in ("Cf", "Cc", "Cn", "Co"))
    return "".join(_base(c) for c in unicodedata.normalize("NFKD", seen) if not unicodedata.category(c).startswith("M"))


def _base(letter: str) -> str:
    """The letter without strokes, hooks and the like: ł is l, ı is i, қ is к."""
    name = unicodedata.name(letter, "")
    latin = LATIN_LETTER.fullmatch(name)
    if latin and not letter.isascii():
        return latin[1] if letter.isupper() else latin[1].lower()
    try:
        return unicodedata.lookup(name.partition(" WITH ")[0]) if " WITH " in name and letter.isalpha() else letter
    except KeyError:
        return letter


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\W\d_]+", name) if part]


def _as_capitals(name: str) -> list[str]:
    return _parts("".join(CAPITALS.get(c, c) for c in _plain(name).upper()).casefold())


def _as_small(name: str) -> list[str]:
    return _parts("".join(SMALL.get(c, c) for c in _plain(name).casefold()))


def _at_a_glance(name: str) -> list[str]:
    """Strokes that look the same, digits among letters, and pairs that look like one letter."""
    strokes = "".join(ONE_STROKE.get(c, SMALL.get(c, CAPITALS.get(c, c))) for c in _plain(name)).casefold()
    return _parts(strokes.replace("i", "l").replace("rn", "m").replace("vv", "w"))


def _in_latin(name: str) -> list[str]:
    """A Ukrainian name as its bearer's passport writes it; y and i, kh and h are not told apart."""
    accented = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in ("Cf", "Cc"))
    latin = "".join(UKRAINIAN.get(c, c) for c in accented.casefold())
    return _parts(_plain(latin).casefold().replace("y", "i").replace("kh", "h"))


VIEWS: tuple[Callable[[str], list[str]], ...] = (_as_capitals, _as_small, _at_a_glance, _in_latin)


def _may_be_one(one: list[str], other: list[str]) -> bool:
    fewer, more = sorted((_without_repeats(one), _without_repeats(other)), key=len)
    return _fits(fewer, more) or "".join(one) in _run_together(other) or "".join(other) in _run_together(one)


def _without_repeats(parts: list[str]) -> list[str]:
    return list(dict.fromkeys(parts))


def _fits(fewer: list[str], more: list[str]) -> bool:
    """Whether each part of the shorter name is one of the longer name's, initials taken for what they begin."""
    if not fewer:
        return True
    first, rest = fewer[0], fewer[1:]
    return any(
        _same_part(first, part) and _fits(rest, more[:place] + more[place + 1 :]) for place, part in enumerate(more)
    )


def _same_part(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def _run_together(parts: list[str]) -> Iterator[str]:
    if len(parts) <= MOST_PARTS:
        yield from ("".join(order) for order in permutations(parts))
