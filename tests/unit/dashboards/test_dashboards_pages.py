"""Pages, words and figures, without a browser: what they show is what the file holds, in three languages."""

import re
import threading
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboards import data
from dashboards.accounts import Account
from dashboards.address import Address, parse_address
from dashboards.figures import PALETTE, monthly_by_age, registrations_figure
from dashboards.page_texts import Words, languages, load_texts
from dashboards.pages.frame import frame
from dashboards.pages.overview import GROUPS, INDICATORS, overview
from dashboards.pages.registrations import Registrations, csv_rows, registrations

ABOUT = data.About(
    date(2023, 12, 31),
    date(2024, 1, 15),
    "RO424",
    dict.fromkeys(languages(), "Timiș"),
    "b1",
    True,
    "SYNTHETIC",
    dict.fromkeys(languages(), "Primero"),
)
ROWS = pd.DataFrame(
    [
        ("2022-08", "F", "Y0T5", 3),
        ("2022-08", "M", "Y6T13", 4000),
        ("2022-10", "_U", "_U", 5),
        ("2022-10", "F", "Y0T5", 1),
    ],
    columns=["month", "sex", "age_band", "children"],
)
BANDS = {"Y0T5": "0–5", "Y6T13": "6–13", "Y14T17": "14–17", "_U": "Unknown"}
SEX = data.Filter("Sex", {"F": "Girls", "M": "Boys", "_U": "Unknown"})
FIGURES = Registrations(ROWS, BANDS, {"sex": SEX})


def nodes(component: Any) -> list[Any]:
    """All components below some content."""
    if isinstance(component, list | tuple):
        return [node for part in component for node in nodes(part)]
    if not hasattr(component, "_type"):
        return []
    return [component, *nodes(getattr(component, "children", None))]


def text(component: Any) -> str:
    if isinstance(component, list | tuple):
        return " ".join(text(part) for part in component)
    return str(component) if isinstance(component, str | int) else text(getattr(component, "children", None) or [])


def of_type(content: Any, name: str) -> list[Any]:
    return [node for node in nodes(content) if node._type == name]


def test_every_text_has_three_languages_with_the_same_places() -> None:
    for key, texts in load_texts().items():
        assert set(texts) == set(languages()), key
        assert all(texts.values()), key
        if isinstance(texts["en"], list):
            assert len({len(entries) for entries in texts.values()}) == 1, key
        else:
            places = [
                sorted(str(part[1]) for part in Formatter().parse(texts[lang]) if part[1]) for lang in languages()
            ]
            assert places[0] == places[1] == places[2], key


def test_every_text_is_used() -> None:
    folder = Path(data.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html"))
    built = {f"tile_{tile.indicator}{end}" for tiles in GROUPS.values() for tile in tiles for end in ("", "_note")}
    for key in load_texts():
        assert key in built or re.search(rf"""["']{key}["']""", source), key


@pytest.mark.parametrize(
    ("lang", "number", "share", "day", "month", "quarter"),
    [
        ("en", "33,936", "53.7%", "31 December 2023", "December 2023", "Q4 2023"),
        ("ro", "33.936", "53,7%", "31 decembrie 2023", "decembrie 2023", "trimestrul 4 2023"),
        ("uk", "33\u00a0936", "53,7%", "31 грудня 2023 року", "грудень 2023 року", "4 квартал 2023 року"),
    ],
)
def test_numbers_and_dates_are_written_as_each_language_does(
    lang: str, number: str, share: str, day: str, month: str, quarter: str
) -> None:
    words = Words(lang)
    assert words.number(33936) == number
    assert words.share(18208, 33936) == share
    assert words.day(date(2023, 12, 31)) == day
    assert words.month("2023-12") == month
    assert words.quarter(date(2023, 12, 31)) == quarter


def test_every_month_lies_in_its_quarter() -> None:
    quarters = [Words("en").quarter(date(2023, month, 28)) for month in range(1, 13)]
    assert quarters == [f"Q{number} 2023" for number in (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4)]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 3, "33.3%"), (1, 2000, "0.1%"), (1, 2001, "0.0%"), (5, 5, "100.0%"), (0, 5, "0.0%"), (0, 0, "–"), (6, 5, "–")],
)
def test_shares_round_half_up_and_are_left_out_where_there_is_none(part: int, whole: int, shown: str) -> None:
    assert Words("en").share(part, whole) == shown
    assert Words("en").share(None, whole) == Words("en").share(part, None) == "–"


