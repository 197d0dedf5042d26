"""The door: sign-in, throttle, sessions, sign-out, and what the answers tell a browser to do."""

import re
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask import Flask
from flask.testing import FlaskClient

from dashboards import access
from dashboards.accounts import Accounts
from dashboards.app import bind, create_app
from dashboards.errors import DashboardError
from dashboards.page_texts import Words, languages


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def app(serving_folder: Path, demo_accounts: Any) -> Dash:
    return create_app(lambda: serving_folder, demo_accounts[0], b"k" * 32)


def form_secret(client: FlaskClient) -> str:
    found = re.search(r'name="form" value="([^"]+)"', client.get("/sign-in").text)
    assert found
    return found[1]


def attempt(client: FlaskClient, user: str, password: str, lang: str = "en", **headers: str) -> Any:
    data = {"user": user, "password": password, "lang": lang, "form": form_secret(client)}
    return client.post("/sign-in", data=data, headers=headers)


@pytest.mark.parametrize("lang", languages())
def test_a_refusal_never_says_which_part_was_wrong(app: Dash, demo_accounts: Any, lang: str) -> None:
    pages = []
    for user, password in [("county-ro424", "wrong"), ("nobody", "wrong"), ("", ""), ("nobody", "x" * 5000)]:
        answer = attempt(app.server.test_client(), user, password, lang)
        assert answer.status_code == 401
        assert Words(lang)("wrong") in answer.text
        pages.append(re.sub(r'name="form" value="[^"]+"', "", answer.text))
    assert len(set(pages)) == 1


def test_a_sign_in_needs_the_form_that_we_gave(app: Dash, demo_accounts: Any) -> None:
    right = {"user": "country", "password": demo_accounts[1]["country"]}
    client = app.server.test_client()
    assert client.post("/sign-in", data=right).status_code == 400
    assert client.post("/sign-in", data={**right, "form": form_secret(app.server.test_client())}).status_code == 400
    assert attempt(client, **right).status_code == 303


def test_a_form_sent_from_another_site_is_refused(app: Dash, demo_accounts: Any) -> None:
    client = app.server.test_client()
    password = demo_accounts[1]["country"]
    assert attempt(client, "country", password, Origin="http://elsewhere.example").status_code == 403
    assert attempt(client, "country", password, Origin="null").status_code == 403
    assert attempt(client, "country", password, Origin="http://localhost").status_code == 303


def test_another_name_for_this_machine_is_not_answered(app: Dash) -> None:
    client = app.server.test_client()
    for host in ("elsewhere.example", "localhost.elsewhere.example", "127.0.0.1@elsewhere.example", "[", ""):
        assert client.get("/health", headers={"Host": host}).status_code == 400, host
    for host in ("localhost:8050", "127.0.0.1:8050", "[::1]:8050"):
        assert client.get("/health", headers={"Host": host}).status_code == 200


def test_the_cookie_is_shut_to_scripts_and_other_sites(app: Dash, demo_accounts: Any) -> None:
    cookie = attempt(app.server.test_client(), "country", demo_accounts[1]["country"]).headers["Set-Cookie"]
    assert cookie.startswith("caselight_session=")
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie


def test_five_attempts_a_minute_then_wait(demo_accounts: Any) -> None:
    clock, server = Clock(), Flask("dashboards", static_folder=None)
    access.install(server, demo_accounts[0], b"k", clock)
    password = demo_accounts[1]["country"]
    for name in ("country", "nobody"):
        statuses = [attempt(server.test_client(), name, "wrong").status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]
    assert attempt(server.test_client(), "country", password).status_code == 429
    assert attempt(server.test_client(), "county-ro424", demo_accounts[1]["county-ro424"]).status_code == 303
    clock.now += 61
    assert attempt(server.test_client(), "country", password).status_code == 303


def test_signing_in_forgets_the_failures(demo_accounts: Any) -> None:
    server = Flask("dashboards", static_folder=None)
    access.install(server, demo_accounts[0], b"k", Clock())
    for _ in range(3):
        statuses = [attempt(server.test_client(), "country", "wrong").status_code for _ in range(4)]
        assert statuses == [401] * 4
        assert attempt(server.test_client(), "country", demo_accounts[1]["country"]).status_code == 303


