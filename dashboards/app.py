"""The application: routes, pages and headers around one question, asked anew by every request: whose figures?"""

import logging
from collections.abc import Callable
from pathlib import Path

from dash import Dash, Input, Output, dcc, html
from duckdb import DuckDBPyConnection
from flask import Flask, request
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from dashboards import access, data
from dashboards.accounts import Accounts
from dashboards.address import Address, language_of, parse_address
from dashboards.errors import DashboardError
from dashboards.page_texts import Words, use_words
from dashboards.pages.frame import PAGE_TITLES, Content, frame, message
from dashboards.pages.overview import overview
from dashboards.pages.registrations import Registrations, csv_rows, registrations

_THREADS = 8
_LOG = logging.getLogger(__name__)

Serving = Callable[[], Path]


class CaselightDash(Dash):
    """Dash with an index page of ours: language, title and no script told of until the page is asked for."""

    def interpolate_index(
        self,
        metas: str = "",
        title: str = "",
        css: str = "",
        config: str = "",
        scripts: str = "",
        app_entry: str = "",
        favicon: str = "",
        renderer: str = "",
    ) -> str:
        """Write the index page in the language of the address."""
        words = Words(language_of(request.query_string.decode("latin-1")))
        title = words(PAGE_TITLES.get(request.path, "title_missing"))
        return f"""<!DOCTYPE html>
<html lang="{words.lang}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} – Caselight</title>
  <link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
  {css}
</head>
<body>
  <div id="react-entry-point"><p class="loading">{words("loading")}</p></div>
  <noscript><p class="notice">{words("no_script")}</p></noscript>
  <footer hidden>{config}{scripts}{renderer}</footer>
</body>
</html>"""


def create_app(serving: Serving, accounts: Accounts, secret_key: bytes) -> Dash:
    """Make the application.

    `serving` gives the folder of the current build's serving files; it is asked by every request, so that a new
    build shows without a restart. `accounts` say who may sign in and for which audience.
    """
    server = Flask("dashboards", static_folder=None)
    use_words(server, serving)
    access.install(server, accounts, secret_key)
    app = CaselightDash(
        "dashboards",
        server=server,  # type: ignore[arg-type]  # Dash takes a Flask, its annotation does not say so
        pages_folder="",
        use_pages=False,
        serve_locally=True,
        enable_mcp=False,
        update_title="",
        add_log_handler=False,
    )
    app.layout = html.Div([dcc.Location(id="address", refresh=False), html.Div(id="page")])
    app.callback(Output("page", "children"), Input("address", "pathname"), Input("address", "search"))(
        lambda path, search: page(serving, path, search)
    )
    server.add_url_rule("/registrations.csv", "registrations_csv", lambda: registrations_csv(serving))
    server.after_request(lambda response: _secure(app, response))
    return app


def page(serving: Serving, path: object, search: object) -> Content:
    """Build the page of an address for whoever is signed in. Nothing in the address names an audience."""
    account, address = access.current_account(), Address(language_of(search))
    words = Words(address.lang)
    known_path = path if isinstance(path, str) and path in PAGE_TITLES else ""
    try:
        with data.open_serving(serving(), account.audience) as connection:
            about = data.about(connection, account.audience)
            filters = data.filters(connection, address.lang)
            address = parse_address(search, {column: offered.choices for column, offered in filters.items()})
            if known_path == "/":
                content = overview(data.overview(connection), about, words)
            elif known_path == "/registrations":
                content = registrations(_registrations(connection, address.lang), address, about)
            else:
                content = message(words("title_missing"), words("missing_text"))
    except DashboardError as error:
        _LOG.error("%s", error)
        about, content = None, message(words("title_no_figures"), words("no_figures_text"))
    return frame(known_path or "/", address, account, about, content)


def registrations_csv(serving: Serving) -> Response:
    """Send the rows behind the registrations page, of the signed-in user's own area."""
    audience = access.current_account().audience
    lang = language_of(request.query_string.decode("latin-1"))
    try:
        with data.open_serving(serving(), audience) as connection:
            about = data.about(connection, audience)
            rows = csv_rows(_registrations(connection, lang), about, Words(lang))
    except DashboardError as error:
        _LOG.error("%s", error)
        return Response(Words(lang)("no_figures_text"), 503, mimetype="text/plain")
    # The mark at the start makes spreadsheets read the letters of all three languages right.
    response = Response("\ufeff" + rows.to_csv(index=False), mimetype="text/csv")
    name = f"registrations_{about.audience}_{about.as_of.isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def serve(app: Dash, host: str, port: int) -> None:
    """Serve the application until interrupted. Local accounts are for the demonstration: loopback addresses only."""
    bind(app, host, port).run()


def bind(app: Dash, host: str, port: int) -> BaseWSGIServer:
    """Take the address and give the server, ready to run; port 0 takes a free one (`effective_port`)."""
    if host not in access.LOOPBACK:
        raise DashboardError(
            f"The dashboard has local demo accounts only, so it is not served on {host}. Use --host 127.0.0.1."
        )
    # Dash fills its register of scripts when the first page is written; a cold start in parallel loses that race.
    with app.server.test_request_context("/"):
        app.index()
    # A browser asks for a page's twenty scripts at once; queueing here is normal.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        return create_server(app.server, host=host, port=port, threads=_THREADS, ident=None)
    except OSError as error:
        raise DashboardError(
            f"Port {port} on {host} cannot be used ({error.strerror}). Choose another --port."
        ) from error


def _registrations(connection: DuckDBPyConnection, lang: str) -> Registrations:
    rows = data.registrations(connection)
    offered = data.filters(connection, lang)
    return Registrations(
        rows=rows,
        age_bands=data.age_bands(connection, lang),
        filters={column: offered[column] for column in rows.columns if column in offered},
    )


def _secure(app: Dash, response: Response) -> Response:
    """Say what a browser may load (from here only) and keep (no figures)."""
    if response.mimetype == "text/html":
        # Dash writes inline scripts as it goes, so their hashes are taken for each page.
        hashes = " ".join(app.csp_hashes())
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
    if not request.path.startswith("/_dash-component-suites/"):
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