@pytest.mark.parametrize("lang", languages())
def test_the_overview_shows_each_figure_of_the_file_once(lang: str) -> None:
    values = {indicator: 1000 + position for position, indicator in enumerate(INDICATORS)}
    words = Words(lang)
    content = overview(values, ABOUT, words)
    tiles = {node.id: text(node) for node in of_type(content, "Li") if hasattr(node, "id")}
    assert set(tiles) == set(INDICATORS) - {"follow_ups_due_in_quarter"}
    for indicator in tiles:
        assert words.number(values[indicator]) in tiles[indicator], indicator
    assert words.number(values["follow_ups_due_in_quarter"]) in tiles["follow_ups_on_time_in_quarter"]
    rows = [text(row) for row in of_type(of_type(content, "Tbody"), "Tr")]
    assert len(rows) == len(tiles)
    for tile, row in zip((tile for tiles in GROUPS.values() for tile in tiles), rows, strict=True):
        assert words.number(values[tile.indicator]) in row


def test_a_figure_that_is_missing_is_a_dash_and_not_a_zero() -> None:
    content = overview({"registered": 0}, ABOUT, Words("en"))
    tiles = {node.id: node for node in of_type(content, "Li") if hasattr(node, "id")}
    assert [text(node) for node in nodes(tiles["registered"]) if getattr(node, "className", "") == "figure"] == ["0"]
    assert [text(node) for node in nodes(tiles["open"]) if getattr(node, "className", "") == "figure"] == ["–"]
    assert not [node for node in nodes(content) if getattr(node, "className", "") == "meter"]


def test_months_without_a_registration_are_shown_as_zero() -> None:
    table = monthly_by_age(ROWS, list(BANDS), {}, "2022-11")
    assert list(table.index) == ["2022-08", "2022-09", "2022-10", "2022-11"]
    assert list(table.columns) == ["Y0T5", "Y6T13", "_U"]
    assert table.to_numpy().tolist() == [[3, 4000, 0], [0, 0, 0], [1, 0, 5], [0, 0, 0]]
    girls = monthly_by_age(ROWS, list(BANDS), {"sex": "F"}, "2022-11")
    assert girls["Y0T5"].tolist() == [3, 0, 1, 0] and list(girls.columns) == ["Y0T5"]


def test_a_band_without_a_label_is_kept() -> None:
    table = monthly_by_age(ROWS, ["Y0T5"], {}, "2022-10")
    assert int(table.to_numpy().sum()) == ROWS["children"].sum()
    assert [bar["name"] for bar in registrations_figure(table, {"Y0T5": "0–5"}, Words("en"))["data"]] == [
        "0–5",
        "Y6T13",
        "_U",
    ]


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("sex", [None, "F", "M", "_U"])
def test_the_chart_and_the_table_hold_the_same_numbers(lang: str, sex: str | None) -> None:
    content = registrations(FIGURES, Address(lang, {"sex": sex} if sex else {}), ABOUT)
    (graph,), (table,) = of_type(content, "Graph"), of_type(content, "Table")
    go.Figure(graph.figure)  # Plotly's own check of every property
    rows = of_type(of_type(table, "Tbody"), "Tr")
    cells = [[text(cell) for cell in of_type(row, "Td")] for row in rows]
    charted = list(zip(*(bar["y"] for bar in graph.figure["data"]), strict=True))
    words = Words(lang)
    assert [row[:-1] for row in cells[:-1]] == [[words.number(value) for value in month] for month in charted]
    assert [row[-1] for row in cells[:-1]] == [words.number(sum(month)) for month in charted]
    assert cells[-1][-1] == words.number(sum(map(sum, charted)))


def test_an_area_without_registrations_says_so() -> None:
    for rows, chosen in ((ROWS.head(0), {}), (ROWS[ROWS["sex"] == "F"], {"sex": "M"})):
        content = registrations(Registrations(rows, BANDS, {}), Address("en", chosen), ABOUT)
        assert "No child was registered." in text(content)
        assert not of_type(content, "Graph")


