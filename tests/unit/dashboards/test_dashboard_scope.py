"""Forged requests: whatever a county coordinator asks for, nothing of another county comes back."""

import re
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboards.accounts import Account, Accounts
from dashboards.app import create_app
from dashboards.data import open_serving, serving_file
from dashboards.errors import DashboardError

KEY = b"a key for these tests only......"
PAGE = {"id": "page", "property": "children"}


@pytest.fixture
def app(serving_folder: Path, demo_accounts: tuple[Accounts, dict[str, str]]) -> Dash:
    return create_app(lambda: serving_folder, demo_accounts[0], KEY)


def sign_in(app: Dash, user: str, passwords: dict[str, str]) -> FlaskClient:
    client = app.server.test_client()
    form = re.search(r'name="form" value="([^"]+)"', client.get("/sign-in").text)
    assert form
    answer = client.post("/sign-in", data={"user": user, "password": passwords[user], "form": form[1]})
    assert answer.status_code == 303
    return client


def callback(path: object, search: object, **more: Any) -> dict[str, Any]:
    inputs = [
        {"id": "address", "property": "pathname", "value": path},
        {"id": "address", "property": "search", "value": search},
    ]
    return {"output": "page.children", "outputs": PAGE, "inputs": inputs, "changedPropIds": [], **more}


# hashes, tokens (Dash signs its settings with one, `end_id`), and the times of files in addresses
RANDOM = re.compile(
    r"'sha256-[^']+'|session=[^;]+|name=\"form\" value=\"[^\"]+\"|\"end_id\":\"[^\"]+\"|\?m=[\d.]+|m\d{10}(?=[.\"])"
)


def holds(answer: TestResponse, numbers: list[int]) -> list[int]:
    """The numbers that stand in an answer, headers included, however a language writes them; hashes, tokens and times
    are made of random digits, so they are left out."""
    text = RANDOM.sub("", answer.get_data(as_text=True) + str(answer.headers))
    text = text.replace("\\u00a0", " ").replace("\N{NO-BREAK SPACE}", " ")
    return [number for number in numbers if re.search(f"{number // 1000}[,. ]?{number % 1000:03}", text)]


FORGED_QUERIES = [
    "?audience=RO113",
    "?county=RO113",
    "?county=RO-CJ&lang=ro",
    "?audience=national",
    "?audience=../national",
    "?scope=all&lang=uk",
    "?lang=../../RO113",
    "?lang=en&lang=RO113&sex=F",
    "?sex=' or 1=1 --",
    "?sex=F&token=RO113&user=county-ro113",
]


@pytest.mark.parametrize("path", ["/", "/registrations", "/registrations.csv", "/RO113", "/..%2fRO113.duckdb"])
def test_another_county_in_an_address_gives_nothing_of_it(
    app: Dash, demo_accounts: Any, serving_numbers: dict[str, list[int]], path: str
) -> None:
    client = sign_in(app, "county-ro424", demo_accounts[1])
    for query in FORGED_QUERIES:
        answers = [client.get(path + query), client.post("/_dash-update-component", json=callback(path, query))]
        for answer in answers:
            assert not holds(answer, serving_numbers["RO113"] + serving_numbers["national"]), query
            assert "Cluj" not in answer.text, query


BODIES = [
    callback("/", "", county="RO113", audience="RO113", user="county-ro113", state=[{"id": "x", "value": "RO113"}]),
    callback({"audience": "RO113"}, ["RO113"]),
    callback(None, None),
    callback(["/"], 7),
    callback("/", "?" + "a=1&" * 5000),
    {"output": "page.children", "inputs": [{"id": "county", "property": "value", "value": "RO113"}]},
    {"output": "RO113.children", "outputs": {"id": "RO113", "property": "children"}, "inputs": []},
]


def test_another_county_in_a_body_gives_nothing_of_it(
    app: Dash, demo_accounts: Any, serving_numbers: dict[str, list[int]]
) -> None:
    app.server.config["PROPAGATE_EXCEPTIONS"] = False
    client = sign_in(app, "county-ro424", demo_accounts[1])
    headers = {"X-User": "county-ro113", "X-Forwarded-User": "county-ro113", "Authorization": "Bearer RO113"}
    for body in BODIES:
        answer = client.post("/_dash-update-component", json=body, headers=headers)
        assert not holds(answer, serving_numbers["RO113"] + serving_numbers["national"]), body
        assert "Cluj" not in answer.text, body


@pytest.mark.parametrize(
    ("user", "audience", "name"),
    [("county-ro424", "RO424", "Timiș"), ("county-ro113", "RO113", "Cluj"), ("country", "national", "Romania")],
)
def test_each_reader_sees_all_of_their_own_area(
    app: Dash, demo_accounts: Any, serving_numbers: dict[str, list[int]], user: str, audience: str, name: str
) -> None:
    """The positive control: the search that finds nothing above finds everything here."""
    client = sign_in(app, user, demo_accounts[1])
    overview = client.post("/_dash-update-component", json=callback("/", ""))
    chart = client.post("/_dash-update-component", json=callback("/registrations", "?sex=M"))
    rows = client.get("/registrations.csv")
    own = serving_numbers[audience]
    assert name in overview.get_json()["response"]["page"]["children"].__repr__()
    assert holds(overview, own[:12]) == own[:12]
    assert holds(rows, own[12:]) == own[12:]
    boys = [number for position, number in enumerate(own[12:]) if position % 6 >= 3]
    assert holds(chart, own[12:]) == boys
    assert f"registrations_{audience}_2023-12-31.csv" in rows.headers["Content-Disposition"]


