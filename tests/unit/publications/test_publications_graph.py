"""Graph 1 is a picture of its figures and nothing else: no clock, no chance, no network, and words for the blind."""

from xml.etree import ElementTree

import pandas as pd
import pytest

from publications.graph import SVG, monthly_registrations_svg
from publications.phrases import Phrase
from publications.source import Source
from tests.support.catalogue_frames import LANGUAGES

SOURCE = Source(code="PRIMERO_RO", name=Phrase({"en": "Primero", "ro": "Primero", "uk": "Primero"}), is_synthetic=True)
MONTHS = pd.DataFrame({"month": ["2022-08", "2022-07", "2022-09"], "count": pd.array([3781, 812, None], dtype="Int64")})


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_drawings_are_the_same_bytes(language: str) -> None:
    assert monthly_registrations_svg(MONTHS, language, SOURCE) == monthly_registrations_svg(MONTHS, language, SOURCE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_or_run(language: str) -> None:
    svg = monthly_registrations_svg(MONTHS, language, SOURCE).decode()
    for namespace in ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"):
        svg = svg.replace(namespace, "")
    for trace in ("http", "//fonts", "<script", "<?xml-stylesheet", "pygal.org", "Generated", "@import"):
        assert trace not in svg


def test_it_is_named_and_described() -> None:
    root = ElementTree.fromstring(monthly_registrations_svg(MONTHS, "en", SOURCE))
    first, second = list(root)[:2]
    assert (first.tag, first.text) == (f"{{{SVG}}}title", "Children registered per month, 2022-07 to 2022-09")
    assert second.tag == f"{{{SVG}}}desc"
    assert "SYNTHETIC DATA" in str(second.text)
    assert str(second.text).endswith("2022-07: 812; 2022-08: 3781; 2022-09: [c].")
    assert root.attrib["aria-labelledby"] == f"{first.attrib['id']} {second.attrib['id']}"
    assert root.attrib["role"] == "img"


def test_the_figures_are_printed_on_the_bars() -> None:
    root = ElementTree.fromstring(monthly_registrations_svg(MONTHS, "uk", SOURCE))
    printed = {"".join(element.itertext()).strip() for element in root.iter(f"{{{SVG}}}text")}
    assert {"3\u00a0781", "812", "2022-09"} <= printed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_month_has_its_own_figure_in_the_picture_and_in_words(language: str) -> None:
    counts = {f"{2022 + number // 12}-{number % 12 + 1:02d}": 1000 + 37 * number for number in range(6, 24)}
    months = pd.DataFrame({"month": list(counts), "count": pd.array(list(counts.values()), dtype="Int64")})
    root = ElementTree.fromstring(monthly_registrations_svg(months.sample(frac=1, random_state=3), language, SOURCE))
    texts = ["".join(element.itertext()).strip() for element in root.iter(f"{{{SVG}}}text")]
    assert [text for text in texts if text in counts] == list(counts)
    on_bars = [text.replace("\u00a0", "") for text in texts]
    assert [on_bars.count(str(count)) for count in counts.values()] == [1] * len(counts)
    assert "; ".join(f"{month}: {count}" for month, count in counts.items()) in str(list(root)[1].text)
