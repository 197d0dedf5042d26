"""The words of a table: inline in its YAML, or among the texts by keys such as `T1.title`, which come first."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from publications.errors import PublicationError
from publications.phrases import Phrases

NOTE = "note_"
WORDED = ("title", "population", "sheet_name")


def add_words(content: Mapping[str, Any], phrases: Phrases, languages: Collection[str]) -> dict[str, Any]:
    """Return a table as its YAML would be with these words in it, in these languages and no others."""
    said = _said_by(phrases)
    table_id = content.get("id")
    margins = content.get("cells")
    worded = _only(languages, {**content, **said(table_id, "title", "population")})
    if isinstance(margins, list):
        worded["cells"] = [_margin(margin, said, languages) for margin in margins]
    notes = [phrases[key].model_dump() for key in _keys(phrases, table_id) if key.partition(".")[2].startswith(NOTE)]
    notes = notes or content.get("notes", [])
    return {**worded, "notes": [_in(languages, note) for note in notes] if isinstance(notes, list) else notes}


def lacking_words(content: Mapping[str, Any]) -> str:
    """Return a sentence on the first words that a table of `add_words` has nowhere; nothing when it has all."""
    margins = content.get("cells")
    sheets = [margin for margin in margins if isinstance(margin, dict)] if isinstance(margins, list) else []
    owners = [("id", content, ("title", "population"))]
    owners += [(f"cells.{n}.sheet", margin, ("sheet_name", "title")) for n, margin in enumerate(sheets)]
    for key, owner, parts in owners:
        name = owner.get(key.rpartition(".")[2])
        for part in parts:
            if isinstance(name, str) and part not in owner:
                return f"{key}: {name} has no {part}; write it beside it, or as {name}.{part} in texts/<language>.yml."
    return ""


def refuse_words_of_no_table(keys: Iterable[str], sheets: Mapping[str, Iterable[str]]) -> None:
    """Raises PublicationError for a key such as T9.title, when there is no table and no sheet T9, or no such part.

    sheets: of each table, by its id, the ids of its sheets.
    """
    parts: dict[str, tuple[str, ...]] = {
        sheet: ("title", "sheet_name") for of_table in sheets.values() for sheet in of_table
    }
    parts |= dict.fromkeys(sheets, ("title", "population", f"{NOTE}1"))
    for key in keys:
        owner, dot, part = key.partition(".")
        if dot and owner not in parts:
            raise PublicationError(f"texts: {key}: there is no table or sheet {owner}; known: {', '.join(parts)}.")
        if dot and part not in parts[owner] and not (owner in sheets and part.startswith(NOTE)):
            raise PublicationError(f"texts: {key}: {owner} has no {part}; known: {', '.join(parts[owner])}.")


def _said_by(phrases: Phrases) -> Callable[..., dict[str, Any]]:
    def said(owner: object, *parts: str) -> dict[str, Any]:
        found = {part: phrases.get(f"{owner}.{part}") for part in parts}
        return {part: phrase.model_dump() for part, phrase in found.items() if phrase is not None}

    return said


def _margin(margin: Any, said: Callable[..., dict[str, Any]], languages: Collection[str]) -> Any:
    if not isinstance(margin, dict):
        return margin
    return _only(languages, {**margin, **said(margin.get("sheet"), "sheet_name", "title")})


def _only(languages: Collection[str], content: dict[str, Any]) -> dict[str, Any]:
    return {key: _in(languages, value) if key in WORDED else value for key, value in content.items()}


def _in(languages: Collection[str], phrase: Any) -> Any:
    return {one: phrase[one] for one in languages if one in phrase} if isinstance(phrase, dict) else phrase


def _keys(phrases: Phrases, owner: object) -> list[str]:
    return [key for key in phrases if key.partition(".")[0] == owner]
