"""Who is signed in, and the door that asks. The audience comes from our assignment table by way of the session only."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from dashboards.accounts import Account, Accounts
from dashboards.address import language_of, query
from dashboards.page_texts import Words, languages

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_OPEN_PATHS = {"/sign-in", "/health", "/assets/style.css", "/assets/icon.svg"}
_SESSION_SECONDS = 8 * 3600
_ATTEMPTS, _PAUSE_SECONDS, _NAMES_KEPT = 5, 60, 10_000
_LONGEST_NAME = 100


@dataclass
class Sessions:
    """The sessions now open, in this one process: token -> user and end. Signing out really ends one."""

    clock: Callable[[], float]
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)

    def start(self, user: str) -> str:
        """Open a session and give its token."""
        now = self.clock()
        self._open = {token: held for token, held in self._open.items() if held[1] > now}
        token = secrets.token_urlsafe(32)
        self._open[token] = (user, now + _SESSION_SECONDS)
        return token

    def user(self, token: object) -> str | None:
        """Give the user of a token that is still open."""
        user, end = self._open.get(token, (None, 0.0)) if isinstance(token, str) else (None, 0.0)
        return user if end > self.clock() else None

    def end(self, token: object) -> None:
        """Close a session."""
        if isinstance(token, str):
            self._open.pop(token, None)


@dataclass
class Throttle:
    """Counts attempts by user name, known or not: after five in a minute, the name must wait."""

    clock: Callable[[], float]
    _attempts: dict[str, list[float]] = field(default_factory=dict)

    def refuses(self, user: str) -> bool:
        """Count one attempt (before the password is looked at) and say whether it is one too many."""
        since = self.clock() - _PAUSE_SECONDS
        if len(self._attempts) > _NAMES_KEPT:
            self._attempts = {name: times for name, times in self._attempts.items() if times[-1] > since}
        recent = [attempt for attempt in self._attempts.get(user, []) if attempt > since]
        is_refused = len(recent) >= _ATTEMPTS
        self._attempts[user] = recent if is_refused else [*recent, self.clock()]
        return is_refused

    def forget(self, user: str) -> None:
        """Forget the attempts of a user who has signed in."""
        self._attempts.pop(user, None)


def current_account() -> Account:
    """Give the account of this request. Outside the door there is none, and this fails."""
    return g.account


def install(server: Flask, accounts: Accounts, secret_key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
    """Put the door before every route of the server, and add the routes to sign in and out."""
    server.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="caselight_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    sessions, throttle = Sessions(clock), Throttle(clock)
    server.before_request(lambda: _refuse(accounts, sessions))
    server.add_url_rule("/sign-in", view_func=_sign_in_form, methods=["GET"])
    server.add_url_rule("/sign-in", "sign_in", lambda: _sign_in(accounts, sessions, throttle), methods=["POST"])
    server.add_url_rule("/sign-out", "sign_out", lambda: _sign_out(sessions), methods=["POST"])
    server.add_url_rule("/health", "health", lambda: {"status": "ok"})


def _refuse(accounts: Accounts, sessions: Sessions) -> Response | None:
    """Deny everything but the open paths to whoever is not signed in; a page sends to the sign-in form."""
    # Flask's own list of trusted hosts does not know "[::1]". Any other name that leads here may be a rebound one.
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        return Response("The dashboard answers to this machine's own names only.", 400, mimetype="text/plain")
    if request.method == "POST" and not _is_from_here():
        return Response("This form was sent from another site.", 403, mimetype="text/plain")
    if request.path in _OPEN_PATHS:
        return None
    account = accounts.find(sessions.user(session.get("token")) or "")
    if account is not None:
        g.account = account
        return None
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return redirect("/sign-in" + query(language_of(request.query_string.decode("latin-1"))), 303)
    return Response("Sign in first.", 401, mimetype="text/plain")


def _is_from_here() -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _sign_in_form(lang: str = "", mistake: str = "", status: int = 200) -> Response:
    words = Words(lang or language_of(request.query_string.decode("latin-1")))
    # The form carries a secret that its own cookie holds too: nobody else's page can sign a reader in.
    session["form"] = session.get("form") or secrets.token_urlsafe(32)
    page = render_template(
        "sign_in.html", words=words, languages=languages(), mistake=mistake, form=session["form"], query=query
    )
    return Response(page, status, mimetype="text/html")


def _sign_in(accounts: Accounts, sessions: Sessions, throttle: Throttle) -> Response:
    lang = language_of("lang=" + request.form.get("lang", ""))
    user, password = request.form.get("user", "").strip()[:_LONGEST_NAME], request.form.get("password", "")
    form = session.get("form", "")
    if not form or not hmac.compare_digest(form.encode(), request.form.get("form", "").encode()):
        return _sign_in_form(lang, "expired", 400)
    if throttle.refuses(user):
        return _sign_in_form(lang, "too_many", 429)
    account = accounts.verify(user, password)
    if account is None:
        return _sign_in_form(lang, "wrong", 401)
    throttle.forget(user)
    sessions.end(session.get("token"))
    session.clear()
    session["token"] = sessions.start(account.user)
    return redirect("/" + query(lang), 303)


def _sign_out(sessions: Sessions) -> Response:
    sessions.end(session.get("token"))
    session.clear()
    return redirect("/sign-in" + query(language_of(request.query_string.decode("latin-1"))), 303)
