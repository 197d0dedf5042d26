"""A real browser opens the reports from disk: all is there, the pictures are seen, and nothing is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, sync_playwright

from anonymization.disclosure.reports.attack_sentences import Attack
from anonymization.disclosure.reports.internal import ProtectionRecord, internal_report
from anonymization.disclosure.reports.public import PublicTerms, public_report

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
COUNTIES = [f"county {number:02d}" for number in range(1, 43)]
BANDS = ["0–5", "6–13", "14–17"]
CELLS = pd.DataFrame(
    [("T1", county, band) for county in COUNTIES for band in BANDS], columns=["table_id", "county", "age"]
).assign(count=pd.Series([12] * 126, dtype="Int64").mask(pd.Series(range(126)) % 5 == 0), status="published")
CELLS.loc[CELLS["count"].isna(), "status"] = ["primary", "secondary"] * 13

CONTRAST = """() => {
  const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((v) => {
    v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return .2126*r + .7152*g + .0722*b; };
  const ground = (node) => { for (; node; node = node.parentElement) {
    const c = getComputedStyle(node).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255,255,255)'; };
  return [...document.querySelectorAll('p,li,td,th,dt,dd,caption,h1,h2,figcaption')].map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05); }).reduce((least, ratio) => Math.min(least, ratio), 99); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"The browser test needs {CHROMIUM}. Install it: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def reports(tmp_path: Path) -> dict[str, str]:
    record = ProtectionRecord(
        title="2023-Q4",
        rule={"threshold": 5, "width": 4},
        cells=CELLS,
        attacks=[Attack("Public", True, 0, 0, "all published cells")],
        intervals=pd.DataFrame({"lower": [1] * 26, "upper": range(5, 31)}),
    )
    about = PublicTerms(5, 5, True, "statistics@example.org")
    found = {"en internal": internal_report(record)}
    found |= {f"{language} public": public_report(CELLS, about, language) for language in ("en", "ro", "uk")}
    for name, report in found.items():
        (tmp_path / f"{name}.html").write_text(report, "utf-8")
    return {name: (tmp_path / f"{name}.html").as_uri() for name in found}


def test_reports_open_are_legible_and_ask_for_nothing(browser: Browser, reports: dict[str, str]) -> None:
    for name, address in reports.items():
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, complaints=complaints: complaints.append(message.text))
        page.goto(address)
        assert page.locator("h1").is_visible() and page.locator("table").first.is_visible()
        assert page.evaluate("document.documentElement.lang") == name.split()[0]
        assert page.evaluate(CONTRAST) >= 4.5, name
        for width in (1100, 375, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        assert asked == [address] and complaints == []
        page.close()


def test_the_pictures_are_seen(browser: Browser, reports: dict[str, str]) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.goto(reports["en internal"])
    pictures = page.locator("svg[role=img]").all()
    assert len(pictures) == 3
    for picture in pictures:
        box = picture.bounding_box()
        assert box is not None and box["width"] > 200 and box["height"] > 60
    squares = page.locator("svg").last.locator("rect title")
    assert squares.count() == 126 + 5  # one a cell, and the scale
    # nothing of a picture is drawn outside its frame, where nobody sees it
    inside = """(svg) => { const f = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text,rect')].map((n) => n.getBoundingClientRect()).every((b) =>
        b.left >= f.left - 1 && b.right <= f.right + 1 && b.top >= f.top - 1 && b.bottom <= f.bottom + 1); }"""
    assert [picture.evaluate(inside) for picture in pictures] == [True, True, True]
    page.close()
