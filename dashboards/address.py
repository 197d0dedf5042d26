"""What a page's address asks for. Only the language and a breakdown: whose figures are shown is never in an address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from dashboards.page_texts import default_language, languages


@dataclass(frozen=True)
class Address:
    """A page's state: language, filter -> chosen code, and whether something in the address was not obeyed."""

    lang: str = field(default_factory=default_language)
    chosen: Mapping[str, str] = field(default_factory=dict)
    has_ignored: bool = False


def language_of(search: object) -> str:
    """The language that a query string asks for, or the default."""
    return parse_address(search, {}).lang


def parse_address(search: object, offered: Mapping[str, Collection[str]]) -> Address:
    """Read a query string such as '?lang=ro&sex=F'. What is not known, or no string at all, is ignored and noted.

    offered: filter -> the codes that may be chosen, as the serving file declares them.
    """
    if not isinstance(search, str):
        return Address(has_ignored=search is not None)
    allowed: dict[str, Collection[str]] = {**offered, "lang": languages()}
    pairs = parse_qsl(search[:500].removeprefix("?"), keep_blank_values=True)
    known = {key: value for key, value in pairs if value in allowed.get(key, ())}
    has_ignored = len(known) < len(pairs)
    return Address(known.pop("lang", default_language()), known, has_ignored)


def query(lang: str, chosen: Mapping[str, str] | None = None) -> str:
    """Write the query string of a state."""
    return "?" + urlencode({"lang": lang, **(chosen or {})})
