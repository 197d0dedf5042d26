"""What policy and profile say of unknowns: each setting takes out the children it names, and no other."""

import shutil
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from case_store.database import connect
from case_store.profile import load_profile
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot import take_snapshot as snapshot_stage
from pipelines.snapshot.snapshot_hashes import read_manifest
from tests.support.line import write_key
from tests.support.small_store import CHILDREN, document, insert_case

DAY = date(2023, 12, 31)
NO_AGE = {"birth_date": None, "age_as_entered": None}
ODD: tuple[dict[str, Any], ...] = (
    {"consent_reporting": "unknown"},
    {"consent_reporting": None},
    {"consent_reporting": ""},
    {"consent_reporting": "no"},
    {"consent_reporting": [True, False]},
    NO_AGE,
    {"birth_date": "in the spring", "age_as_entered": "9 years"},
    {"birth_date": None, "age_as_entered": 101},
    {"birth_date": "2999-01-01", "age_as_entered": None},
    {"status": None},
    {"status": "pending_9f2c1aa"},
    {"status": "Closed"},
    {"status": ["open", "closed"]},
    {"is_flagged_duplicate": True},
    {"is_flagged_duplicate": "yes"},
    {"is_flagged_duplicate": "no"},
    # nobody is counted twice: the first reason in the documented order takes the child
    {"is_flagged_duplicate": True, "status": None, "consent_reporting": None, **NO_AGE},
)
SETTINGS = {
    "consent_withheld": ("CONSENT_WITHHELD", 1),
    "consent_unknown": ("CONSENT_UNKNOWN", 5),
    "age_unknown": ("UNKNOWN_AGE", 5),
    "unknown_status": ("UNKNOWN_STATUS", 5),
    "flagged_duplicates": ("FLAGGED_DUPLICATE", 3),
}
TOGETHER = {"CONSENT_WITHHELD": 1, "CONSENT_UNKNOWN": 4, "UNKNOWN_AGE": 4, "UNKNOWN_STATUS": 4, "FLAGGED_DUPLICATE": 3}


@pytest.fixture(scope="module")
def odd_store(new_store: Callable[[], str]) -> str:
    dsn = new_store()
    with connect(dsn) as connection:
        for columns in ODD:
            insert_case(connection, document(**columns))
    return dsn


@pytest.fixture
def excluded(odd_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, int]]:
    """Take the snapshot with these settings at `exclude`; give what was excluded, by reason."""

    def take(*names: str) -> dict[str, int]:
        policy = policy_of(load_profile())
        intake = policy.intake.model_copy(update={name: "exclude" for name in names if name != "flagged_duplicates"})
        monkeypatch.setattr(snapshot_stage, "policy_of", lambda profile: policy.model_copy(update={"intake": intake}))
        profile = profile_that_excludes(tmp_path) if "flagged_duplicates" in names else "romania"
        settings = Settings(tmp_path / "data", tmp_path / "state", write_key(tmp_path / "key"), odd_store, profile)
        settings.make_data_folder()
        manifest = read_manifest(snapshot_stage.take_snapshot(settings, ReferenceTime(DAY, DAY, "Europe/Bucharest")))
        rows = [row for row in manifest["coverage"] if row["table_name"] == "cases" and row["records"]]
        told = {(row["outcome"], row["reason"]): row["records"] for row in rows}
        out = {reason: records for (outcome, reason), records in told.items() if outcome == "excluded"}
        assert told["extracted", ""] == CHILDREN + len(ODD) == told["loaded", ""] + sum(out.values())
        return out

    return take


def profile_that_excludes(folder: Path) -> str:
    copy = folder / "elsewhere"
    shutil.copytree(str(files("case_store") / "profiles" / "romania"), copy)
    path = copy / "profile.yml"
    path.write_text(path.read_text("utf-8").replace("flagged_duplicates: load", "flagged_duplicates: exclude"), "utf-8")
    return str(copy)


def test_nobody_is_excluded_where_policy_loads(excluded: Callable[..., dict[str, int]]) -> None:
    assert excluded() == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_excludes_whom_it_names(name: str, excluded: Callable[..., dict[str, int]]) -> None:
    reason, records = SETTINGS[name]
    assert excluded(name) == {reason: records}


def test_all_settings_together_count_each_child_once(excluded: Callable[..., dict[str, int]]) -> None:
    assert excluded(*SETTINGS) == TOGETHER
