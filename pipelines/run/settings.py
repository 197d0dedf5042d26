"""Where things are: every path and environment variable of Caselight, read once at the edge."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.errors import RunError

CHECKOUT = Path(__file__).resolve().parents[2]
# what stands in `data/`; a folder that holds anything else is not ours alone
OURS = {
    *("snapshots", "builds", "drafts", "publications", "ledger"),
    *("dagster", "dbt", "run.lock", "run.holder", "runs.jsonl", "accepted_runs.jsonl"),
}


@dataclass(frozen=True)
class Settings:
    """`data`: what runs make; `state`: server, keys, accounts, outside the checkout; `dsn`: a store that is given."""

    data: Path
    state: Path
    key_file: Path
    dsn: str | None
    profile: str = ""  # the default one

    @classmethod
    def from_environment(cls) -> "Settings":
        """Reads CASELIGHT_DATA, CASELIGHT_STATE, CASELIGHT_KEY_FILE, CASELIGHT_PROFILE and CASESTORE_DSN."""
        state = Path(os.environ.get("CASELIGHT_STATE") or _default_state()).absolute()
        data = Path(os.environ.get("CASELIGHT_DATA") or CHECKOUT / "data").absolute()
        return cls(
            data=data,
            state=state,
            key_file=Path(os.environ.get("CASELIGHT_KEY_FILE") or _default_key(state, data)).absolute(),
            dsn=os.environ.get("CASESTORE_DSN") or None,
            profile=os.environ.get("CASELIGHT_PROFILE") or "",
        )

    @contextmanager
    def in_environment(self) -> Iterator[None]:
        """Makes these the settings that `from_environment` gives: Dagster's resources take theirs from there.

        A DSN may hold a password, so it travels in the environment and never in a run's configuration, which is kept.
        """
        before = dict(os.environ)
        os.environ.update(
            CASELIGHT_DATA=str(self.data),
            CASELIGHT_STATE=str(self.state),
            CASELIGHT_KEY_FILE=str(self.key_file),
            CASELIGHT_PROFILE=self.profile,
            CASESTORE_DSN=self.dsn or "",
        )
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    @cached_property
    def cluster(self) -> str:
        """The name of this checkout's embedded server, so that two checkouts never share one."""
        return _name_of(self.data)

    @property
    def snapshots(self) -> Path:
        return self.data / "snapshots"

    @property
    def builds(self) -> Path:
        return self.data / "builds"

    @property
    def building(self) -> Path:
        """Where the one running build is made; only a finished one gets a name of its own."""
        return self.builds / ".building"

    @property
    def drafts(self) -> Path:
        return self.data / "drafts"

    @property
    def publications(self) -> Path:
        return self.data / "publications"

    @property
    def ledger(self) -> Path:
        """What was ever published, and the counts behind it; private."""
        return self.data / "ledger"

    @property
    def lock_file(self) -> Path:
        return self.data / "run.lock"

    @property
    def accounts_file(self) -> Path:
        return self.state / "accounts" / f"{self.cluster}.json"

    def make_data_folder(self) -> None:
        """Makes `data/` private (0700). Raises RunError when it cannot, or when others use that folder too."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.data.stat().st_mode & 0o077:
                self._refuse_shared_folder()
                self.data.chmod(0o700)
        except OSError as error:
            raise RunError(
                f"{self.data} cannot be used ({error.strerror}); set CASELIGHT_DATA to a folder of yours"
            ) from None

    def _refuse_shared_folder(self) -> None:
        """Such as /tmp: closing a folder that holds what is not ours would lock its other users out."""
        if any(path.name not in OURS for path in self.data.iterdir()):
            raise RunError(
                f"{self.data} holds files that are not Caselight's, and others can enter it; set CASELIGHT_DATA to a "
                f"folder for Caselight alone, or close this one (chmod 700 {self.data})"
            )


def _name_of(data: Path) -> str:
    return hashlib.sha256(str(data).encode()).hexdigest()[:8]


def _default_key(state: Path, data: Path) -> Path:
    """A key of this data folder's own: with one key, the pseudonyms of two checkouts could be joined.

    Until 2026-12 all checkouts shared one. A data folder whose runs were accepted with it goes on with it.
    """
    own, shared = state / "keys" / f"{_name_of(data)}.key", state / "keys" / "pseudonym.key"
    goes_on = shared.exists() and not own.exists() and (data / "accepted_runs.jsonl").exists()
    return shared if goes_on else own


def _default_state() -> Path:
    # an embedded PostgreSQL cannot run as root, and its unprivileged user cannot enter root's home
    if os.geteuid() == 0:
        return Path("/var/lib/caselight")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "caselight"
