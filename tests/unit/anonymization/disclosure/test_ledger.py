"""The ledger: what is changed, moved or lost in it is told by name; what it keeps gives the past back to the byte."""

import json
from collections.abc import Callable
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.ledger.chain import (
    START,
    Ledger,
    _seal,
    link_bytes,
    read_alone,
    read_ledger,
    refuse_lost_entries,
)
from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.ledger.entry import Entry, canonical, described, entry_of
from anonymization.disclosure.ledger.history import History, entry_of_release, joint_history, whole_ledger
from anonymization.disclosure.ledger.kept import Kept, kept_bytes, marked_cells, read_kept, rebuilt_cells
from anonymization.disclosure.ledger.past import Published
from anonymization.disclosure.ledger.statements import stated_figure
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset
from anonymization.disclosure.tables.table_set import Release
from anonymization.errors import DisclosureError
from tests.support.two_years import MULTIPLE, RULE, TIMINGS, Step, counted, two_years

STEPS = list(two_years())
NAMES = [step.edition.label for step in STEPS]


def publish(step: Step, past: tuple[Published, ...]) -> tuple[Published, tuple[Relation, ...]]:
    """A release that hides every count but headlines and zeros: far too much, and all that a ledger needs to hold."""
    history = History(past, step.edition, TIMINGS, MULTIPLE)
    joint = joint_history(history, step.release, RULE)
    hidden = joint.forced | (~joint.is_old & (joint.counts > 0) & ((joint.model.breadth > 1) | (joint.counts < 5)))
    rows, cell = joint.model.rows, joint.model.rows["cell"].to_numpy()
    cells = rows.assign(count=pd.Series(joint.counts[cell], dtype="Int64").mask(hidden[cell]))
    ours = cells[cells["table_id"].isin([table.table_id for table in step.release.table_set.tables])]
    return Published(
        entry_of_release(history, step.release, joint.stated, RULE, ours), step.release.counts
    ), joint.stated


def published_past() -> tuple[list[Published], list[tuple[Relation, ...]]]:
    past: list[Published] = []
    stated = []
    for step in STEPS:
        one, relations = publish(step, tuple(past))
        past.append(one)
        stated.append(relations)
    return past, stated


PAST, STATED = published_past()


def ledger_of(past: list[Published]) -> Ledger:
    ledger = Ledger()
    for published in past:
        ledger = ledger.append(published.entry)
    return ledger


LEDGER = ledger_of(PAST)
MARKED = [marked_cells(published.entry, published.counts) for published in PAST]
FILES = [link_bytes(link) for link in LEDGER.links]
SEALS = {link.entry.edition.label: link.seal for link in LEDGER.links}


def test_a_ledger_is_read_as_it_was_written() -> None:
    read = read_ledger(FILES)
    refuse_lost_entries(read, SEALS)
    assert read.head == LEDGER.head != START
    assert [link_bytes(link) for link in read.links] == FILES
    for link, published in zip(read.links, PAST, strict=True):
        pd.testing.assert_frame_equal(link.entry.cells, published.entry.cells, check_dtype=False)
        assert link.entry.rule == RULE and link.entry.statements == published.entry.statements
        assert [*link.entry.table_set.populations] == [*published.entry.table_set.populations]


# Tampering -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(FILES) - 1))
def test_a_removed_entry_is_told(place: int) -> None:
    with pytest.raises(DisclosureError, match=f"{NAMES[place + 1]}.*removed or moved"):
        read_ledger(FILES[:place] + FILES[place + 1 :])


@pytest.mark.parametrize("place", range(len(FILES) - 1))
def test_two_entries_that_changed_places_are_told(place: int) -> None:
    moved = [*FILES]
    moved[place], moved[place + 1] = moved[place + 1], moved[place]
    with pytest.raises(DisclosureError, match=f"{NAMES[place + 1]}.*removed or moved"):
        read_ledger(moved)


@pytest.mark.parametrize("lost", [1, 2, len(FILES)])
def test_lost_newest_entries_are_told_by_the_seals_that_are_published(lost: int) -> None:
    rest = read_ledger(FILES[:-lost])
    with pytest.raises(DisclosureError, match=NAMES[-1]):
        refuse_lost_entries(rest, SEALS)


def test_an_entry_without_a_publication_is_told() -> None:
    with pytest.raises(DisclosureError, match=f"{NAMES[-1]}, of which there is no publication"):
        refuse_lost_entries(LEDGER, {label: seal for label, seal in SEALS.items() if label != NAMES[-1]})


