"""A real browser signs in as a coordinator and sees that area's figures, and only those."""

import csv
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from flask import Response
from playwright.sync_api import Browser, Page, sync_playwright

from dashboards.app import bind, create_app
from dashboards.page_texts import Words, languages
from dashboards.pages.overview import INDICATORS

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@dataclass
class Visit:
    """A page with all that it asked for, all that the server gave, and all that it complained about."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, user: str, password: str) -> None:
        self.page.goto(self.base + "/")
        self.page.get_by_label("User name").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.page.locator("h1").wait_for()
        if path.startswith("/registrations"):
            self.page.locator(".bars path").first.wait_for()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"The browser test needs {CHROMIUM}. Install it: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, serving_folder: Path, demo_accounts: Any) -> Iterator[Visit]:
    app, served = create_app(lambda: serving_folder, demo_accounts[0], b"k" * 32), []

    def keep(answer: Response) -> Response:
        served.extend(
            []
            if answer.direct_passthrough or "javascript" in answer.mimetype
            else [f"{answer.headers}\n{answer.get_data(as_text=True)}"]
        )
        return answer

    app.server.after_request(keep)
    server = bind(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    visit = Visit(context.new_page(), f"http://127.0.0.1:{server.effective_port}", served=served)
    visit.page.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(f"{message.type}: {message.text}"))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    yield visit
    context.close()
    server.close()
    # Whatever the test did: nothing was asked of another host.
    strangers = [url for url in visit.requests if not url.startswith((visit.base + "/", "data:", "blob:"))]
    assert visit.requests and not strangers


def numbers_in(text: str) -> set[int]:
    """The counts that stand in a text, with or without a mark for thousands."""
    return {
        int(re.sub(r"\D", "", found)) for found in re.findall(r"(?<![\d.,])\d{1,3}(?:[,.\u00a0]?\d{3})+(?!\d)", text)
    }


def test_a_county_coordinator_sees_their_county_and_only_that(
    visit: Visit, demo_accounts: Any, serving_numbers: dict[str, list[int]]
) -> None:
    own, page = serving_numbers["RO424"], visit.page
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    page.locator(".tiles").first.wait_for()
    assert page.locator(".who").inner_text().split("\n")[0] == "Timiș county"
    tiles = {tile.get_attribute("id"): tile.inner_text() for tile in page.locator(".tiles li").all()}
    assert len(tiles) == 11
    assert set(own[:12]) <= numbers_in("\n".join(tiles.values()))
    page.get_by_text("Show these figures as a table").click()
    shown = page.locator("table").inner_text()
    due = own[INDICATORS.index("follow_ups_due_in_quarter")]  # the whole of a share, which the table does not list
    assert set(own[:12]) - {due} <= numbers_in(shown)

    page.get_by_role("link", name="Registrations").click()
    page.locator(".bars path").first.wait_for()
    page.get_by_text("Show as table").click()
    by_month = [[own[12 + month * 6 + band] + own[15 + month * 6 + band] for band in range(3)] for month in range(3)]
    table = page.locator("table").inner_text()
    assert {number for month in by_month for number in [*month, sum(month)]} <= numbers_in(table)
    assert re.search(r"November 2023\s+0\s+0\s+0\s+0", table)
    assert page.locator(".bars .point").count() == 4 * 3

    visit.open("/registrations?sex=F&county=RO113&audience=national")
    assert "It was ignored." in page.locator("[role=status]").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert sorted(int(row["children"]) for row in rows) == own[12:]
    assert {row["audience"] for row in rows} == {"RO424"}

    received = "\n".join(visit.served) + page.content()
    foreign = set(serving_numbers["RO113"]) | set(serving_numbers["national"])
    assert numbers_in(received) & set(own) and not numbers_in(received) & foreign
    assert "Cluj" not in received
    assert not visit.complaints


def test_every_choice_that_the_page_offers_is_understood(visit: Visit, demo_accounts: Any) -> None:
    visit.sign_in("country", demo_accounts[1]["country"])
    visit.page.locator(".tiles").first.wait_for()
    visit.open("/registrations")
    visit.page.locator(".bars path").first.wait_for()
    offered = [link.get_attribute("href") for link in visit.page.locator("nav.choices a").all()]
    assert len(offered) == 4  # all, girls, boys, unknown
    for address in offered:
        visit.page.goto(visit.base + str(address))
        visit.page.locator("nav.choices").wait_for()
        assert "It was ignored." not in visit.page.locator("main").inner_text()


def test_the_country_coordinator_sees_the_country(
    visit: Visit, demo_accounts: Any, serving_numbers: dict[str, list[int]]
) -> None:
    visit.sign_in("country", demo_accounts[1]["country"])
    visit.page.locator(".tiles").first.wait_for()
    assert "Country coordinator" in visit.page.locator(".who").inner_text()
    assert set(serving_numbers["national"][:12]) <= numbers_in(visit.page.locator("main").inner_text())
    assert not visit.complaints


def test_a_wrong_password_then_sign_in_then_sign_out(visit: Visit, demo_accounts: Any) -> None:
    visit.sign_in("county-ro424", "wrong")
    assert visit.page.get_by_role("alert").inner_text() == "The user name or the password is not right."
    # The browser itself reports the refused sign-in; nothing else may complain.
    assert [complaint for complaint in visit.complaints if "401" not in complaint] == []
    visit.complaints.clear()
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    visit.page.locator(".tiles").first.wait_for()
    visit.page.get_by_role("button", name="Sign out").click()
    visit.page.get_by_label("User name").wait_for()
    visit.page.go_back()
    visit.page.get_by_label("User name").wait_for()
    assert visit.page.locator(".tiles").count() == 0
    visit.page.goto(visit.base + "/registrations")
    assert visit.page.url == visit.base + "/sign-in?lang=en"
    assert not visit.complaints


def test_no_figures_is_a_sentence(visit: Visit, serving_folder: Path, demo_accounts: Any) -> None:
    (serving_folder / "RO424.duckdb").unlink()
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    visit.page.get_by_role("heading", name="No figures yet").wait_for()
    assert not visit.complaints


NOT_ASKED = {
    "en": "Not asked in this deployment.",
    "ro": "Nu se colectează în acest sistem.",
    "uk": "У цій системі не запитується.",  # noqa: RUF001 - Ukrainian
}


@pytest.mark.parametrize("lang", languages())
def test_a_figure_that_is_not_asked_is_called_so(
    visit: Visit, serving_folder: Path, demo_accounts: Any, lang: str
) -> None:
    refused = ["high_risk", "follow_ups_due_in_quarter", "follow_ups_on_time_in_quarter"]
    with duckdb.connect(str(serving_folder / "RO424.duckdb")) as serving:
        serving.execute("delete from overview where list_contains($refused, indicator)", {"refused": refused})
    page = visit.page
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    page.locator(".tiles").first.wait_for()
    visit.open(f"/?lang={lang}")
    tiles = {str(tile.get_attribute("id")): tile.inner_text() for tile in page.locator(".tiles li").all()}
    assert {name for name, shown in tiles.items() if NOT_ASKED[lang] in shown} == {refused[0], refused[2]}
    for name in (refused[0], refused[2]):
        assert not re.search(r"\d", tiles[name]) and page.locator(f"#{name} .meter").count() == 0
    page.locator("summary").first.click()
    lines = page.locator("table tr").all_inner_texts()
    told = [line for line in lines if NOT_ASKED[lang] in line]
    assert len(told) == 2 and not re.search(r"\d", "".join(told))
    assert not visit.complaints


CHECKS = """() => {
  const faults = [], all = (query) => [...document.querySelectorAll(query)];
  const name = (node) => (node.getAttribute('aria-label') || node.innerText || node.alt || '').trim();
  const isSeen = (node) => node.getClientRects().length > 0;
  const levels = all('h1,h2,h3,h4').map((node) => +node.tagName[1]);
  if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) faults.push('one h1, first');
  levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) faults.push('heading level skipped'); });
  all('input:not([type=hidden]),select,textarea').forEach((node) => {
    if (!node.labels || !node.labels.length) faults.push('input without label: ' + node.name); });
  all('a[href],button').filter(isSeen).forEach((node) => {
    if (!name(node)) faults.push('nameless ' + node.outerHTML.slice(0, 80));
    const box = node.getBoundingClientRect();
    if (box.height < 24 && !node.matches('.skip')) faults.push('small target: ' + name(node)); });
  all('img').forEach((node) => { if (!node.hasAttribute('alt')) faults.push('img without alt'); });
  all('[role=img],nav,[role=region]').forEach((node) => {
    if (!node.getAttribute('aria-label')) faults.push('nameless ' + (node.getAttribute('role') || 'nav')); });
  all('table').forEach((node) => {
    if (!node.caption) faults.push('table without caption');
    if ([...node.querySelectorAll('th')].some((cell) => !cell.scope)) faults.push('th without scope'); });
  const ids = all('[id]').map((node) => node.id);
  ids.forEach((id, i) => { if (ids.indexOf(id) !== i) faults.push('id twice: ' + id); });
  if (all('main').length !== 1) faults.push('one main');
  all('main *').filter(isSeen).forEach((node) => {
    if (node.getAttribute('tabindex') > 0) faults.push('order of focus changed'); });
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the window');
  return faults;
}"""


@pytest.mark.parametrize("lang", languages())
def test_pages_can_be_read_by_everybody(visit: Visit, demo_accounts: Any, lang: str) -> None:
    page, words = visit.page, Words(lang)
    page.goto(f"{visit.base}/sign-in?lang={lang}")
    assert page.evaluate(CHECKS) == []
    assert page.evaluate("document.documentElement.lang") == lang
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    page.locator(".tiles").first.wait_for()
    for width in (1200, 375, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for path, title in (("/", "title_overview"), ("/registrations", "title_registrations")):
            visit.open(f"{path}?lang={lang}")
            for summary in page.locator("summary").all():
                summary.click()
            assert page.evaluate(CHECKS) == [], (path, width)
            assert page.evaluate("document.documentElement.lang") == lang
            assert page.title() == f"{words(title)} – Caselight"
            assert page.locator("nav a[aria-current=page]").first.inner_text() == words(title)
    assert not visit.complaints


def test_the_keyboard_reaches_everything(visit: Visit, demo_accounts: Any) -> None:
    visit.sign_in("county-ro424", demo_accounts[1]["county-ro424"])
    visit.page.locator(".tiles").first.wait_for()
    focused = []
    for _ in range(10):
        visit.page.keyboard.press("Tab")
        focused.append(visit.page.evaluate("(document.activeElement.innerText || '').trim()"))
        outline = visit.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert outline >= 2, focused[-1]
    pages = ["Skip to the figures", "Caselight", "Sign out", "Overview", "Registrations"]
    folded = ["Show these figures as a table", "How these figures are counted"]
    assert focused == [*pages, *languages().values(), *folded]
    visit.page.locator(".skip").focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
