"""Overview: the figures of one's area on the day, as tiles with a sentence each, and as a table."""

from dataclasses import dataclass

from dash import html

from dashboards.data import About
from dashboards.page_texts import Words
from dashboards.pages.frame import Content, aria, how_counted, table


@dataclass(frozen=True)
class Tile:
    """One figure: the indicator, the indicator that it is a share of, and whether the share is what counts."""

    indicator: str
    whole: str | None = None
    is_share_first: bool = False


GROUPS = {
    "group_caseload": [
        Tile("registered"),
        Tile("registered_in_month"),
        Tile("open", "registered"),
        Tile("closed", "registered"),
    ],
    "group_protection": [
        Tile("with_concern", "registered"),
        Tile("unaccompanied_separated", "open"),
        Tile("high_risk", "registered"),
        Tile("caregivers"),
    ],
    "group_services": [
        Tile("referred", "registered"),
        Tile("placed", "referred"),
        Tile("follow_ups_on_time_in_quarter", "follow_ups_due_in_quarter", is_share_first=True),
    ],
}

INDICATORS = tuple(
    dict.fromkeys(name for tiles in GROUPS.values() for tile in tiles for name in (tile.indicator, tile.whole) if name)
)
"""The rows of the table `overview` that this page names. Month and quarter are those that hold `about.as_of`."""


def overview(values: dict[str, int], about: About, words: Words) -> Content:
    """Build the page from indicator -> value."""
    area = about.area_labels[words.lang]
    groups = [_group(title, tiles, values, about, words) for title, tiles in GROUPS.items()]
    caption = words("overview_caption", area=area, day=words.day(about.as_of))
    columns = [words("column_figure"), words("column_value"), words("column_share")]
    rows = [_row(tile, values, words) for tiles in GROUPS.values() for tile in tiles]
    return [
        html.H1(words("title_overview")),
        html.P(words("overview_lead", area=area), className="lead"),
        html.P(_freshness(about, words), className="fresh"),
        *groups,
        html.Details([html.Summary(words("overview_table")), table(caption, columns, rows)]),
        how_counted("how_counted_overview", words),
    ]


def _freshness(about: About, words: Words) -> str:
    as_of = words("data_as_of", as_of=words.day(about.as_of))
    known_at = words("data_known_at", known_at=words.day(about.known_at))
    return f"{as_of} · {known_at}"


def _group(title: str, tiles: list[Tile], values: dict[str, int], about: About, words: Words) -> html.Section:
    items = [_tile(tile, values, about, words) for tile in tiles]
    return html.Section([html.H2(words(title)), html.Ul(items, className="tiles")])


def _tile(tile: Tile, values: dict[str, int], about: About, words: Words) -> html.Li:
    value, share = _value_and_share(tile, values, words)
    is_asked = tile.indicator in values  # the file has no row for what the deployment's forms do not ask
    note = words(
        f"tile_{tile.indicator}_note" if is_asked else "tile_not_asked",
        value=value,
        share=share,
        whole=words.number(values.get(tile.whole or "")),
        day=words.day(about.as_of),
        month=words.month(about.as_of.strftime("%Y-%m")),
        quarter=words.quarter(about.as_of),
    )
    figure = share if tile.is_share_first else value
    title = html.H3(words(f"tile_{tile.indicator}"))
    return html.Li([title, html.P(figure, className="figure"), html.P(note), *_meter(tile, values)], id=tile.indicator)


def _meter(tile: Tile, values: dict[str, int]) -> list[html.Div]:
    """A bar as long as the share that the sentence names; nothing for a screen reader to repeat."""
    part, whole = values.get(tile.indicator), values.get(tile.whole or "")
    if part is None or not whole or not 0 <= part <= whole:
        return []
    width = {"width": f"{100 * part / whole:.1f}%"}
    return [html.Div(html.Div(style=width), className="meter", **aria(hidden="true"))]


def _row(tile: Tile, values: dict[str, int], words: Words) -> list[str]:
    value, share = _value_and_share(tile, values, words)
    if tile.indicator not in values:
        return [words(f"tile_{tile.indicator}"), words("tile_not_asked"), ""]
    return [words(f"tile_{tile.indicator}"), value, share if tile.whole else ""]


def _value_and_share(tile: Tile, values: dict[str, int], words: Words) -> tuple[str, str]:
    value = values.get(tile.indicator)
    return words.number(value), words.share(value, values.get(tile.whole or ""))
