"""The report for a data-protection officer: what is hidden, what it cost, which attacks were tried. Never public."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from anonymization.disclosure.reports.attack_sentences import Attack
from anonymization.disclosure.reports.page import Element, Part, bullets, figure, page, section, table, tag, terms
from anonymization.disclosure.reports.pictures import columns, heat_map, stacked_shares
from anonymization.disclosure.reports.report_figures import gap, hidden_by_table, hidden_shares, largest_pair, widths

NOT_STATED = "not stated"


@dataclass(frozen=True, eq=False)
class ProtectionRecord:
    """All that the internal report tells of one release; what is empty is said to be missing.

    title: of the release. rule: the numbers of the rule, by name. cells: as `hidden_by_table` wants them. attacks: in
    the order tried. findings: of the audit, each with `place`, `reason` and perhaps `derivation`. true_counts: by the
    same index as cells. map_of: the two dimensions of the map (rows, columns); by default those with most codes.
    pattern: `cost` (sum of hidden secondary counts), `bound` (proven lower bound), and whatever else the search tells.
    intervals: lower, upper of hidden cells. certificates: name -> hash. ledger: its state, by name. incidents: what the
    ledger already discloses, in words. advice: sentences of the design advisor, made before protection. notes: further
    sentences. banner: what everything of this release says first.
    """

    title: str
    rule: Mapping[str, Any]
    cells: pd.DataFrame
    attacks: Sequence[Attack]
    findings: Sequence[Mapping[str, Any]] = ()
    true_counts: "pd.Series[int] | None" = None
    map_of: tuple[str, str] | None = None
    pattern: Mapping[str, Any] = field(default_factory=dict)
    intervals: pd.DataFrame | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)
    ledger: Mapping[str, Any] = field(default_factory=dict)
    incidents: Sequence[str] = ()
    advice: Sequence[str] = ()
    notes: Sequence[str] = ()
    banner: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether at least one gate was tried and every gate held. A verdict by gates only."""
        gates = [attack for attack in self.attacks if attack.gate]
        return bool(gates) and all(attack.result == "held" for attack in gates)


def internal_report(record: ProtectionRecord) -> str:
    """The report as one HTML file without anything to fetch. Raises nothing for what is missing: it says so."""
    by_table = hidden_by_table(record.cells, record.true_counts)
    sections = [
        _verdict(record, by_table),
        _cost(by_table),
        _attacks(record.attacks, record.findings),
        _search(record.pattern),
        *_intervals(record.intervals),
        *_map(record.cells, record.map_of or largest_pair(record.cells)),
        _certificates(record.certificates),
        _ledger(record),
        *(section(title, bullets(said)) for title, said in _further(record).items() if said),
    ]
    return page("en", f"Disclosure control: {record.title}", sections)


def internal_summary(record: ProtectionRecord) -> str:
    """The figures of the report as JSON, for other programs."""
    by_table = hidden_by_table(record.cells, record.true_counts)
    attacks = [vars(attack) | {"result": attack.result} for attack in record.attacks]
    found = {
        "title": record.title,
        "safe": record.is_safe,
        "rule": dict(record.rule),
        "tables": by_table.reset_index().to_dict("records"),
        "attacks": attacks,
        "findings": [dict(finding) for finding in record.findings],
        "pattern": dict(record.pattern),
        "gap": gap(record.pattern),
        "certificates": dict(record.certificates),
        "ledger": dict(record.ledger),
        "incidents": list(record.incidents),
        "advice": list(record.advice),
    }
    return json.dumps(found, indent=2, ensure_ascii=False, default=float) + "\n"


def _verdict(record: ProtectionRecord, by_table: pd.DataFrame) -> Element:
    primary, secondary = int(by_table["primary"].sum()), int(by_table["secondary"].sum())
    shown = 1 - (primary + secondary) / max(int(by_table["nonzero"].sum()), 1)
    words = "Every gate held: the release may go on." if record.is_safe else "A gate did not hold, or none was tried."
    told = sum(not attack.gate and attack.result != "held" for attack in record.attacks)
    facts = {
        "Cells, all tables": f"{by_table['cells'].sum():,}",
        "Hidden: small counts (primary)": f"{primary:,}",
        "Hidden with them (secondary)": f"{secondary:,}",
        "Non-zero cells that stay visible": f"{shown:.1%}",
        **{_in_words(name): str(value) for name, value in record.rule.items()},
    }
    return section(
        "The release in short",
        *([tag("p", record.banner, class_="banner")] if record.banner else []),
        tag("p", words, class_=f"banner {'safe' if record.is_safe else 'unsafe'}"),
        *([f"Attackers who are only reported and succeed: {told}; see the attacks below."] if told else []),
        tag("p", "Internal: it tells small counts from cells hidden with them. Do not publish it.", class_="banner"),
        terms(facts),
    )


