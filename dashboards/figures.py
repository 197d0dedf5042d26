"""Frames to tables and figures: pure. A figure is a plain dict, far quicker than a Plotly object."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboards.page_texts import Words

# At least 3:1 on white, and distinguished by pattern as well as by colour.
PALETTE = ("#12436d", "#1f8a83", "#b5521b", "#801650", "#5b5b5b")
_PATTERNS = ("", "/", "", "x", ".")
_INK, _GRID = "#1d2733", "#dfe5ec"
_FONT = {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13, "color": _INK}


def monthly_by_age(
    registrations: pd.DataFrame, bands: list[str], chosen: Mapping[str, str], until: str
) -> pd.DataFrame:
    """Give children by month (rows, 'YYYY-MM') and age band (columns, in order), of those chosen.

    Takes one row per month, code of each filter and age band; `chosen`: filter -> code. Months without a registration
    are filled with zeros, from the first month of anybody's registration to `until`. Bands nobody is in are left out.
    """
    if registrations.empty:
        return pd.DataFrame(dtype="int64")
    months = [str(month) for month in pd.period_range(registrations["month"].min(), until, freq="M")]
    present = [*bands, *sorted(set(registrations["age_band"]) - set(bands))]
    rows = registrations
    for column, code in chosen.items():
        rows = rows[rows[column] == code]
    table = rows.pivot_table(index="month", columns="age_band", values="children", aggfunc="sum", fill_value=0)
    table = table.reindex(index=months, columns=present, fill_value=0).astype("int64")
    return table.loc[:, table.any()]


def registrations_figure(table: pd.DataFrame, band_labels: Mapping[str, str], words: Words) -> dict[str, Any]:
    """Draw stacked bars per month from `monthly_by_age`: the same numbers as the table beside it."""
    months = [words.month_short(month) for month in table.index]
    bars = [
        _bar(months, table[band], band_labels.get(band, band), position) for position, band in enumerate(table.columns)
    ]
    return {"data": bars, "layout": _layout(words)}


def _bar(months: list[str], children: pd.Series, name: str, position: int) -> dict[str, Any]:
    pattern = {
        "shape": _PATTERNS[position % len(_PATTERNS)],
        "fillmode": "overlay",
        "solidity": 0.15,
        "fgcolor": "#ffffff",
    }
    colour = PALETTE[position % len(PALETTE)]
    return {
        "type": "bar",
        "name": name,
        "x": months,
        "y": [int(value) for value in children],
        "marker": {"color": colour, "pattern": pattern, "line": {"color": "#ffffff", "width": 1}},
        "hovertemplate": "%{y:,}",
    }


def _layout(words: Words) -> dict[str, Any]:
    return {
        "barmode": "stack",
        "bargap": 0.18,
        "font": _FONT,
        "separators": words.separators,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 56, "r": 12, "t": 72, "b": 64},
        "hovermode": "x unified",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": words("age_at_registration"), "side": "top"},
            "traceorder": "normal",
        },
        "xaxis": {"type": "category", "tickangle": -45, "automargin": True, "fixedrange": True, "linecolor": _INK},
        "yaxis": {
            "title": {"text": words("axis_children")},
            "tickformat": ",d",
            "gridcolor": _GRID,
            "zerolinecolor": _INK,
            "rangemode": "tozero",
            "automargin": True,
            "fixedrange": True,
        },
    }