def test_the_throttle_keeps_a_bounded_number_of_names() -> None:
    clock = Clock()
    throttle = access.Throttle(clock)
    for number in range(25_000):
        clock.now += 0.01
        throttle.refuses(f"name {number}")
    assert len(throttle._attempts) <= 10_001


def test_sign_out_ends_the_session_even_for_a_copied_cookie(app: Dash, demo_accounts: Any) -> None:
    client, thief = app.server.test_client(), app.server.test_client()
    attempt(client, "country", demo_accounts[1]["country"])
    cookie = client.get_cookie("caselight_session")
    assert cookie
    thief.set_cookie("caselight_session", cookie.value)
    assert thief.get("/_dash-layout").status_code == 200
    answer = client.post("/sign-out?lang=ro")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?lang=ro")
    assert client.get("/_dash-layout").status_code == 401
    assert thief.get("/_dash-layout").status_code == 401


def test_signing_in_changes_the_session(app: Dash, demo_accounts: Any) -> None:
    """A cookie planted before sign-in is worth nothing after it."""
    client, thief = app.server.test_client(), app.server.test_client()
    form_secret(client)
    planted = client.get_cookie("caselight_session")
    assert planted
    thief.set_cookie("caselight_session", planted.value)
    attempt(client, "country", demo_accounts[1]["country"])
    assert thief.get("/_dash-layout").status_code == 401


def test_signing_in_as_somebody_else_ends_the_first_session(app: Dash, demo_accounts: Any) -> None:
    client, thief = app.server.test_client(), app.server.test_client()
    attempt(client, "country", demo_accounts[1]["country"])
    first = client.get_cookie("caselight_session")
    assert first
    attempt(client, "county-ro424", demo_accounts[1]["county-ro424"])
    thief.set_cookie("caselight_session", first.value)
    assert thief.get("/_dash-layout").status_code == 401
    assert client.get("/_dash-layout").status_code == 200


def test_a_session_ends_after_eight_hours() -> None:
    clock = Clock()
    sessions = access.Sessions(clock)
    token = sessions.start("country")
    clock.now += 8 * 3600 - 1
    assert sessions.user(token) == "country"
    clock.now += 2
    assert sessions.user(token) is None
    sessions.start("country")
    assert token not in sessions._open


def test_an_account_taken_away_is_out_at_once(serving_folder: Path, demo_accounts: Any) -> None:
    accounts = Accounts([demo_accounts[0].find("country")])
    app = create_app(lambda: serving_folder, accounts, b"k")
    client = app.server.test_client()
    attempt(client, "country", demo_accounts[1]["country"])
    accounts._by_user = {}
    assert client.get("/_dash-layout").status_code == 401


def test_pages_may_load_from_here_only_and_are_not_kept(app: Dash, demo_accounts: Any) -> None:
    client = app.server.test_client()
    attempt(client, "country", demo_accounts[1]["country"])
    for path in ("/", "/registrations?lang=uk", "/sign-in"):
        headers = client.get(path, headers={"Accept": "text/html"}).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';") and "frame-ancestors 'none'" in policy
        assert "http:" not in policy and "https:" not in policy and "unsafe-eval" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/registrations.csv").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("path", "lang", "title"), [("/", "en", "Overview"), ("/registrations", "uk", "Реєстрація")])
def test_the_index_page_names_its_language_and_title(
    app: Dash, demo_accounts: Any, path: str, lang: str, title: str
) -> None:
    client = app.server.test_client()
    attempt(client, "country", demo_accounts[1]["country"])
    page = client.get(f"{path}?lang={lang}").text
    assert f'<html lang="{lang}">' in page
    assert f"<title>{title} – Caselight</title>" in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_demo_accounts_are_refused_off_loopback(app: Dash, host: str) -> None:
    with pytest.raises(DashboardError, match="local demo accounts only"):
        bind(app, host, 0)


def test_a_taken_port_is_a_sentence(app: Dash) -> None:
    first = bind(app, "127.0.0.1", 0)
    try:
        with pytest.raises(DashboardError, match="cannot be used"):
            bind(app, "127.0.0.1", first.effective_port)
    finally:
        first.close()
