"""What a page's address asks for. Only the language and a breakdown: whose figures are shown is never in an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from dashboards.page_texts import DEFAULT_LANGUAGE, LANGUAGES
from dashboards.serving_contract import SEXES

_ALLOWED: Mapping[str, tuple[str, ...]] = {"lang": tuple(LANGUAGES), "sex": SEXES}


@dataclass(frozen=True)
class Address:
    """A page's state: language, sex (None = everybody), and whether something in the address was not obeyed."""

    lang: str = DEFAULT_LANGUAGE
    sex: str | None = None
    has_ignored: bool = False


def parse_address(search: object) -> Address:
    """Read a query string such as '?lang=ro&sex=F'. What is not known, or no string at all, is ignored and noted."""
    if not isinstance(search, str):
        return Address(has_ignored=search is not None)
    pairs = parse_qsl(search[:500].removeprefix("?"), keep_blank_values=True)
    known = {key: value for key, value in pairs if value in _ALLOWED.get(key, ())}
    return Address(known.get("lang", DEFAULT_LANGUAGE), known.get("sex"), len(known) < len(pairs))


def query(lang: str, sex: str | None = None) -> str:
    """Write the query string of a state."""
    return "?" + urlencode({"lang": lang} | ({"sex": sex} if sex else {}))
