"""Pictures for the internal report, drawn as SVG inside the page: the same figures give the same bytes."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import pandas as pd

from anonymization.disclosure.reports.page import Part, tag

INK, FRAME = "#1b1f23", "#d5dade"
VISIBLE, SECONDARY, PRIMARY = "#c9d3da", "#5b93b8", "#123f5e"
BAR, GAP, LABEL, WIDE = 22, 10, 190, 520


def stacked_shares(title: str, shares: pd.DataFrame) -> Element:
    """Horizontal bars, one a row of `shares` (index: name; columns: part -> share from 0 to 1), with a legend."""
    colours = dict(zip(shares.columns, (PRIMARY, SECONDARY, VISIBLE), strict=False))
    parts: list[Part] = [*_legend(colours)]
    for number, (row_name, row) in enumerate(shares.iterrows()):
        y = 34 + number * (BAR + GAP)
        parts += [_text(LABEL - 10, y + 16, str(row_name), "end"), *_bar(row, colours, y)]
    return _picture(title, LABEL + WIDE + 30, 40 + len(shares) * (BAR + GAP), parts)


def columns(title: str, heights: "pd.Series[int]", axis: str) -> Element:
    """Upright columns, one a value of `heights` (index: name), each with its number; `axis` names the index."""
    most, step, tall = max(int(heights.max()), 1), WIDE / max(len(heights), 1), 180
    parts: list[Part] = []
    for number, (name, value) in enumerate(heights.items()):
        height, x = tall * int(value) / most, 40 + number * step
        bar = tag("rect", x=_n(x), y=_n(30 + tall - height), width=_n(step * 0.8), height=_n(height), fill=SECONDARY)
        middle = x + step * 0.4
        parts += [bar, _text(middle, 24 + tall - height, f"{int(value):,}"), _text(middle, 48 + tall, str(name))]
    parts.append(_text(40 + WIDE / 2, 74 + tall, axis))
    return _picture(title, WIDE + 80, tall + 90, parts)


def heat_map(title: str, shares: pd.DataFrame) -> Element:
    """Squares coloured by share (index: rows, columns: columns; missing: no cell), with a scale."""
    side, left, top = 19, _room(shares.index), 14 + 0.87 * _room(shares.columns)
    bottom, right = top + len(shares) * side, left + shares.shape[1] * side
    parts: list[Part] = [*_scale(left, bottom + 14)]
    for x, name in enumerate(shares.columns):
        at = f"translate({_n(left + x * side + 13)},{_n(top - 6)}) rotate(-60)"
        parts.append(tag("text", str(name), transform=at, font_size="12", fill=INK))
    for y, (row_name, row) in enumerate(shares.iterrows()):
        parts.append(_text(left - 8, top + y * side + 13, str(row_name), "end", 12))
        parts += [_square(left + x * side, top + y * side, side, share) for x, share in enumerate(row)]
    # slanted names reach past the last square
    return _picture(title, max(right + 0.5 * _room(shares.columns), left + 330), bottom + 40, parts)


def _room(names: pd.Index) -> float:
    return 16 + 7 * max((len(str(name)) for name in names), default=0)


def _picture(title: str, width: float, height: float, parts: Sequence[Part]) -> Element:
    box = {"viewBox": f"0 0 {_n(width)} {_n(height)}", "width": _n(width), "height": _n(height)}
    style = {"font-family": "Arial, Liberation Sans, Helvetica, sans-serif", "role": "img", "aria-label": title}
    picture = tag("svg", tag("title", title), *parts)
    picture.attrib |= {"xmlns": "http://www.w3.org/2000/svg", **box, **style}
    return picture


def _bar(row: "pd.Series[float]", colours: dict[str, str], y: float) -> list[Element]:
    bars, x = [], float(LABEL)
    for part, share in row.items():
        told = tag("title", f"{part}: {share:.1%}")
        width = WIDE * float(share)
        bars.append(tag("rect", told, x=_n(x), y=_n(y), width=_n(width), height=str(BAR), fill=colours[str(part)]))
        x += width
    return bars


def _legend(colours: dict[str, str]) -> list[Element]:
    parts = []
    for number, (name, colour) in enumerate(colours.items()):
        x = LABEL + number * 150
        parts.append(tag("rect", x=_n(x), y="4", width="14", height="14", fill=colour))
        parts.append(_text(x + 20, 16, name, "start"))
    return parts


def _scale(left: float, y: float) -> list[Element]:
    steps = [(f"{share:.0%}", share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    parts = []
    for number, (name, share) in enumerate(steps):
        x = left + number * 64
        parts += [_square(x, y, 18, share), _text(x + 22, y + 13, name, "start", 12)]
    return parts


def _square(x: float, y: float, side: float, share: float) -> Element:
    if pd.isna(share):
        return tag("rect", x=_n(x), y=_n(y), width=_n(side - 2), height=_n(side - 2), fill="none", stroke=FRAME)
    mixed = (round(light + (dark - light) * share) for light, dark in ((232, 18), (238, 63), (243, 94)))
    colour = "#" + "".join(f"{value:02x}" for value in mixed)
    told = tag("title", f"{share:.0%} hidden")
    return tag("rect", told, x=_n(x), y=_n(y), width=_n(side - 2), height=_n(side - 2), fill=colour)


def _text(x: float, y: float, words: str, anchor: str = "middle", size: int = 13) -> Element:
    return tag("text", words, x=_n(x), y=_n(y), text_anchor=anchor, font_size=str(size), fill=INK)


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