def _cost(by_table: pd.DataFrame) -> Element:
    has_weight = "weight" in by_table
    headings = ["Table", "Cells", "Not zero", "Primary", "Secondary", "Visible", *(["Weight"] if has_weight else [])]
    rows = [
        [
            str(name),
            *(f"{row[key]:,.0f}" for key in ("cells", "nonzero", "primary", "secondary")),
            f"{row['visible_share']:.1%}",
            *([f"{row['weight']:,.0f}"] if has_weight else []),
        ]
        for name, row in by_table.iterrows()
    ]
    words = "A cell that stands in several tables is counted in each. Visible: of the cells that are not zero."
    weight = " Weight: the sum of the counts hidden only to protect others." if has_weight else ""
    picture = stacked_shares("Share of non-zero cells hidden, by table", _shares(by_table))
    return section(
        "What it cost, by table",
        table("Hidden cells by table", headings, rows),
        figure(picture, f"Share of the non-zero cells of each table. {words}{weight}"),
    )


def _shares(by_table: pd.DataFrame) -> pd.DataFrame:
    whole = by_table["nonzero"].clip(lower=1)
    shares = by_table[["primary", "secondary"]].div(whole, axis=0)
    return shares.assign(visible=by_table["visible_share"])


def _attacks(attacks: Sequence[Attack], findings: Sequence[Mapping[str, Any]]) -> Element:
    if not attacks:
        return section("Attacks tried", "No attack was tried, so nothing is known to be safe.")
    rows = [
        [one.name, one.words, "gate" if one.gate else "report", f"{one.exact:,}", f"{one.narrow:,}", one.result]
        for one in attacks
    ]
    headings = ["Attacker", "Knows", "Kind", "Exact", "Too narrow", "Result"]
    framed = table("Each attack and its result", headings, rows)
    framed[0].set("class", "words")
    return section(
        "Attacks tried",
        "Exact: small counts with one possible value left. Too narrow: the possible values span less than the width, "
        "or nothing proved that they do not. A gate must hold, or nothing is released; what is a report is for you to "
        "weigh.",
        framed,
        *([_findings(findings)] if findings else []),
    )


def _findings(findings: Sequence[Mapping[str, Any]]) -> Element:
    rows = [[str(f["place"]), str(f["reason"]), "; ".join(f.get("derivation", ()))] for f in findings]
    framed = table("What does not hold", ["Cell", "Reason", "Follows from"], rows)
    framed[0].set("class", "words")
    return framed


def _search(pattern: Mapping[str, Any]) -> Element:
    found = gap(pattern)
    words = (
        f"The pattern costs {found:.1%} more than the proven lower bound, at most: (cost - bound) / bound."
        if found is not None
        else "No lower bound above zero was proved, so no gap is stated."
    )
    facts = {_in_words(name): _number(value) for name, value in pattern.items()}
    return section("How good the pattern is", words, *([terms(facts)] if facts else []))


def _intervals(intervals: pd.DataFrame | None) -> list[Element]:
    if intervals is None or intervals.empty:
        return [section("What stays possible", "Exact intervals were not asked for.")]
    title = "Hidden cells by the width of their interval"
    picture = columns(title, widths(intervals), "upper end less lower end")
    return [section("What stays possible", figure(picture, f"{title}: how far apart the possible values lie."))]


def _map(cells: pd.DataFrame, pair: tuple[str, str] | None) -> list[Element]:
    if pair is None:
        return []
    title = f"Share of cells hidden, {pair[0]} by {pair[1]}"
    picture = heat_map(title, hidden_shares(cells, *pair))
    caption = f"{title}: all cells of all tables with both codes. An empty frame: no such cell."
    return [section("Where it is hidden", figure(picture, caption))]


def _certificates(certificates: Mapping[str, str]) -> Element:
    if not certificates:
        return section("Certificates", "No certificates were kept.")
    rows = [[name, value] for name, value in certificates.items()]
    words = "Two whole tables a protected cell, which anybody can check by addition. Here are the hashes of the files."
    framed = table("Certificates", ["File", "SHA-256"], rows)
    framed[0].set("class", "words")
    return section("Certificates", words, framed)


def _ledger(record: ProtectionRecord) -> Element:
    facts = {_in_words(name): _number(value) for name, value in record.ledger.items()}
    parts: list[Part] = [terms(facts)] if facts else ["No ledger was given: the release was looked at by itself."]
    if record.incidents:
        parts += [tag("p", "What is already published discloses small counts:", class_="banner unsafe")]
        parts += [bullets(record.incidents)]
    return section("The ledger", *parts)


def _further(record: ProtectionRecord) -> dict[str, Sequence[str]]:
    return {"What the design advisor says, before anything is hidden": record.advice, "Notes": record.notes}


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _number(value: Any) -> str:
    if value is None:
        return NOT_STATED
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
