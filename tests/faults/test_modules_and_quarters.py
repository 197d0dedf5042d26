"""A profile may name several modules, and its launch decides the first quarter."""

import shutil
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from case_store.database import connect
from case_store.errors import CaseStoreError
from case_store.profile import load_profile, read_profile
from pipelines.assets.partitions import quarters, quarters_since
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.line import write_key
from tests.support.small_store import CHILDREN, document, insert_case

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
ONE = "module_id: primeromodule-cp"


def profile_with(folder: Path, modules: str) -> Path:
    """A copy of Romania's profile with another line for its modules."""
    copy = folder / "elsewhere"
    shutil.copytree(str(files("case_store") / "profiles" / "romania"), copy)
    path = copy / "profile.yml"
    path.write_text(path.read_text("utf-8").replace(ONE, f"module_id: {modules}"), "utf-8")
    return copy


def test_every_module_of_the_profile_is_loaded_and_no_other(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        for module in ("primeromodule-pcm", "primeromodule-cp-2a3b4c5", "primeromodule-gbv", "", None):
            insert_case(connection, document(module=module))
    copy = profile_with(tmp_path, "[primeromodule-cp, primeromodule-pcm, primeromodule-cp-2a3b4c5]")
    settings = Settings(tmp_path / "data", tmp_path / "state", write_key(tmp_path / "key"), dsn, str(copy))
    settings.make_data_folder()
    coverage = read_manifest(take_snapshot(settings, TIME))["coverage"]
    cases = {(row["outcome"], row["reason"]): row["records"] for row in coverage if row["table_name"] == "cases"}
    assert cases == {("extracted", ""): CHILDREN + 5, ("loaded", ""): CHILDREN + 2, ("excluded", "OTHER_MODULE"): 3}


def test_one_module_may_be_a_text(tmp_path: Path) -> None:
    assert load_profile().modules == ("primeromodule-cp",)
    assert read_profile(profile_with(tmp_path, "[a, b]")).modules == ("a", "b")


@pytest.mark.parametrize("modules", ["[]", "''", "[a, '']", "[a, 1]", "7", "{a: b}", "[a, a]"])
def test_no_list_of_modules_is_refused_by_its_key(tmp_path: Path, modules: str) -> None:
    with pytest.raises(CaseStoreError, match=r"profile.yml: 'module_id' must be a"):
        read_profile(profile_with(tmp_path, modules))


def test_quarters_begin_with_the_launch() -> None:
    assert quarters.get_partition_keys() == quarters_since(load_profile().launch_date)
    assert quarters_since(date(2022, 7, 25))[::53] == ["2022-Q3", "2035-Q4"]
    assert quarters_since(date(2019, 12, 31))[:2] == ["2019-Q4", "2020-Q1"]
    assert quarters_since(date(2025, 1, 1))[0] == "2025-Q1" and len(quarters_since(date(2025, 1, 1))) == 56