@pytest.mark.parametrize("place", range(len(FILES)))
def test_a_changed_byte_is_told(place: int) -> None:
    file = FILES[place]
    for at in np.random.default_rng(place).integers(0, len(file), 6):
        changed = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
        with pytest.raises(DisclosureError, match=f"Entry {place + 1} of the ledger"):
            read_ledger([*FILES[:place], changed])


def drop_a_row(entry: dict) -> None:
    del entry["cells"]["rows"][3]


def show_a_hidden_count(entry: dict) -> None:
    next(row for row in entry["cells"]["rows"] if row[-1] is None)[-1] = 7


def hide_a_shown_count(entry: dict) -> None:
    next(row for row in entry["cells"]["rows"] if row[-1] is not None)[-1] = None


def lower_the_threshold(entry: dict) -> None:
    entry["rule"]["threshold"] = 4


EDITS = [drop_a_row, show_a_hidden_count, hide_a_shown_count, lower_the_threshold]


@pytest.mark.parametrize("place", [0, 4, len(FILES) - 1])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_told_even_when_the_entry_is_sealed_again(place: int, edit: Callable[[dict], None]) -> None:
    content = json.loads(FILES[place])
    edit(content["entry"])
    with pytest.raises(DisclosureError, match=f"Entry {place + 1} of the ledger .*{NAMES[place]}.*changed"):
        read_ledger([*FILES[:place], canonical(content) + b"\n", *FILES[place + 1 :]])
    content["seal"] = _seal(content["number"], content["previous"], content["entry"])
    resealed = [*FILES[:place], canonical(content) + b"\n", *FILES[place + 1 :]]
    with pytest.raises(DisclosureError, match=rf"{NAMES[min(place + 1, len(FILES) - 1)]}|not those of its tables"):
        refuse_lost_entries(read_ledger(resealed), SEALS)


@pytest.mark.parametrize("file", [b"", b"[]", b"{}", b'{"number": 1}', b"\xff"])
def test_what_is_no_entry_is_told(file: bytes) -> None:
    with pytest.raises(DisclosureError, match="Entry 2 of the ledger"):
        read_ledger([FILES[0], file])


def test_an_edition_stands_in_the_ledger_once() -> None:
    with pytest.raises(DisclosureError, match=f"{NAMES[0]} stands in the ledger already"):
        LEDGER.append(PAST[0].entry)


def test_the_seal_is_made_from_what_is_published_and_nothing_else() -> None:
    """The newest seal is public: were it made from hidden counts, one could try counts until it fits."""
    entry = PAST[0].entry
    again = Entry(entry.edition, entry.tables, entry.timings, entry.statements, entry.rule, rebuilt_public(entry.cells))
    assert Ledger().append(again).head == LEDGER.links[0].seal
    hidden = b"".join(kept_bytes(Kept(published.counts), LEDGER.links[0]) for published in PAST[:1])
    assert json.loads(hidden)["hash"].encode() not in b"".join(FILES)


