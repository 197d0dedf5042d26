"""A snapshot in memory of a few documents, histories and transitions, without a store."""

import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from anonymization.keys import PseudonymKey
from anonymization.policy import Policy
from anonymization.pseudonyms.allow_list import AllowList
from anonymization.pseudonyms.snapshotter import DocumentFields, SnapshotRange, Snapshotter
from case_store.profile import Profile, load_profile
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime

DAY = date(2023, 12, 31)
SECRET = b"k" * 32
HISTORY = pa.schema(
    [("record_id", pa.string()), ("datetime", pa.timestamp("us")), ("id", pa.int64()), ("record_changes", pa.string())]
)
TRANSITION = pa.schema(
    [(name, pa.string()) for name in ("id", "record_id", "type", "status", "service")]
    + [(name, pa.timestamp("us")) for name in ("created_at", "responded_at")]
)
Change = tuple[int, str, Mapping[str, Any]]  # number of the document, moment in UTC, {source key: {"from", "to"}}


def taken(
    *documents: Any,
    changes: Iterable[Change] = (),
    transitions: Iterable[Mapping[str, Any]] = (),
    duplicate_of: str | None = None,
    profile: Profile | None = None,
    reference: Mapping[str, pa.Table] | None = None,
    policy: Policy | None = None,
) -> SnapshotRange:
    """What these documents become at the end of 2023; `case_id(n)` is the id of the n-th.

    `reference`: tables that stand in for the profile's own.
    """
    profile = profile or load_profile()
    types = pa.table({"type": list(profile.referral_types)})
    snapshotter = Snapshotter(
        policy or policy_of(load_profile()),
        PseudonymKey(SECRET),
        AllowList.from_fields(profile.fields),
        {**profile.reference_tables(), "ref_referral_types": types, **(reference or {})},
        ReferenceTime(DAY, DAY, profile.time_zone),
        profile.modules,
        profile.launch_date,
        DocumentFields(frozenset(), frozenset()),
        profile.flagged_duplicates,
    )
    try:
        return snapshotter.pseudonymise(
            {
                "cases": _cases(documents, duplicate_of),
                "histories": pa.Table.from_pylist(list(_histories(changes)), HISTORY),
                "transitions": pa.Table.from_pylist([dict(row) for row in transitions], TRANSITION),
            }
        )
    finally:
        snapshotter.close()


def case_id(number: int) -> str:
    """The id of the document of this number."""
    return f"case-{number}"


def pseudonym(number: int) -> str:
    """The pseudonym of the document of this number."""
    return hmac.digest(SECRET, f"case\x1f{case_id(number)}".encode(), "sha256").hex()[:32]


def found(part: SnapshotRange) -> dict[tuple[str, str, str], int]:
    """Findings of a clean form apart: (rule, field, reason) -> records."""
    rows = [row for row in part.findings.to_pylist() if row["records"] and row["rule_id"] != "SNP-FIELD"]
    return {(row["rule_id"], row["field"], row["reason"]): row["records"] for row in rows}


def _cases(documents: Iterable[Any], duplicate_of: str | None) -> pa.Table:
    written = [told if isinstance(told, str) else json.dumps(told) for told in documents]
    cases = {"id": [case_id(number) for number in range(len(written))], "data": written}
    return pa.table(cases | ({"duplicate_case_id": [duplicate_of] * len(written)} if duplicate_of else {}))


def _histories(changes: Iterable[Change]) -> Iterable[dict[str, Any]]:
    for entry, (number, moment, change) in enumerate(changes):
        yield {
            "record_id": case_id(number),
            "datetime": datetime.fromisoformat(moment),
            "id": entry,
            "record_changes": json.dumps(change),
        }
