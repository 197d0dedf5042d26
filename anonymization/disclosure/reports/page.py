"""Pages of plain HTML in one file: nothing is fetched, no script runs, every text is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, tostring

STYLE_FILE = Path(__file__).with_name("page.css")

LONG_VALUE = 24

Part = Element | str


def tag(name: str, /, *parts: Part, **attributes: str) -> Element:
    """An element with texts and elements in it. A trailing underscore of an attribute's name is dropped; - for _.

    >>> tostring(tag("p", "a < b ", tag("b", "c"), class_="note"), encoding="unicode")
    '<p class="note">a &lt; b <b>c</b></p>'
    """
    element = Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    for part in parts:
        if isinstance(part, Element):
            element.append(part)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + part
        else:
            element.text = (element.text or "") + part
    return element


def page(language: str, title: str, sections: Iterable[Element]) -> str:
    """A whole page: one h1, then the sections, in one `main`."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", STYLE_FILE.read_text("utf-8")),
    )
    document = tag("html", head, tag("body", tag("main", tag("h1", title), *sections)), lang=language)
    return f"<!doctype html>\n{tostring(document, encoding='unicode', method='html')}\n"


def section(title: str, *parts: Part) -> Element:
    """A section under a heading of the second level; texts become paragraphs."""
    return tag("section", tag("h2", title), *(tag("p", part) if isinstance(part, str) else part for part in parts))


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    """A table with a caption; the first cell of each row is its heading, the others are numbers."""
    head = tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns)))
    body = tag(
        "tbody", *(tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows)
    )
    framed = tag("table", tag("caption", caption), head, body)
    return tag("div", framed, class_="wide", role="region", aria_label=caption, tabindex="0")


def terms(pairs: Mapping[str, str]) -> Element:
    """A list of terms and what they are."""
    return tag("dl", *(tag("div", tag("dt", term), tag("dd", value, **_long(value))) for term, value in pairs.items()))


def _long(value: str) -> dict[str, str]:
    return {"class": "long"} if len(value) > LONG_VALUE else {}


def bullets(items: Iterable[str]) -> Element:
    """A list."""
    return tag("ul", *(tag("li", item) for item in items))


def figure(picture: Element, caption: str) -> Element:
    """A picture with its caption."""
    return tag("figure", picture, tag("figcaption", caption))
