"""The dashboard over whatever build is current; Dash is imported only when pages are served."""

from collections.abc import Callable
from functools import partial

from pipelines.run.builds import current_build, current_serving
from pipelines.run.settings import Settings


def demo_accounts(settings: Settings, random_bytes: Callable[[int], bytes]) -> dict[str, str]:
    """Makes the demo accounts, one an audience, and gives user name -> password; nothing when they exist already."""
    from dashboards.accounts import create_demo_accounts

    if settings.accounts_file.exists():
        return {}
    audiences = sorted(file.stem for file in (current_build(settings.builds) / "serving").glob("*.duckdb"))
    settings.accounts_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return create_demo_accounts(settings.accounts_file, audiences, random_bytes)


def serve_dashboard(settings: Settings, host: str, port: int, secret_key: bytes) -> None:
    """Serves until interrupted; the current build is resolved anew for every request."""
    from dashboards.accounts import load_accounts
    from dashboards.app import create_app, serve

    accounts = load_accounts(settings.accounts_file)
    serve(create_app(partial(current_serving, settings.builds), accounts, secret_key), host, port)
