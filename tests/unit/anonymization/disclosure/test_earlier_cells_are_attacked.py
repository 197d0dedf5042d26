"""What was shown before is what an attacker knows: one pattern is safe alone, and unsafe beside its past."""

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.ledger.history import History, Joint, entry_of_release, joint_history
from anonymization.disclosure.ledger.past import Published
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
TIMINGS = {"registered": Timing("flow")}
AREA = Dimension("area", {"COUNTY": {code: code for code in ("SMALL", "GROWING", "STEADY")}})
TABLES = TableSet((Table("T1", "registered", (AREA,), ({"area": ("TOTAL", "COUNTY")},)),))


def release(growing: int) -> Release:
    counts = pd.DataFrame({"area": AREA.leaves, "count": [3, growing, 8]})
    return Release(TABLES, {"registered": counts})


def history(vintage: int, *past: Published) -> History:
    return History(past, LedgerEdition("2023-Q3", vintage, f"2023-1{vintage - 1}-30"), TIMINGS, 5)


def hide(joint: Joint, *areas: str) -> np.ndarray:
    """Mask of the new cells of these areas."""
    rows = joint.model.rows[joint.model.rows["area"].isin(areas)]
    hidden = np.zeros(len(joint.is_old), dtype=bool)
    hidden[rows["cell"].to_numpy()] = True
    return hidden & ~joint.is_old


def first_vintage() -> Published:
    joint = joint_history(history(1), release(6), RULE)
    hidden, cell = hide(joint, "SMALL", "GROWING"), joint.model.rows["cell"].to_numpy()
    cells = joint.model.rows.assign(count=pd.Series(joint.counts[cell], dtype="Int64").mask(hidden[cell]))
    return Published(entry_of_release(history(1), release(6), joint.stated, RULE, cells), release(6).counts)


@pytest.mark.parametrize(
    ("also_hidden", "alone", "beside_the_first"), [("STEADY", "safe", "unsafe"), ("GROWING", "safe", "safe")]
)
def test_a_pattern_is_attacked_with_what_was_shown_before(also_hidden: str, alone: str, beside_the_first: str) -> None:
    for past, verdict in (((), alone), ((first_vintage(),), beside_the_first)):
        joint = joint_history(history(2, *past), release(11), RULE)
        shown = joint.shown(hide(joint, "SMALL", also_hidden))
        report = audit(joint.model, shown, joint.required, truth=joint.truth, is_old=joint.is_old)
        assert report.verdict == verdict