def test_every_route_is_shut_without_a_session(app: Dash) -> None:
    client = app.server.test_client()
    open_paths = {"/sign-in", "/health", "/assets/style.css", "/assets/icon.svg"}
    paths = {re.sub("<[^>]+>", "x", rule.rule) for rule in app.server.url_map.iter_rules()} - open_paths
    assert {"/", "/_dash-layout", "/_dash-dependencies", "/_dash-update-component", "/registrations.csv"} <= paths
    for path in paths:
        for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"):
            assert client.open(path, method=method).status_code == 401, (method, path)


def test_what_is_open_without_a_session_says_nothing(app: Dash) -> None:
    client = app.server.test_client()
    assert client.get("/health").get_json() == {"status": "ok"}
    assert client.get("/assets/style.css").status_code == 200
    assert client.get("/assets/../assets/style.css?RO113").status_code in (200, 401)
    page = client.get("/registrations?lang=uk", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (303, "/sign-in?lang=uk")


def test_a_cookie_of_ones_own_making_opens_nothing(app: Dash) -> None:
    claims = {"token": "RO113", "user": "county-ro113", "audience": "RO113", "role": "county_coordinator"}
    signer = SecureCookieSessionInterface().get_signing_serializer(app.server)
    forger = SecureCookieSessionInterface().get_signing_serializer(
        create_app(Path, Accounts([]), b"another key").server
    )
    assert signer and forger
    for cookie in (signer.dumps(claims), forger.dumps(claims), "RO113", signer.dumps({"token": ["RO113"]})):
        client = app.server.test_client()
        client.set_cookie("caselight_session", str(cookie))
        assert client.get("/_dash-layout").status_code == 401
        assert client.post("/_dash-update-component", json=callback("/", "")).status_code == 401


def test_claims_added_to_an_open_session_change_nothing(
    app: Dash, demo_accounts: Any, serving_numbers: dict[str, list[int]]
) -> None:
    client = sign_in(app, "county-ro424", demo_accounts[1])
    with client.session_transaction() as session:
        session.update(user="county-ro113", audience="RO113", scope=["RO113"])
    answer = client.post("/_dash-update-component", json=callback("/", ""))
    assert holds(answer, serving_numbers["RO424"])
    assert not holds(answer, serving_numbers["RO113"])


@pytest.mark.parametrize(
    "audience",
    ["../RO113", "RO424/../RO113", "RO113.duckdb", "national\n", "", "ro113", "/etc/passwd", "RO1\x0013", "*"],
)
def test_an_audience_that_is_no_code_is_refused(serving_folder: Path, audience: str) -> None:
    with pytest.raises(DashboardError, match="neither 'national' nor a county code"):
        serving_file(serving_folder, audience)


def test_an_account_with_a_path_for_an_audience_sees_no_figures(
    serving_folder: Path, serving_numbers: dict[str, list[int]], demo_accounts: Any
) -> None:
    known = demo_accounts[0].find("county-ro424")
    odd = Account("odd", known.role, "../serving/RO113", known.salt, known.password_hash)
    app = create_app(lambda: serving_folder, Accounts([odd]), KEY)
    client = sign_in(app, "odd", {"odd": demo_accounts[1]["county-ro424"]})
    answer = client.post("/_dash-update-component", json=callback("/", ""))
    assert "No figures yet" in answer.text
    assert not holds(answer, serving_numbers["RO113"])


def test_a_link_out_of_the_serving_folder_is_refused(serving_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.duckdb").touch()
    (serving_folder / "RO999.duckdb").symlink_to(tmp_path / "elsewhere.duckdb")
    (serving_folder / "RO998.duckdb").symlink_to(serving_folder / "missing.duckdb")
    with pytest.raises(DashboardError, match="is a link to a location outside its folder"):
        serving_file(serving_folder, "RO999")
    with pytest.raises(DashboardError, match="no figures for RO998"):
        serving_file(serving_folder, "RO998")


def test_a_file_made_for_somebody_else_is_not_shown(
    app: Dash, serving_folder: Path, demo_accounts: Any, serving_numbers: dict[str, list[int]]
) -> None:
    (serving_folder / "RO113.duckdb").rename(serving_folder / "RO424.duckdb")
    client = sign_in(app, "county-ro424", demo_accounts[1])
    page = client.post("/_dash-update-component", json=callback("/", ""))
    rows = client.get("/registrations.csv")
    assert "No figures yet" in page.text
    assert rows.status_code == 503
    assert not holds(page, serving_numbers["RO113"]) + holds(rows, serving_numbers["RO113"])


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "attach '{folder}/RO113.duckdb' as other",
        "select * from '{folder}/RO113.duckdb'",
        "copy about to '{folder}/out.csv'",
        "set enable_external_access = true",
        "create table x (y integer)",
    ],
)
def test_an_open_file_reaches_no_other_file(serving_folder: Path, statement: str) -> None:
    with (
        pytest.raises(DashboardError, match="cannot be read"),
        open_serving(serving_folder, "RO424") as connection,
    ):
        connection.execute(statement.format(folder=serving_folder))


def test_a_broken_file_is_a_sentence(app: Dash, serving_folder: Path, demo_accounts: Any) -> None:
    (serving_folder / "RO424.duckdb").write_bytes(b"no database")
    client = sign_in(app, "county-ro424", demo_accounts[1])
    assert (
        "Încă nu există cifre"
        in client.post("/_dash-update-component", json=callback("/registrations", "?lang=ro"))
        .get_json()["response"]["page"]["children"]
        .__repr__()
    )
