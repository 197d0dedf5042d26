"""Two names that one person may bear count as one; a name is in letters; a day of approval is a day that was."""

from datetime import date

import pytest

from publications.approvers import Approver, as_written, check_day, check_two_people
from publications.errors import PublicationError

ONE_PERSON = [
    ("Ana Pop", "Ana Pop"),
    ("Ana Pop", " ana  POP "),
    ("Ana Pop", "Pop, Ana"),
    ("Ana Pop", "ana  pop."),
    ("Ana Pop", "A\u200bna Pop"),  # zero width space
    ("Ana Pop", "Ana\u200bPop"),
    ("Ana Pop", "Ana Pop\u202e"),  # right-to-left override
    ("Ana Pop", "Ana\u00ad Pop\ufe0f"),  # soft hyphen, variation selector
    ("Ana Pop", "Ana\u3164Pop"),  # a letter that shows nothing
    ("Ana Pop", "Ana\tPop\x00"),
    ("Ana Pop", "\u0410\u043d\u0430 \u041f\u043e\u043f"),  # all in Cyrillic
    ("Cec Popa", "\u0421\u0435\u0441 \u0420\u043e\u0440\u0430"),  # Cyrillic that looks like Latin
    ("TOMA MET", "\u03a4\u039f\u039c\u0391 \u039c\u0395\u03a4"),  # Greek capitals
    ("Ana Pop", "\U0001d400na P\u24deP"),  # mathematical and circled letters
    ("Ana Pop", "An\u0103 P\u00f6p"),
    ("Ștefan Ion", "Stefan Ion"),
    ("Ștefan Ion", "S\u0327tefan Ion"),
    ("Łukasz Nowak", "Lukasz Nowak"),
    ("Alina Pop", "A1ina Pop"),
    ("Alina Pop", "AIina Pop"),
    ("Marna Pop", "Mama Pop"),
    ("Ana-Maria Pop", "Ana Maria Pop"),
    ("Ana Maria Pop", "Pop Ana"),
    ("Ana Pop", "A. Pop"),
    ("Ana Pop", "Pop A"),
    ("Ana Pop", "Dr Ana Pop"),
    ("Ana Pop", "Ana Pop 2"),
    ("Ana O'Pop", "Ana OPop"),
    ("Олена Коваль", "Olena Koval"),
    ("Юлія Щука", "Shchuka Yuliia"),
    ("\ufb01n", "fin"),
]


@pytest.mark.parametrize(("first", "second"), ONE_PERSON)
def test_what_one_person_may_be_called_is_one_person(first: str, second: str) -> None:
    for pair in ((first, second), (second, first)):
        with pytest.raises(PublicationError, match="two different people"):
            check_two_people(*(Approver(name, "approver") for name in pair))


TWO_PEOPLE = [
    ("Ana Pop", "Olena Koval"),
    ("Ana Pop", "Ana Popa"),
    ("Ana Pop", "Олена Коваль"),
    ("Олена Коваль", "Олена Шевченко"),
    ("Ioan Marin", "Ion Marian"),
    ("Synthetic Approver One", "Synthetic Approver Two"),
    ("First Person", "Second Person"),
    ("A. Pop", "B. Pop"),
    ("Ștefan Țepeș", "Ștefan Ionescu"),
]


@pytest.mark.parametrize(("first", "second"), TWO_PEOPLE)
def test_two_people_are_two(first: str, second: str) -> None:
    check_two_people(Approver(first, "approver"), Approver(second, "second approver"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "-",
        "1",
        "...",
        "42 7",
        "A.",
        "\u200b",
        "\u3164\u3164",
        "😀",
        "_",
        "\u0410na Pop",
        "An\u03b1 Pop",
        "Ana\ud800",
    ],
)
def test_what_is_no_readable_name_is_nobody(name: str) -> None:
    for pair in ((name, "Olena Koval"), ("Olena Koval", name)):
        with pytest.raises(PublicationError):
            check_two_people(*(Approver(one, "approver") for one in pair))


def test_a_record_keeps_what_can_be_seen_of_a_name() -> None:
    assert as_written(" An\u200ba\u202e   Pop\x07 ") == "Ana Pop"
    assert as_written("S\u0326tefan O'Hara-Pop") == "Ștefan O'Hara-Pop"


KNOWN_AT, TODAY = date(2024, 1, 14), date(2024, 2, 1)


@pytest.mark.parametrize("day", [KNOWN_AT, date(2024, 1, 20), TODAY])
def test_a_day_between_the_draft_and_today_will_do(day: date) -> None:
    check_day(day, KNOWN_AT, TODAY)


@pytest.mark.parametrize("day", [date(2024, 1, 13), date(2024, 2, 2), date(1, 1, 1)])
def test_a_day_before_the_draft_or_after_today_is_refused(day: date) -> None:
    with pytest.raises(PublicationError, match=f"2024-01-14 is approved from that day on.*2024-02-01; {day}"):
        check_day(day, KNOWN_AT, TODAY)
