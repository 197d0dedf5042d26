"""Whatever changes in the case store while it is read, labels, checks and rows are of one moment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from case_store.case_source import open_source
from case_store.database import connect
from case_store.errors import CaseStoreError
from case_store.lookups import check_labels
from pipelines.run.reference_time import ReferenceTime, day
from pipelines.run.settings import Settings
from pipelines.snapshot import take_snapshot as snapshot_stage
from pipelines.snapshot.snapshot_hashes import read_manifest
from tests.support.line import write_key
from tests.support.small_store import CHILDREN, document, insert_case, key

TIME = ReferenceTime(day("2023-12-31"), day("2023-12-31"), "Europe/Bucharest")
RELABEL = "update lookups set lookup_values_i18n = replace(lookup_values_i18n::text, '\"Male\"', '\"Boy\"')::jsonb"


@pytest.fixture
def dsn(new_store: Callable[[], str]) -> str:
    """A small store with one lookup."""
    made = new_store()
    with connect(made) as connection:
        male = '[{"id": "male", "display_text": {"en": "Male"}}]'
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender', %s)", [male])
    return made


def test_labels_checks_and_rows_are_of_one_moment(dsn: str) -> None:
    with open_source(dsn) as opened:
        before = opened.state()
        with connect(dsn) as connection:
            insert_case(connection, document())
            connection.execute(RELABEL)
            connection.execute("update cases set data = data - %s::text", [key("is_synthetic")])
        texts = opened.configuration()["labels"]["label"].to_pylist()
        rows = sum(opened.read(part, ["status"])["cases"].num_rows for part in opened.ranges())
        assert opened.state() == before
    assert "Male" in texts and "Boy" not in texts
    assert rows == before.cases == CHILDREN
    with open_source(dsn) as opened:
        assert opened.state().cases == CHILDREN + 1
        assert "Boy" in opened.configuration()["labels"]["label"].to_pylist()


def test_what_changes_while_a_snapshot_is_taken_is_not_seen(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker adds a case and an administrator relabels a code just after the labels were checked."""
    settings = Settings(tmp_path / "data", tmp_path / "state", write_key(tmp_path / "key"), dsn)
    settings.make_data_folder()

    def check_then_change(*given: Any) -> None:
        check_labels(*given)
        with connect(dsn) as connection:
            insert_case(connection, document())
            connection.execute(RELABEL)

    monkeypatch.setattr(snapshot_stage, "check_labels", check_then_change)
    coverage = read_manifest(snapshot_stage.take_snapshot(settings, TIME))["coverage"]
    monkeypatch.undo()
    extracted = [r["records"] for r in coverage if (r["table_name"], r["outcome"]) == ("cases", "extracted")]
    assert extracted == [CHILDREN]
    with pytest.raises(CaseStoreError, match="`male` of lookup-gender has changed"):
        snapshot_stage.take_snapshot(settings, TIME)