def test_the_download_holds_every_row_with_codes_and_labels() -> None:
    rows = csv_rows(FIGURES, ABOUT, Words("ro"))
    assert rows["children"].tolist() == ROWS["children"].tolist()
    assert rows.iloc[1].tolist() == [
        *("RO424", "Timiș", "2023-12-31", "2024-01-15", "SYNTHETIC"),
        *("2022-08", "M", "Boys", "Y6T13", "6–13", 4000),
    ]


@pytest.mark.parametrize(
    ("search", "address"),
    [
        ("", Address()),
        ("?lang=uk&sex=F", Address("uk", {"sex": "F"})),
        ("?lang=fr", Address(has_ignored=True)),
        ("?county=RO113&lang=ro", Address("ro", {}, True)),
        ("?lang=ro&lang=uk", Address("uk", {}, True)),
        ({"lang": "ro"}, Address(has_ignored=True)),
        (None, Address()),
    ],
)
def test_what_an_address_asks_for(search: object, address: Address) -> None:
    assert parse_address(search, {"sex": SEX.choices}) == address


@pytest.mark.parametrize("lang", languages())
def test_the_frame_holds_banner_freshness_and_a_notice_when_something_was_ignored(lang: str) -> None:
    account, words = Account("county-ro424", "county_coordinator", "RO424", "", ""), Words(lang)
    shown = text(frame("/", Address(lang, {}, True), account, ABOUT, []))
    for expected in ("banner", "ignored", "county_coordinator", "footer_demo", "skip"):
        assert words(expected) in shown
    assert words.day(date(2024, 1, 15)) in shown and "Timiș" in shown
    assert words("ignored") not in text(frame("/", Address(lang), account, None, []))


def test_a_new_build_shows_at_once_and_never_half(tmp_path: Path, write_serving: Any) -> None:
    """Readers poll while the pointer swings between two builds: each reading is one build's, and no reading fails."""
    for build, shift in (("b1", 0), ("b2", 500)):
        (tmp_path / build).mkdir()
        write_serving(tmp_path / build, "RO424", build, shift)
    pointer, is_over, seen = tmp_path / "current", threading.Event(), []
    pointer.symlink_to("b1")

    def read() -> None:
        while not is_over.is_set():
            with data.open_serving(pointer, "RO424") as connection:
                build = data.about(connection, "RO424").build
                registered = data.overview(connection)["registered"]
                seen.append((build, registered, int(data.registrations(connection)["children"].min())))

    reader = threading.Thread(target=read)
    reader.start()
    turns = 0
    while reader.is_alive() and (turns < 40 or len(seen) <= 5):  # a busy machine reads less often: go on until it has
        (tmp_path / "next").symlink_to("b2" if turns % 2 == 0 else "b1")
        (tmp_path / "next").rename(pointer)
        is_over.wait(0.01)
        turns += 1
    is_over.set()
    reader.join()
    assert set(seen) <= {("b1", 41_001, 41_013), ("b2", 41_501, 41_513)} and len(seen) > 5
    (tmp_path / "next").symlink_to("b2")
    (tmp_path / "next").rename(pointer)
    with data.open_serving(pointer, "RO424") as connection:
        assert data.overview(connection)["registered"] == 41_501


def luminance(colour: str) -> float:
    colour = "#" + "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_told_apart() -> None:
    style = (Path(data.__file__).parent / "assets" / "style.css").read_text("utf-8")
    colour = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))
    pairs = [(front, back) for front in ("ink", "soft", "link", "blue") for back in ("paper", "card")]
    for front, back in pairs:
        assert contrast(colour[front], colour[back]) >= 4.5, (front, back)
    assert contrast("#fff", colour["banner"]) >= 4.5 and contrast("#fff", colour["blue"]) >= 4.5
    assert contrast("#7a1a0e", "#fdecea") >= 4.5 and contrast(colour["blue"], "#e3edf6") >= 4.5
    assert contrast(colour["ink"], "#fff3d6") >= 4.5
    assert min(contrast(bar, "#ffffff") for bar in PALETTE) >= 3
    assert contrast(colour["focus"], colour["paper"]) >= 3
