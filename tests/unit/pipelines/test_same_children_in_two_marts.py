"""Two marts that count the same children are not published together, whatever the marts are called."""

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from anonymization.errors import DisclosureError
from pipelines.errors import RunError
from pipelines.release.populations import (
    LIST_FILE,
    PASSPORTS,
    load_populations,
    population_in_passport,
    refuse_same_children,
)
from pipelines.release.tabulation import release_of
from tests.support.tables_by_id import table, tables

MARTS = sorted(file.stem for file in PASSPORTS.glob("*.sql"))
KNOWN = load_populations()


@pytest.mark.parametrize("mart", MARTS)
def test_every_passport_says_who_is_counted(mart: str) -> None:
    assert population_in_passport(mart, KNOWN) in KNOWN


@pytest.mark.parametrize("mart", MARTS)
def test_a_passport_agrees_with_its_sql_on_who_is_open(mart: str) -> None:
    where = re.search(r"where=(['\"])(.*?)\1", (PASSPORTS / f"{mart}.sql").read_text("utf-8"))
    is_open = where is not None and "is_open" in where[2]
    assert is_open == (population_in_passport(mart, KNOWN) == "open_on_day")


def test_those_who_register_and_those_who_are_there_are_different_children() -> None:
    refuse_same_children(tables("T1", "T4"))
    refuse_same_children((*tables("T1", "T4"), table("T1", id="T2", period="cumulative")))


def test_open_cases_beside_t4_are_refused_before_a_count_is_read() -> None:
    care = table("T4").dimensions["care_status"]
    margin = table("T4").cells[0].model_copy(update={"levels": {"care_status": ["TOTAL", "CARE_STATUS"]}})
    both = (
        *tables("T1", "T4"),
        table("T4", id="OPEN", mart="open_cases", dimensions={"care_status": care}, cells=[margin]),
    )
    with duckdb.connect() as empty, pytest.raises(DisclosureError) as refusal:
        release_of(both, empty, "2023-Q4")
    for named in ("unaccompanied_separated (table T4", "open_cases (table OPEN", "open on the day"):
        assert named in str(refusal.value)


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        ("open_cases", "travel_intention", True),
        ("children_by_risk", "children_with_concern", True),
        ("children_by_risk", "open_cases", True),  # all ever registered, by whether they are open
        ("referred_children", "registrations", True),
        ("open_cases", "registrations", False),
        ("closures", "registrations", False),
        ("caregivers", "open_cases", False),
    ],
)
def test_a_part_of_the_same_children_is_the_same_children(first: str, second: str, is_refused: bool) -> None:
    pair = (table("T1", id="A", mart=first), table("T4", id="B", mart=second))
    for specs in (pair, pair[::-1]):
        if is_refused:
            with pytest.raises(DisclosureError, match=f"{first}.*{second}|{second}.*{first}"):
                refuse_same_children(specs)
        else:
            refuse_same_children(specs)


def test_what_was_published_before_counts_too() -> None:
    with pytest.raises(DisclosureError, match=r"open_cases \(table T3 of 2023-Q4 v1"):
        refuse_same_children(tables("T1", "T4"), {"open_cases": "table T3 of 2023-Q4 v1"})
    # what was published together before is not this release's fault
    refuse_same_children((table("T1", mart="closures"),), {"open_cases": "T3", "travel_intention": "T5"})


@pytest.mark.parametrize("said", [None, "open_on_days", ["open_on_day"], 7, ""])
def test_a_passport_that_does_not_say_who_is_refused_by_name(tmp_path: Path, said: object) -> None:
    described = yaml.safe_load((PASSPORTS / "open_cases.yml").read_text("utf-8"))
    described["models"][0]["config"]["meta"]["indicator"]["population"] = said
    (tmp_path / "open_cases.yml").write_text(yaml.safe_dump(described), "utf-8")
    with pytest.raises(RunError, match=r"open_cases\.yml: config\.meta\.indicator\.population .*ever_registered"):
        population_in_passport("open_cases", list(KNOWN), tmp_path)


def test_a_mart_without_a_passport_is_refused_by_name() -> None:
    with pytest.raises(RunError, match=r"overview has no passport overview\.yml"):
        refuse_same_children((table("T1", mart="overview"),))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("population,within", "population,in", "known columns: population, within"),
        ("open_on_day,ever_registered", "open_on_day,ever", "open_on_day: within is 'ever'"),
        ("registered_in_quarter,", "ever_registered,", "listed twice"),
        ("Closures of cases in the quarter", "", "label"),
    ],
)
def test_a_wrong_list_is_refused_by_row_and_column(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = LIST_FILE.read_text("utf-8")
    assert old in text
    file = tmp_path / "populations.csv"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(RunError, match=rf"populations\.csv.*{told}"):
        load_populations(file)