def rebuilt_public(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells as somebody outside would write them down from what was published."""
    text = cells.to_csv(index=False)
    return pd.read_csv(StringIO(text), dtype={"count": "Int64"}, keep_default_na=False, na_values={"count": [""]})


# What is kept behind it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(PAST)))
def test_published_cells_are_made_again_to_the_byte(place: int) -> None:
    link = LEDGER.links[place]
    kept = read_kept(kept_bytes(Kept(PAST[place].counts, {"a": (((3, -1), (4, 1)),), "b": ()}), link), link)
    assert kept.witnesses == {"a": (((3, -1), (4, 1)),), "b": ()}
    again = rebuilt_cells(link.entry, kept.counts)
    entry = Entry(
        link.entry.edition, link.entry.tables, link.entry.timings, link.entry.statements, link.entry.rule, again
    )
    assert canonical(described(entry)) == canonical(described(link.entry))
    marked = MARKED[place]
    assert set(marked["status"]) == {"published", "primary", "secondary"}
    assert (marked["count"].isna() == (marked["status"] != "published")).all()


def test_kept_counts_that_were_changed_or_belong_elsewhere_are_told() -> None:
    link, other = LEDGER.links[:2]
    file = kept_bytes(Kept(PAST[0].counts), link)
    for wrong in (file.replace(b'"C0"', b'"C1"', 1), file[:-1], b"", kept_bytes(Kept(PAST[1].counts), other)):
        with pytest.raises(DisclosureError, match=f"behind entry 0001 {NAMES[0]}"):
            read_kept(wrong, link)


def test_kept_counts_that_do_not_give_the_published_cells_are_told() -> None:
    first = PAST[0].counts["registered"]
    wrong = {**PAST[0].counts, "registered": first.assign(count=first["count"] + 1)}
    with pytest.raises(DisclosureError, match="do not give its published cells"):
        rebuilt_cells(PAST[0].entry, wrong)
    history = History((Published(PAST[0].entry, wrong),), STEPS[1].edition, TIMINGS, MULTIPLE)
    with pytest.raises(DisclosureError):
        joint_history(history, STEPS[1].release, RULE)


# A new release together with the past ------------------------------------------------------------------------------


def test_without_a_past_a_release_stands_alone() -> None:
    joint = joint_history(History(), STEPS[0].release, RULE)
    alone = build_model(STEPS[0].release.table_set)
    assert (joint.model.cells != alone.cells).nnz == 0
    assert not joint.is_old.any() and not joint.forced.any() and joint.stated == ()


def test_the_past_is_fixed_and_its_small_counts_stay_targets() -> None:
    past = tuple(PAST[:-1])
    joint = joint_history(History(past, STEPS[-1].edition, TIMINGS, MULTIPLE), STEPS[-1].release, RULE)
    ours = {table.table_id for table in STEPS[-1].release.table_set.tables}
    assert set(joint.model.rows.loc[~joint.is_old[joint.model.rows["cell"]], "table_id"]) == ours
    assert (joint.frozen | joint.forced == joint.is_old).all() and not (joint.frozen & joint.forced).any()
    assert not joint.old_small_shown.any()
    expected = sum((cells["status"] == "primary").sum() for cells in MARKED[:-1])
    rows = joint.old_primaries[joint.model.rows["cell"]].sum()
    unrelated = sum((cells["status"].eq("primary") & cells["table_id"].eq("S1")).sum() for cells in MARKED[:-1])
    assert rows == expected - unrelated > 100
    shown = joint.shown(np.zeros(len(joint.is_old), dtype=bool))
    assert (shown.lower[~joint.is_old] == shown.upper[~joint.is_old]).all()
    assert (shown.lower <= joint.counts).all() and (joint.counts <= shown.upper).all()


def test_what_was_hidden_before_is_marked_for_hiding_again() -> None:
    joint = joint_history(History(tuple(PAST[:1]), STEPS[1].edition, TIMINGS, MULTIPLE), STEPS[1].release, RULE)
    rows = joint.model.rows[["table_id", "county", "age", "sex", "cell"]]
    last = PAST[0].entry.cells
    hidden = last[last["count"].isna()].merge(rows, on=["table_id", "county", "age", "sex"])
    assert set(np.flatnonzero(joint.hidden_last_time)) == set(hidden["cell"])
    assert not (joint.hidden_last_time & joint.is_old).any()


def test_a_past_that_is_shown_when_it_is_small_is_found() -> None:
    cells = PAST[0].entry.cells
    marked = MARKED[0]
    true = rebuilt_truth(PAST[0])
    at = int(np.flatnonzero(marked["status"] == "primary")[0])
    shown = cells.assign(count=cells["count"].where(cells.index != at, true[at]))
    entry = Entry(
        PAST[0].entry.edition, PAST[0].entry.tables, PAST[0].entry.timings, PAST[0].entry.statements, RULE, shown
    )
    history = History((Published(entry, PAST[0].counts),), STEPS[1].edition, TIMINGS, MULTIPLE)
    assert joint_history(history, STEPS[1].release, RULE).old_small_shown.sum() == 1


def rebuilt_truth(published: Published) -> np.ndarray:
    model = build_model(published.entry.table_set)
    true = model.cells @ model.tabulate(Release(published.entry.table_set, published.counts))
    rows = model.rows.assign(true=true[model.rows["cell"]])
    return published.entry.cells.merge(rows, on=model.keys)["true"].to_numpy()


def test_a_release_beside_a_past_says_which_it_is() -> None:
    for history in (History(tuple(PAST)), History(tuple(PAST), STEPS[0].edition, {"registered": Timing("flow")})):
        with pytest.raises(DisclosureError, match="needs its edition"):
            joint_history(history, STEPS[0].release, RULE)


# What is stated ------------------------------------------------------------------------------------------------------


def kinds(place: int) -> list[tuple[type, str]]:
    return [(type(relation), relation.populations[0]) for relation in STATED[place]]


def test_vintages_and_quarters_are_related_where_it_is_certain() -> None:
    assert kinds(0) == [(Subset, "registered")]
    assert (Cumulative, "2023-Q1 v1 ever") in kinds(1) and Revision not in {kind for kind, _ in kinds(1)}
    second = STATED[2]  # the first quarter again, known after the second one was published
    assert {type(relation) for relation in second} == {Revision, Subset}
    assert {r.first for r in second if isinstance(r, Revision)} == {
        f"2023-Q1 v1 {population}" for population in TIMINGS
    }
    assert Cumulative("2023-Q2 v1 ever", "ever", MULTIPLE, "registered") in STATED[3]
    _, third = publish(counted(1, 2, 2.5), tuple(PAST[:4]))  # the second quarter again, after two vintages of the first
    assert Cumulative("2023-Q1 v2 ever", "ever", MULTIPLE, "registered") in third


def test_what_is_known_on_one_day_adds_up() -> None:
    """The first quarter again, from the records that the second one was counted from: no figure stands in between."""
    _, stated = publish(counted(0, 2, 1), tuple(PAST[:2]))
    assert Accumulation("ever", "2023-Q2 v1 registered", "2023-Q2 v1 ever") in stated
    assert not any(isinstance(relation, Cumulative) for relation in stated)
    _, stated = publish(counted(2, 1, 1.5), tuple(PAST[:3]))
    assert Cumulative("2023-Q2 v1 ever", "ever", MULTIPLE, "registered") in stated
    first = publish(counted(0, 1, 1), ())[0]
    _, stated = publish(counted(1, 1, 1), (first,))
    assert Accumulation("2023-Q1 v1 ever", "registered", "ever") in stated


def test_the_figures_are_multiples_that_the_truth_does_not_exceed() -> None:
    figures = [r.at_most for relations in STATED for r in relations if isinstance(r, Revision)]
    figures += [r.removals for relations in STATED for r in relations if isinstance(r, Cumulative)]
    assert stated_figure(MULTIPLE, MULTIPLE) == MULTIPLE and stated_figure(MULTIPLE + 1, MULTIPLE) == 2 * MULTIPLE
    assert len(figures) > 10 and all(figure % MULTIPLE == 0 and figure > 0 for figure in figures)
    # that none is exceeded, `joint_history` has checked by integer addition: a broken statement is refused


def test_a_stock_of_another_day_has_no_row_and_the_report_says_so() -> None:
    joint = joint_history(History(tuple(PAST[:1]), STEPS[1].edition, TIMINGS, MULTIPLE), STEPS[1].release, RULE)
    assert [words for words in joint.unrelated if "open" in words] == [
        "2023-Q2 v1 open and 2023-Q1 v1 open are related only by what came and went in between, which is not "
        "published: no row."
    ]
    assert not any("2023-Q1 v1 open" in name for name in joint.model.table_set.populations)


def test_what_no_row_relates_is_a_component_of_its_own_with_a_lasting_fingerprint() -> None:
    before, after = whole_ledger(PAST[:-1]), whole_ledger(PAST)
    assert len(before) == 8 and len(after) == 9
    kept = {c.fingerprint for c in before} & {c.fingerprint for c in after}
    assert len(kept) == 7  # all but the one that the new quarter joined
    joint = after[0].joint()
    assert joint.is_old.all() and not joint.old_small_shown.any()


def test_an_audience_sees_its_own_editions_and_the_public_ones() -> None:
    step, public = STEPS[0], PAST[0]
    edition = LedgerEdition(step.edition.quarter, 1, step.edition.known_at, "ministry")
    history = History((public,), edition, TIMINGS, MULTIPLE)
    joint = joint_history(history, step.release, RULE)
    assert Subset("2023-Q1 v1 open", "open") in joint.stated and Subset("open", "2023-Q1 v1 open") in joint.stated
    cells = marked_cells(public.entry, public.counts)
    entry = entry_of_release(history, step.release, joint.stated, RULE, cells)
    assert entry.edition.label == "2023-Q1 v1 ministry"
    assert all(len(set(relation.populations)) > 1 for relation in entry.statements)
    both = (public, Published(entry, public.counts))
    assert [len(c.past) for c in whole_ledger(both)] == [1, 1]
    assert [len(c.past) for c in whole_ledger(both, "ministry")] == [2, 2]
    other = {**public.counts, "open": public.counts["open"].assign(count=1)}
    with pytest.raises(DisclosureError, match="has other counts for another audience"):
        whole_ledger((public, Published(entry, other)), "ministry")[1].joint()


def test_an_entry_describes_itself_and_no_other() -> None:
    entry = PAST[-1].entry
    assert canonical(described(entry_of(described(entry)))) == canonical(described(entry))
    with pytest.raises(DisclosureError, match="no entry"):
        entry_of({"edition": {}})
    with pytest.raises(DisclosureError, match="not those of its tables"):
        Entry(entry.edition, entry.tables, entry.timings, (), RULE, entry.cells.iloc[1:])
    with pytest.raises(DisclosureError, match="flow or a stock"):
        Entry(entry.edition, entry.tables, {}, (), RULE, entry.cells)
    assert read_alone(FILES[-1]).seal == LEDGER.head
