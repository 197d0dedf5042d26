"""The public report: what is hidden and why, in plain words, from what is published and nothing else.

It looks at counts only, never at a status, so that it cannot tell small counts from cells hidden with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from anonymization.disclosure.reports.page import Element, bullets, page, section, table, tag
from anonymization.disclosure.reports.report_figures import refuse_repeated_cells, shown_by_table
from anonymization.disclosure.reports.report_texts import Texts, texts_in
from configuration.language_files import Words


@dataclass(frozen=True)
class PublicTerms:
    """What the report says besides the figures; all of it public.

    threshold: counts from 1 to threshold - 1 are hidden. values: how many values stay possible, at least, for a hidden
    small count (width + 1). zeros_published: whether every zero is shown. contact: whom to ask. release: language ->
    its name. period: language -> which time the tables describe, and by when records had come in. mark: language ->
    what a hidden cell shows. titles: table id -> language -> its title; the id stands where there is none. banner:
    language -> what everything that is published says first.
    """

    threshold: int
    values: int
    zeros_published: bool
    contact: str
    release: Mapping[str, str] = field(default_factory=dict)
    period: Mapping[str, str] = field(default_factory=dict)
    mark: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    banner: Mapping[str, str] = field(default_factory=dict)


def public_report(published: pd.DataFrame, about: PublicTerms, language: str, words: Words | None = None) -> str:
    """The report on published cells as one HTML file.

    published: table_id, columns of dimensions, count (missing when hidden). words: the phrases of the report, by key
    and language; those of the program without any. Raises DisclosureError for an unknown language, and for a cell that
    is given twice.
    """
    refuse_repeated_cells(published, "the report")
    texts = texts_in(language, words)
    by_table = shown_by_table(published)
    title = texts("title", release=about.release.get(language, "")).strip(" :–")
    banner = about.banner.get(language)
    sections = [
        *([tag("p", banner, class_="banner")] if banner else []),
        _in_short(by_table, about, texts),
        _by_table(by_table, about, texts),
        section(texts("why_title"), why_hidden(language, about.threshold, words)),
        section(texts("know_title"), bullets(_still_known(about, texts))),
        section(
            texts("ask_title"), bullets(texts(key, contact=about.contact) for key in texts.starting_with("ask_step"))
        ),
    ]
    return page(language, title, sections)


def why_hidden(language: str, threshold: int, words: Words | None = None) -> str:
    """The one answer to "Why is this cell hidden?", the same for every hidden cell."""
    return texts_in(language, words)("why_answer", largest=threshold - 1)


def _in_short(by_table: pd.DataFrame, about: PublicTerms, texts: Texts) -> Element:
    cells, hidden = int(by_table["cells"].sum()), int(by_table["hidden"].sum())
    share = texts.share(hidden / max(cells, 1))
    words = texts("short", cells=texts.number(cells), hidden=texts.number(hidden), share=share)
    period, mark = (sentences.get(texts.language, "") for sentences in (about.period, about.mark))
    rule, same = texts("short_rule", largest=about.threshold - 1), texts("short_mark")
    return section(texts("short_title"), *([period] if period else []), words, rule, f"{same} {mark}".strip())


def _by_table(by_table: pd.DataFrame, about: PublicTerms, texts: Texts) -> Element:
    rows = [
        [
            about.titles.get(str(name), {}).get(texts.language, str(name)),
            *(texts.number(int(row[key])) for key in ("cells", "shown", "zeros", "hidden")),
            texts.share(row["hidden"] / max(row["cells"], 1)),
        ]
        for name, row in by_table.iterrows()
    ]
    keys = ("column_table", "column_cells", "column_shown", "column_zeros", "column_hidden", "column_share")
    framed = table(texts("tables_caption"), [texts(key) for key in keys], rows)
    return section(texts("tables_title"), framed, texts("tables_note"))


def _still_known(about: PublicTerms, texts: Texts) -> list[str]:
    zeros = "know_zeros" if about.zeros_published else "know_no_zeros"
    values = {"values": about.values, "threshold": about.threshold}
    return [texts(key, **values) for key in (zeros, "know_ranges", "know_own", "know_limits")]
