"""What stands around every page: banner, header with pages and languages, notices, freshness."""

from typing import Any

from dash import html

from dashboards.accounts import Account
from dashboards.address import Address, query
from dashboards.data import About
from dashboards.page_texts import Words, languages

Content = list[Any]

PAGE_TITLES = {"/": "title_overview", "/registrations": "title_registrations"}


def frame(path: str, address: Address, account: Account, about: About | None, content: Content) -> Content:
    """Put the content of a page into its frame. `about` is None when there are no figures to speak of."""
    words = Words(address.lang)
    notice = [html.P(words("ignored"), className="notice", role="status")] if address.has_ignored else []
    return [
        html.A(words("skip"), href="#main", className="skip"),
        html.P(words("banner"), className="banner"),
        _header(path, address, account, about, words),
        html.Main([*notice, *content], id="main", tabIndex="-1"),
        _footer(about, words),
    ]


def message(title: str, text: str) -> Content:
    """A page that only says something."""
    return [html.H1(title), html.P(text, className="lead")]


def table(caption: str, columns: list[str], rows: list[list[str]], totals: int = 0) -> Any:
    """A table with caption and scoped headers, inside a box that scrolls by keyboard on a small screen.

    The first cell of a row is its header; the last `totals` rows stand out.
    """
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in columns]))
    body = [
        html.Tr(
            [html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])],
            className="total" if position >= len(rows) - totals else "",
        )
        for position, row in enumerate(rows)
    ]
    inner = html.Table([html.Caption(caption), head, html.Tbody(body)])
    return html.Div(inner, className="scroll", tabIndex="0", role="region", **aria(label=caption))


def how_counted(key: str, words: Words) -> Any:
    """The counting rules of a page, folded."""
    rules = [html.Li(rule) for rule in words.items(key)]
    return html.Details([html.Summary(words("how_counted")), html.Ul(rules)])


def link(text: str, href: str, is_current: bool = False, **attributes: Any) -> Any:
    """A link that tells a screen reader when it leads to where one is."""
    current = aria(current="page") if is_current else {}
    return html.A(text, href=href, **current, **attributes)


def aria(**attributes: str) -> Any:
    """Attributes for assistive technology: `aria(label="Pages")` is aria-label="Pages"."""
    return {f"aria-{name}": value for name, value in attributes.items()}


def _header(path: str, address: Address, account: Account, about: About | None, words: Words) -> Any:
    pages = [link(words(title), href + query(address.lang), href == path) for href, title in PAGE_TITLES.items()]
    language_links = [
        link(name, path + query(lang, address.chosen), lang == address.lang, lang=lang, hrefLang=lang)
        for lang, name in languages().items()
    ]
    brand = html.A(
        [html.Img(src="/assets/icon.svg", alt="", width="32", height="32"), "Caselight"],
        href="/" + query(address.lang),
        className="brand",
    )
    return html.Header(
        [
            html.Div([brand, _who(account, about, words)], className="bar"),
            html.Div(
                [
                    html.Nav(pages, className="pages", **aria(label=words("navigation"))),
                    html.Nav(language_links, className="languages", **aria(label=words("languages"))),
                ],
                className="bar",
            ),
        ]
    )


def _who(account: Account, about: About | None, words: Words) -> Any:
    area = [html.Strong(about.area_labels[words.lang], className="area")] if about else []
    sign_out = html.Form(
        html.Button(words("sign_out"), type="submit"), method="POST", action="/sign-out" + query(words.lang)
    )
    return html.Div([*area, html.Span(words(account.role)), sign_out], className="who")


def _footer(about: About | None, words: Words) -> Any:
    fresh = (
        [
            html.Li(words("data_as_of", as_of=words.day(about.as_of))),
            html.Li(words("data_known_at", known_at=words.day(about.known_at))),
            html.Li(words("data_build", build=about.build)),
        ]
        if about
        else []
    )
    return html.Footer([html.Ul(fresh), html.P(" ".join([words("footer_demo"), *_records(about, words)]))])


def _records(about: About | None, words: Words) -> list[str]:
    """What the figures are made from; nothing where none are shown."""
    if about is None:
        return []
    if about.is_synthetic:
        return [words("synthetic_records")]
    return [words("real_records", source=about.source_labels[words.lang])]
