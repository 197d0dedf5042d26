"""Graph 1: registrations per month, a picture for the README and readers inside. It is no part of a public release."""

from xml.etree import ElementTree

import pandas as pd
import pygal
from pygal.style import Style

from publications.cells import refuse_repeated_keys
from publications.phrases import Phrases
from publications.publication_texts import Texts, texts_in
from publications.source import Source

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#333333",
    foreground_strong="#111111",
    foreground_subtle="#666666",
    colors=("#1f5f8b",),
    font_family="Arial, Helvetica, sans-serif",
    title_font_size=22,
    label_font_size=14,
    major_label_font_size=14,
    value_font_size=12,
)


def monthly_registrations_svg(
    months: pd.DataFrame, language: str, source: Source, phrases: Phrases | None = None
) -> bytes:
    """Return Graph 1 as SVG from month ('YYYY-MM'), count (missing when not shown), one row per month.

    The same input gives the same bytes: no clock, no random ids, no script, nothing fetched. Screen readers read its
    title and description out.
    """
    refuse_repeated_keys(months, ["month"], "Graph 1")
    texts = texts_in(language, phrases, source)
    ordered = months.sort_values("month").astype({"count": "Int64"})
    counts = [None if pd.isna(count) else int(count) for count in ordered["count"]]
    names = list(ordered["month"])
    title = texts("graph_title", first=names[0], last=names[-1])
    chart = _chart(title, names, counts, texts)
    return _accessible(chart.render(), title, _in_words(names, counts, texts), language)


def _chart(title: str, months: list[str], counts: list[int | None], texts: Texts) -> pygal.Bar:
    chart = pygal.Bar(
        js=[],
        style=STYLE,
        width=1000,
        height=520,
        explicit_size=True,
        show_legend=False,
        show_y_guides=False,  # the figures stand on the bars
        x_label_rotation=45,
        print_values=True,
        print_values_position="top",
        value_formatter=lambda count: f"{count:,.0f}".replace(",", "\u00a0"),
        title=f"{title}\n{texts.of_source('short')}",
        x_title=texts("graph_month"),
        y_title=texts("column_children"),
        range=(0, max((count for count in counts if count is not None), default=1)),
    )
    chart.uuid = f"graph1-{texts.language}"  # pygal draws a random one
    chart.x_labels = months
    chart.add(texts("column_children"), counts)
    return chart


def _in_words(months: list[str], counts: list[int | None], texts: Texts) -> str:
    figures = [f"{month}: {'[c]' if count is None else count}" for month, count in zip(months, counts, strict=True)]
    return f"{texts.of_source('banner')} {'; '.join(figures)}."


def _accessible(svg: bytes, title: str, description: str, language: str) -> bytes:
    """Drop pygal's scripts and its comment (which holds today's date); name and describe the picture."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag == f"{{{SVG}}}script"]:
            parent.remove(child)
    for existing in root.findall(f"{{{SVG}}}title"):
        root.remove(existing)
    for position, (tag, words) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"graph1-{language}-{tag}"})
        element.text = words
        root.insert(position, element)
    root.attrib |= {
        "role": "img",
        "lang": language,
        "aria-labelledby": f"graph1-{language}-title graph1-{language}-desc",
    }
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
