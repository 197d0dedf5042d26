"""Certificates: everything that is needed to check a verdict by integer addition, without a solver and without this
code.

`docs/examples/check_certificate.py` checks them. Internal: the tables in a certificate are possible ones, yet which
cells are targets tells primary from complementary.
"""

import io
from typing import Any

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.pool import WitnessPool
from anonymization.disclosure.audit.report import AuditReport


def certificate_bytes(report: AuditReport) -> bytes:
    """The certificate of an audit, as a compressed NPZ file (the same bytes for the same audit).

    system_row, system_column, system_value, lower, upper: what is known. target_row, target_column, target_value,
    width: what must stay open (0: is only told). tables: whole tables, one a row. low, high: for every target the two
    tables that differ most in it.
    leak_target, leak_sign, leak_end: what follows from the rows alone; leak, leak_row, leak_multiplier, leak_divisor:
    the sum that proves it, row by row.
    """
    pool, must_be_wide = report.pool, report.must_be_wide
    if pool is None or must_be_wide is None:
        raise ValueError("This audit had no targets, so there is nothing to certify.")
    kept = np.unique(np.concatenate([pool.lowest_in, pool.highest_in, [0]]))
    place = np.zeros(len(pool.tables), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    arrays: dict[str, Any] = {
        **_entries("system", pool.system.matrix),
        "lower": pool.system.lower,
        "upper": pool.system.upper,
        **_entries("target", pool.targets.matrix),
        "width": np.where(must_be_wide, pool.targets.width, 0),
        "tables": np.stack([pool.tables[number] for number in kept]),
        "low": place[pool.lowest_in],
        "high": place[pool.highest_in],
        **_leaks(report, pool),
    }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def _entries(name: str, matrix: sparse.csr_array) -> dict[str, np.ndarray]:
    by_entry = sparse.coo_array(matrix)
    return {
        f"{name}_row": by_entry.row.astype(np.int64),
        f"{name}_column": by_entry.col.astype(np.int64),
        f"{name}_value": by_entry.data.astype(np.int64),
    }


def _leaks(report: AuditReport, pool: WitnessPool) -> dict[str, np.ndarray]:
    """The derivations of the findings, one after the other; ends as multiplier and divisor, too."""
    found = [derivation for finding in report.findings for derivation in finding.derivations]
    sums = [(number, d.rows[i], d.multipliers[i]) for number, d in enumerate(found) for i in range(len(d.rows))]
    return {
        "leak_target": np.array([derivation.target for derivation in found], dtype=np.int64),
        "leak_sign": np.array([derivation.sign for derivation in found], dtype=np.int64),
        "leak_end": np.array([(d.end.numerator, d.end.denominator) for d in found], dtype=np.int64).reshape(-1, 2),
        "leak": np.array([number for number, _, _ in sums], dtype=np.int64),
        "leak_row": np.array([row for _, row, _ in sums], dtype=np.int64),
        "leak_multiplier": np.array([multiplier.numerator for _, _, multiplier in sums], dtype=np.int64),
        "leak_divisor": np.array([multiplier.denominator for _, _, multiplier in sums], dtype=np.int64),
    }
