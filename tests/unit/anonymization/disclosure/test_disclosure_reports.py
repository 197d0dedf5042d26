"""The two reports: the internal one tells all that was tried; the public one tells nothing that the file does not."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.reports.attack_sentences import Attack, attacks_of
from anonymization.disclosure.reports.internal import ProtectionRecord, internal_report, internal_summary
from anonymization.disclosure.reports.public import PublicTerms, public_report, why_hidden
from anonymization.disclosure.reports.report_figures import (
    gap,
    hidden_by_table,
    hidden_shares,
    largest_pair,
    shown_by_table,
    widths,
)
from anonymization.disclosure.reports.report_texts import languages
from anonymization.errors import DisclosureError

CELLS = pd.DataFrame(
    [
        *[("A", "_T", "_T", 60, "published"), ("A", "c1", "_T", 34, "published"), ("A", "c2", "_T", 26, "published")],
        *[("A", "c1", "F", None, "primary"), ("A", "c1", "M", None, "secondary")],
        *[("A", "c2", "F", 26, "published"), ("A", "c2", "M", 0, "published")],
        *[("B", "_T", "F", None, "secondary"), ("B", "_T", "M", None, "secondary")],
    ],
    columns=["table_id", "county", "sex", "count", "status"],
).astype({"count": "Int64"})
TRUE_COUNTS = pd.Series([60, 34, 26, 3, 31, 26, 0, 29, 31])
HELD, FAILED = Attack("Public", True, 0, 0), Attack("Contributor", True, 0, 2)
REPORTED = Attack("County coordinator", False, 3, 11, "own <county> exactly")
TERMS = PublicTerms(
    threshold=5,
    values=5,
    zeros_published=True,
    contact="statistics@example.org",
    release={"en": "2023-Q4"},
    period={"en": "Stocks at the end of 31 December 2023. Records received by the end of 31 January 2024."},
    mark={"en": "[c] stands for a figure that is not shown."},
    titles={"A": {"en": "Children & counties"}},
)


def record(**changes: object) -> ProtectionRecord:
    given = {"title": "2023-Q4", "rule": {"threshold": 5}, "cells": CELLS, "attacks": (HELD, REPORTED)}
    return ProtectionRecord(**{**given, **changes})  # type: ignore[arg-type]


def test_the_cost_is_counted_by_table() -> None:
    found = hidden_by_table(CELLS, TRUE_COUNTS)
    assert found.loc["A"].to_dict() == {
        **{"cells": 7, "nonzero": 6, "primary": 1, "secondary": 1, "weight": 31},
        "visible_share": pytest.approx(4 / 6),
    }
    assert found.loc["B", ["cells", "secondary", "visible_share", "weight"]].to_list() == [2, 2, 0, 60]
    assert "weight" not in hidden_by_table(CELLS)
    assert shown_by_table(CELLS).loc["A"].to_dict() == {"cells": 7, "shown": 5, "zeros": 1, "hidden": 2}


def test_widths_are_counted_in_steps() -> None:
    found = widths(pd.DataFrame({"lower": [1, 1, 1, 2, 0], "upper": [1, 5, 9, 90, np.inf]}))
    assert {str(name): count for name, count in found.items() if count} == {
        "0": 1,
        "4": 1,
        "5–9": 1,
        "50–99": 1,
        "100+": 1,
    }


def test_the_map_tells_shares_and_not_which_is_which() -> None:
    assert largest_pair(CELLS) == ("county", "sex") or largest_pair(CELLS) == ("sex", "county")
    shares = hidden_shares(CELLS, "county", "sex")
    assert shares.loc["c1"].to_list() == [1, 1] and shares.loc["c2"].to_list() == [0, 0]
    swapped = CELLS.assign(status=CELLS["status"].replace({"primary": "secondary", "secondary": "primary"}))
    pd.testing.assert_frame_equal(shares, hidden_shares(swapped, "county", "sex"))
    assert largest_pair(CELLS.drop(columns="sex")) is None


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ({"cost": 150, "bound": 100}, 0.5),
        ({"cost": 150, "bound": 0}, None),
        ({"cost": 150}, None),
        ({"bound": 100}, None),
        ({"cost": 0, "bound": 0}, None),
        ({}, None),
    ],
)
def test_a_gap_is_stated_or_not_at_all(pattern: dict[str, float], found: float | None) -> None:
    assert gap(pattern) == found
    words = internal_report(record(pattern=pattern))
    assert ("no gap is stated" in words) == (found is None) and ("50.0% more than" in words) == (found == 0.5)


def test_safe_needs_a_gate_that_was_tried() -> None:
    assert record().is_safe
    assert not record(attacks=(HELD, FAILED)).is_safe
    assert not record(attacks=()).is_safe and not record(attacks=(REPORTED,)).is_safe
    assert "Every gate held" not in internal_report(record(attacks=(HELD, FAILED)))
    assert "only reported" not in internal_report(record(attacks=(HELD,)))
    assert "only reported and succeed: 1;" in internal_report(record(attacks=(HELD, REPORTED)))


def test_the_figures_of_an_audit_become_attacks() -> None:
    figures = {"exact_integer": 1, "narrow_integer": 4, "shown_small": 0, "narrow_quantities": 2}
    coordinator = {"name": "coordinator of c1", "gate": False, "failing": 3, "note": "own county"}
    attacks = attacks_of(figures | {"attacks": [coordinator]})
    assert [(attack.gate, attack.exact, attack.narrow) for attack in attacks] == [
        (True, 1, 4),
        (True, 0, 2),
        (False, 0, 3),
    ]
    assert [attack.result for attack in attacks] == ["fails the gate", "fails the gate", "succeeds, reported"]
    clean = dict.fromkeys(figures, 0)
    assert record(attacks=attacks_of(clean)).is_safe
    assert not record(attacks=attacks_of(clean | {"shown_small": 1})).is_safe


def test_what_does_not_hold_is_listed() -> None:
    finding = {"place": "A: county c1, sex F", "reason": "exact", "derivation": ("A: county c1 less sex M",)}
    words = internal_report(record(findings=[finding]))
    assert "A: county c1, sex F" in words and "county c1 less sex M" in words


def test_the_internal_report_tells_what_is_missing_and_what_was_found() -> None:
    bare = internal_report(record())
    for words in ("Exact intervals were not asked for", "No certificates were kept", "No ledger was given"):
        assert words in bare
    given = {
        "true_counts": TRUE_COUNTS,
        "intervals": pd.DataFrame({"lower": [1, 1], "upper": [9, 40]}),
        "certificates": {"witnesses.npz": "3f" * 32},
        "ledger": {"releases": 8},
        "incidents": ["2022-Q3: a cell follows from two vintages"],
        "advice": ["Show regions."],
        "notes": ["All data are synthetic."],
    }
    full = internal_report(record(**given))
    for words in (
        "3f" * 32,
        "follows from two vintages",
        "succeeds, reported",
        "own &lt;county&gt; exactly",
        "Show regions",
    ):
        assert words in full
    assert full.count("<svg") == 3 and full == internal_report(record(**given))


def test_the_internal_report_has_a_twin_for_programs() -> None:
    found = json.loads(internal_summary(record(true_counts=TRUE_COUNTS, pattern={"cost": 91, "bound": 70})))
    assert found["safe"] is True and found["gap"] == pytest.approx(0.3)
    assert found["tables"][0]["weight"] == 31 and found["attacks"][1]["result"] == "succeeds, reported"


@pytest.mark.parametrize("language", languages())
def test_public_bytes_do_not_tell_primary_from_secondary(language: str) -> None:
    swapped = CELLS.assign(status=CELLS["status"].replace({"primary": "secondary", "secondary": "primary"}))
    assert (swapped["status"] != CELLS["status"]).any()
    reports = {public_report(cells, TERMS, language) for cells in (CELLS, swapped, CELLS.drop(columns="status"))}
    assert len(reports) == 1
    words = reports.pop().lower()
    assert not [word for word in ("primary", "secondary", "complementary", "true_count") if word in words]


def test_public_words_are_counted_from_the_published_cells() -> None:
    words = public_report(CELLS, TERMS, "en")
    assert "9 cells" in words and "4 of them (44.4%)" in words
    assert "Children &amp; counties" in words and "at least 1." in words
    assert "at the end of 31 December 2023" in words and "[c] stands for" in words
    assert "can also be zero" in public_report(CELLS, PublicTerms(5, 6, False, "here"), "en")


@pytest.mark.parametrize("language", languages())
def test_there_is_one_answer_for_every_hidden_cell(language: str) -> None:
    answer = why_hidden(language, 5)
    assert "4" in answer and answer in public_report(CELLS, TERMS, language)


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(DisclosureError, match="choose one of en, ro, uk"):
        public_report(CELLS, TERMS, "fr")


class _Reader(HTMLParser):
    """Notes tags, and attributes that a page for everybody needs or must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.unscoped = 0
        self.fetched: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.unscoped += tag == "th" and "scope" not in given
        self.fetched += [str(given[name]) for name in ("src", "href", "srcset") if name in given]
        self.language = self.language or str(given.get("lang", "")) if tag == "html" else self.language


@pytest.mark.parametrize("language", languages())
def test_reports_can_be_read_by_everybody_and_fetch_nothing(language: str) -> None:
    for report, spoken in ((public_report(CELLS, TERMS, language), language), (internal_report(record()), "en")):
        reader = _Reader()
        reader.feed(report)
        assert reader.language == spoken and reader.tags.count("h1") == 1 and reader.tags.count("main") == 1
        assert reader.tags.count("table") == reader.tags.count("caption") > 0 and not reader.unscoped
        assert reader.fetched == [] and not {"script", "link", "iframe", "img"} & set(reader.tags)
        assert not re.search(r"@import|url\(", report)
