"""What a protected release leaves for the data-protection officer: a page, its twin for programs, a certificate."""

import hashlib
import io
import json

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.ledger.chain import Ledger
from anonymization.disclosure.ledger.editions import LedgerEdition
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from case_store.profile import load_profile
from pipelines.release.internal_report import CERTIFICATE_FILE, PAGE_FILE, REPORT_FILES, SUMMARY_FILE, report_files
from pipelines.release.protection_terms import terms_of
from pipelines.run.policy_in_force import policy_of
from publications.phrases import Phrase
from publications.source import Source

POLICY = policy_of(load_profile()).disclosure["public"]
SOURCE = Source(code="PRIMERO_RO", name=Phrase({"en": "Primero", "ro": "Primero", "uk": "Primero"}), is_synthetic=True)
EDITION = LedgerEdition("2023-Q4", 1, "2024-01-14")
COUNTIES = [f"RO42{digit}" for digit in range(1, 7)]


@pytest.fixture(scope="module")
def protected() -> ProtectedRelease:
    area = Dimension("area", {"COUNTY": {county: county for county in COUNTIES}})
    care = Dimension("care_status", {"CARE_STATUS": {"SEP": "SEP", "UNACC": "UNACC"}})
    margin = {"area": ("TOTAL", "COUNTY"), "care_status": ("TOTAL", "CARE_STATUS")}
    table = Table("T4", "children", (area, care), (margin,))
    leaves = pd.DataFrame([(a, c) for a in COUNTIES for c in care.leaves], columns=["area", "care_status"])
    counts = leaves.assign(count=[1, 20, 20, 3, 30, 40, 50, 60, 70, 0, 4, 90])
    release = Release(TableSet((table,)), {"children": counts})
    return protect(release, History(), POLICY.rule, terms_of(POLICY, release.table_set))


@pytest.fixture(scope="module")
def files(protected: ProtectedRelease) -> dict[str, bytes]:
    return report_files(protected, POLICY, Ledger(), EDITION, ("Show regions instead.",), SOURCE)


def test_three_files_the_same_each_time(protected: ProtectedRelease, files: dict[str, bytes]) -> None:
    assert set(files) == set(REPORT_FILES)
    assert report_files(protected, POLICY, Ledger(), EDITION, ("Show regions instead.",), SOURCE) == files


def test_the_page_tells_attacks_cost_ledger_and_advice(files: dict[str, bytes]) -> None:
    page = files[PAGE_FILE].decode()
    for words in (
        "2023-Q4 v1, as known at 2024-01-14",
        "SYNTHETIC DATA",
        "Every gate held",
        "contributors",
        "rule knower",
        "Show regions instead.",
        "Newest seal",
        "Weight",
        hashlib.sha256(files[CERTIFICATE_FILE]).hexdigest(),
        "one category of care_status: T4: area=RO425",
    ):
        assert words in page


def test_the_twin_holds_the_figures_of_the_pattern(protected: ProtectedRelease, files: dict[str, bytes]) -> None:
    told = json.loads(files[SUMMARY_FILE])
    secondary = protected.cells["status"].eq("secondary")
    assert told["safe"] and told["tables"][0]["secondary"] == secondary.sum()
    assert told["tables"][0]["weight"] >= 20 * secondary.sum() / 2
    assert told["pattern"]["cost"] >= told["pattern"]["bound"] > 0
    assert len([name for name in told["pattern"] if name.startswith("cost after")]) >= 3
    assert told["ledger"] == {"entries_before": 0, "newest_seal": Ledger().head}
    lines = {attack["name"]: attack["gate"] for attack in told["attacks"]}
    assert lines["rule knower"] and not any(gate for name, gate in lines.items() if "audience" in name)
    assert sum("audience" in name or "coordinator" in name for name in lines) > 0


def test_the_certificate_proves_every_target_by_addition(files: dict[str, bytes]) -> None:
    with np.load(io.BytesIO(files[CERTIFICATE_FILE])) as held:
        targets = np.zeros((len(held["width"]), held["tables"].shape[1]), dtype=np.int64)
        targets[held["target_row"], held["target_column"]] = held["target_value"]
        values = targets @ held["tables"].T
        places = np.arange(len(targets))
        assert len(targets) and (values[places, held["high"]] - values[places, held["low"]] >= held["width"]).all()
