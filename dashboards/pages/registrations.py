"""Registrations per month by age (Graph 1): chart, the same rows as a table, and as CSV."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboards.address import Address, query
from dashboards.data import About
from dashboards.figures import monthly_by_age, registrations_figure
from dashboards.page_texts import Words
from dashboards.pages.frame import Content, aria, how_counted, link, table

_CONFIG: Any = {"displayModeBar": False, "responsive": True, "showTips": False}


@dataclass(frozen=True)
class Registrations:
    """What the page shows: one row per month, sex and age band; labels by code, in order."""

    rows: pd.DataFrame
    age_bands: dict[str, str]
    sexes: dict[str, str]


def registrations(figures: Registrations, address: Address, about: About) -> Content:
    """Build the page for everybody or for the sex that the address names."""
    words = Words(address.lang)
    until = about.as_of.strftime("%Y-%m")
    monthly = monthly_by_age(figures.rows, list(figures.age_bands), address.sex, until)
    card = _card(monthly, figures, address, about) if monthly.size else [html.P(words("registrations_none"))]
    return [
        html.H1(words("registrations_title")),
        html.P(
            [about.area_labels[words.lang], " · ", words("data_as_of", as_of=words.day(about.as_of))], className="lead"
        ),
        _sex_filter(figures.sexes, address, words),
        html.Section(card, className="card"),
        how_counted("how_counted_registrations", words),
    ]


def csv_rows(figures: Registrations, about: About, words: Words) -> pd.DataFrame:
    """Give the rows to download: area, times, source, then month, sex and age with codes and labels, and children."""
    rows = figures.rows
    return pd.DataFrame(
        {
            "audience": about.audience,
            "area": about.area_labels[words.lang],
            "as_of": about.as_of.isoformat(),
            "known_at": about.known_at.isoformat(),
            "data_source": about.source_code,
            "month": rows["month"],
            "sex": rows["sex"],
            "sex_label": rows["sex"].map(lambda code: figures.sexes.get(code, code)),
            "age_band": rows["age_band"],
            "age_band_label": rows["age_band"].map(lambda code: figures.age_bands.get(code, code)),
            "children": rows["children"],
        }
    )


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
    sex = words("sex_all") if address.sex is None else figures.sexes.get(address.sex, address.sex)
    bands = [figures.age_bands.get(band, band) for band in monthly.columns]
    rows = [[words.month(str(month)), *_cells(monthly.loc[month], words)] for month in monthly.index]
    return table(
        words("registrations_caption", area=about.area_labels[words.lang], sex=sex),
        [words("column_month"), *bands, words("total")],
        [*rows, [words("total"), *_cells(monthly.sum(), words)]],
        totals=1,
    )


def _cells(children: pd.Series, words: Words) -> list[str]:
    return [words.number(int(value)) for value in [*children, children.sum()]]


def _sex_filter(sexes: dict[str, str], address: Address, words: Words) -> html.Nav:
    choices = [(None, words("sex_all")), *sexes.items()]
    links = [link(label, "/registrations" + query(address.lang, sex), sex == address.sex) for sex, label in choices]
    return html.Nav([html.Span(words("sex_filter")), *links], className="choices", **aria(label=words("sex_filter")))
