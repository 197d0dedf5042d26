"""The report for the data-protection officer on one protected release, with its certificate. Never published."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anonymization.audit.certificate import certificate_bytes
from anonymization.disclosure_policy import DisclosurePolicy
from anonymization.ledger.chain import Ledger
from anonymization.ledger.editions import Edition
from anonymization.protect import ProtectedRelease
from anonymization.reports.attacks import attacks_of
from anonymization.reports.internal import ProtectionRecord, internal_report, internal_summary
from anonymization.suppression.suppress import Pattern

PAGE_FILE, SUMMARY_FILE = "disclosure_report.html", "disclosure_report.json"
CERTIFICATE_FILE = "disclosure_certificate.npz"
REPORT_FILES = (PAGE_FILE, SUMMARY_FILE, CERTIFICATE_FILE)
TOGETHER = ("contributor", "siblings")  # kinds of attackers that are told in one line: there are very many


def report_files(
    protected: ProtectedRelease, policy: DisclosurePolicy, ledger: Ledger, edition: Edition, advice: Sequence[str]
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
        pattern=_pattern(protected.pattern),
        certificates={CERTIFICATE_FILE: hashlib.sha256(certificate).hexdigest()},
        ledger={"entries_before": len(ledger.links), "newest_seal": ledger.head},
        advice=advice,
        notes=tuple(_notes(protected)),
    )
    page, summary = internal_report(record).encode(), internal_summary(record).encode()
    return {PAGE_FILE: page, SUMMARY_FILE: summary, CERTIFICATE_FILE: certificate}


def _attacks(protected: ProtectedRelease) -> Iterator[Mapping[str, Any]]:
    """Those that are few one by one, the others a line for each kind."""
    results = protected.audit.attacks
    for kind in TOGETHER:
        ours = [one for one in results if one.kind == kind]
        if ours:
            cells = {cell for one in ours for cell in one.failing}
            note = f"{len(ours):,} tried, of whom {sum(bool(one.failing) for one in ours):,} succeed"
            name = f"{kind.removesuffix('s')}s"
            yield {"name": name, "gate": any(one.gate for one in ours), "failing": len(cells), "note": note}
    for one in results:
        if one.kind not in TOGETHER:
            yield {"name": one.name, "gate": one.gate, "failing": len(one.failing), "note": one.note}


def _true_counts(protected: ProtectedRelease) -> "pd.Series[int]":
    joint = protected.joint
    ours = joint.model.rows["table_id"].isin(protected.cells["table_id"].unique())
    cell = joint.model.rows.loc[ours, "cell"].to_numpy()
    return pd.Series(np.asarray(joint.counts)[cell], index=protected.cells.index)


def _pattern(pattern: Pattern) -> dict[str, Any]:
    """What it cost, by the factors of the policy, and how it was found."""
    stages = {f"cost after: {s.name}": f"{s.cost:,.0f} ({s.iterations:,} iterations)" for s in pattern.stages}
    return {
        "cost": round(pattern.cost, 3),
        "bound": round(pattern.bound, 3),
        "reproducible": "yes" if pattern.is_reproducible else "no: a time limit had a say",
        **stages,
    }


def _notes(protected: ProtectedRelease) -> Iterator[str]:
    yield from protected.joint.unrelated
    audit = protected.audit
    kinds = Counter(group.dimension for group in audit.groups)
    for dimension, number in kinds.items():
        places = "; ".join(group.place for group in audit.groups if group.dimension == dimension)
        yield f"Groups whose children are all known to be in one category of {dimension}: {number} ({places})."
