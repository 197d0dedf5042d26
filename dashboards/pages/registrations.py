"""Registrations per month by age (Graph 1): chart, the same rows as a table, and as CSV."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards.address import Address, query
from dashboards.data import About, Filter
from dashboards.figures import monthly_by_age, registrations_figure
from dashboards.page_texts import Words
from dashboards.pages.frame import Content, aria, how_counted, link, table

_CONFIG: Any = {"displayModeBar": False, "responsive": True, "showTips": False}


@dataclass(frozen=True)
class Registrations:
    """What the page shows: one row per month, code of each filter and age band; labels by code, in order."""

    rows: pd.DataFrame
    age_bands: dict[str, str]
    filters: dict[str, Filter]


def registrations(figures: Registrations, address: Address, about: About) -> Content:
    """Build the page for everybody or for those whom the address chooses."""
    words = Words(address.lang)
    until = about.as_of.strftime("%Y-%m")
    monthly = monthly_by_age(figures.rows, list(figures.age_bands), address.chosen, until)
    card = _card(monthly, figures, address, about) if monthly.size else [html.P(words("registrations_none"))]
    return [
        html.H1(words("registrations_title")),
        html.P(
            [about.area_labels[words.lang], " · ", words("data_as_of", as_of=words.day(about.as_of))], className="lead"
        ),
        *(_filter(column, figures.filters[column], address, words) for column in figures.filters),
        html.Section(card, className="card"),
        how_counted("how_counted_registrations", words),
    ]


def csv_rows(figures: Registrations, about: About, words: Words) -> pd.DataFrame:
    """Give the rows to download: area, times, source; month, filters and age with codes and labels; children."""
    rows = figures.rows
    filtered: dict[str, pd.Series] = {}
    for column, offered in figures.filters.items():
        filtered |= _with_labels(column, rows, offered.choices)
    return pd.DataFrame(
        {
            "audience": about.audience,
            "area": about.area_labels[words.lang],
            "as_of": about.as_of.isoformat(),
            "known_at": about.known_at.isoformat(),
            "data_source": about.source_code,
            "month": rows["month"],
            **filtered,
            **_with_labels("age_band", rows, figures.age_bands),
            "children": rows["children"],
        }
    )


def _with_labels(column: str, rows: pd.DataFrame, labels: dict[str, str]) -> dict[str, pd.Series]:
    return {column: rows[column], f"{column}_label": rows[column].map(lambda code: labels.get(code, code))}


def _card(monthly: pd.DataFrame, figures: Registrations, address: Address, about: About) -> Content:
    words = Words(address.lang)
    by_month = monthly.sum(axis="columns")
    most, least = str(by_month.idxmax()), str(by_month.idxmin())
    sentence = words(
        "registrations_sentence",
        area=about.area_labels[words.lang],
        total=words.number(int(by_month.sum())),
        least=words.number(int(by_month[least])),
        least_month=words.month(least),
    )
    finding = words("registrations_finding", month=words.month(most), value=words.number(int(by_month[most])))
    chart = dcc.Graph(
        id="registrations-chart",
        figure=registrations_figure(monthly, figures.age_bands, words),
        config=_CONFIG,
        className="chart",
    )
    download = html.A(words("download_csv"), href="/registrations.csv" + query(address.lang), className="button")
    return [
        html.H2(finding),
        html.Div(chart, role="img", **aria(label=f"{finding}. {sentence}")),
        html.P(sentence),
        html.Details([html.Summary(words("show_table")), _table(monthly, figures, address, about)]),
        html.P(download),
    ]


def _table(monthly: pd.DataFrame, figures: Registrations, address: Address, about: About) -> html.Div:
    words = Words(address.lang)
    chosen = {
        column: offered.choices.get(address.chosen.get(column, "")) for column, offered in figures.filters.items()
    }
    said = [f"{figures.filters[column].label}: {label or words('filter_all')}" for column, label in chosen.items()]
    bands = [figures.age_bands.get(band, band) for band in monthly.columns]
    rows = [[words.month(str(month)), *_cells(monthly.loc[month], words)] for month in monthly.index]
    return table(
        words("registrations_caption", area=about.area_labels[words.lang], filters="; ".join(said)),
        [words("column_month"), *bands, words("total")],
        [*rows, [words("total"), *_cells(monthly.sum(), words)]],
        totals=1,
    )


def _cells(children: pd.Series, words: Words) -> list[str]:
    return [words.number(int(value)) for value in [*children, children.sum()]]


def _filter(column: str, offered: Filter, address: Address, words: Words) -> html.Nav:
    """Links to everybody and to each choice; what other filters have chosen stays."""
    others = {name: code for name, code in address.chosen.items() if name != column}
    current = address.chosen.get(column)
    everybody = link(words("filter_all"), "/registrations" + query(address.lang, others), current is None)
    links = [
        link(label, "/registrations" + query(address.lang, {**others, column: code}), code == current)
        for code, label in offered.choices.items()
    ]
    return html.Nav([html.Span(offered.label), everybody, *links], className="choices", **aria(label=offered.label))
