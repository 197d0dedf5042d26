"""The report for the data-protection officer on one protected release, with its certificate. Never published."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anonymization.disclosure.audit.certificate import certificate_bytes
from anonymization.disclosure.audit.report import AttackResult
from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.chain import Ledger
from anonymization.disclosure.ledger.editions import LedgerEdition
from anonymization.disclosure.protect import ProtectedRelease
from anonymization.disclosure.reports.attack_sentences import attacks_of
from anonymization.disclosure.reports.internal import ProtectionRecord, internal_report, internal_summary
from publications.publication_texts import texts_in
from publications.source import Source

PAGE_FILE, SUMMARY_FILE = "disclosure_report.html", "disclosure_report.json"
CERTIFICATE_FILE = "disclosure_certificate.npz"
REPORT_FILES = (PAGE_FILE, SUMMARY_FILE, CERTIFICATE_FILE)
# kinds of attackers that are listed in one line: who they are, what each knows
TOGETHER = {
    "contributor": ("contributors", "all that is published, and each their own hidden cells"),
    "siblings": ("pairs of siblings", "all that is published, and each pair its two hidden cells"),
}
SEES = "all that is published, and exactly what this audience sees"


def report_files(
    protected: ProtectedRelease,
    policy: DisclosurePolicy,
    ledger: Ledger,
    edition: LedgerEdition,
    advice: Sequence[str],
    source: Source,
) -> dict[str, bytes]:
    """The report as a page and for programs, and the certificate of the audit: file name -> bytes."""
    certificate = certificate_bytes(protected.audit)
    record = ProtectionRecord(
        title=f"{edition.label}, as known at {edition.known_at}",
        rule={"threshold": policy.threshold, "width": policy.width, "knowledge": policy.knowledge},
        cells=protected.cells,
        attacks=attacks_of({**protected.audit.figures(), "attacks": list(_attacks(protected))}),
        findings=protected.audit.figures()["findings"],
        true_counts=_true_counts(protected),
        pattern=_pattern(protected),
        certificates={CERTIFICATE_FILE: hashlib.sha256(certificate).hexdigest()},
        ledger={"entries_before": len(ledger.links), "newest_seal": ledger.head},
        advice=advice,
        notes=(*_notes(protected), *(one.sentence for one in policy.left_open)),
        banner=texts_in("en", source=source).of_source("banner"),
    )
    page, summary = internal_report(record).encode(), internal_summary(record).encode()
    return {PAGE_FILE: page, SUMMARY_FILE: summary, CERTIFICATE_FILE: certificate}


def _attacks(protected: ProtectedRelease) -> Iterator[Mapping[str, Any]]:
    """One by one, except those of whom there are very many, and audiences that learn nothing."""
    results = protected.audit.attacks
    for kind, (name, knows) in TOGETHER.items():
        ours = [one for one in results if one.kind == kind]
        if ours:
            succeed = sum(bool(one.failing) for one in ours)
            yield _line(f"{len(ours):,} {name}", ours, f"{knows}; {succeed:,} of them succeed")
    audiences = [one for one in results if one.kind == "audience"]
    for gate in (True, False):
        held = [one for one in audiences if one.gate == gate and not one.failing]
        if held:
            yield _line(f"{len(held):,} other audiences", held, SEES)
    yield from (_line(one.name, [one], SEES) for one in audiences if one.failing)
    yield from (_line(one.name, [one], one.note) for one in results if one.kind in ("rule_knower", "pattern_knower"))


def _line(name: str, results: Sequence[AttackResult], knows: str) -> Mapping[str, Any]:
    cells = {cell for one in results for cell in one.failing}
    return {"name": name, "gate": any(one.gate for one in results), "failing": len(cells), "note": knows}


def _true_counts(protected: ProtectedRelease) -> "pd.Series[int]":
    joint = protected.joint
    ours = joint.model.rows["table_id"].isin(protected.cells["table_id"].unique())
    cell = joint.model.rows.loc[ours, "cell"].to_numpy()
    return pd.Series(np.asarray(joint.counts)[cell], index=protected.cells.index)


def _pattern(protected: ProtectedRelease) -> dict[str, Any]:
    """What it cost, by the factors of the policy, and how it was found."""
    pattern = protected.pattern
    stages = {f"cost after: {s.name}": f"{s.cost:,.0f} ({s.iterations:,} iterations)" for s in pattern.stages}
    return {
        "cost": round(pattern.cost, 3),
        "bound": round(pattern.bound, 3),
        "reproducible": "yes" if pattern.is_reproducible else "no: a time limit had a say",
        **stages,
    }


def _notes(protected: ProtectedRelease) -> Iterator[str]:
    yield from protected.notes
    yield from protected.joint.unrelated
    for group in protected.audit.groups:
        yield f"All children of a group are known to be in one category of {group.dimension}: {group.place}."
