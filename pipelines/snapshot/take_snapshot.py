"""Case store -> snapshot: read in one transaction, pseudonymised in memory, and only then written."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from anonymization.keys import PseudonymKey, make_demo_key, read_key, refuse_key_inside
from anonymization.policy import Policy
from anonymization.pseudonyms.allow_list import AllowList
from anonymization.pseudonyms.snapshotter import DocumentFields, SnapshotRange, Snapshotter
from case_store.case_source import Source, open_source
from case_store.errors import CaseStoreError
from case_store.known_fields import known_fields
from case_store.lookups import check_labels
from case_store.places import check_places
from case_store.profile import Profile, load_profile
from case_store.server import resolve_store
from case_store.source_contract import SourceState
from pipelines.run.code_version import code_version
from pipelines.run.policy_in_force import policy_of
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.snapshot.accepted_runs import Acceptance, AcceptedRun, accepted_run, accepted_runs, key_in_use
from pipelines.snapshot.night import Found, refuse_wrong_night
from pipelines.snapshot.run_log import log_snapshot
from pipelines.snapshot.snapshot_folder import SnapshotWriter, new_snapshot
from pipelines.warehouse.not_asked import unmapped_columns
from pipelines.warehouse.provenance import RecordCount, refuse_mixture


@sealed("the snapshot")
def take_snapshot(settings: Settings, time: ReferenceTime, accepted: tuple[Acceptance, ...] = ()) -> Path:
    """Makes the snapshot of `time` and gives its folder.

    Raises RunError when what was found cannot be believed and was not `accepted`, CaseStoreError (no store, empty
    store, a label changed since its review), PolicyError (key or policy) and SnapshotError; no message holds a record's
    content.
    """
    profile = load_profile(settings.profile)
    policy = policy_of(profile)
    store = resolve_store(settings.dsn, settings.state, settings.cluster)
    folder = settings.snapshots / time.folder
    with open_source(store.dsn) as source:
        state = source.state()
        fields = _check_configuration(source, state, profile, time, {acceptance.rule for acceptance in accepted})
        key = _key(settings, source)
        log_snapshot(settings.data, time, state)
        with new_snapshot(folder) as writer:
            snapshotter = _snapshotter(profile, policy, key, time, fields)
            records = _read_into(writer, source, state, snapshotter, profile, refuse_unmarked=store.is_embedded)
            about = _about(profile, time, key, records, writer.filled)
            _refuse_wrong_night(settings, accepted_run(about | writer.counts(), accepted), state, records, policy)
            writer.add_reference(profile.reference_tables() | {"ref_run": _ref_run(profile, time, records)})
            writer.finish(about)
    return folder


def _refuse_wrong_night(
    settings: Settings, run: AcceptedRun, state: SourceState, records: RecordCount, policy: Policy
) -> None:
    before = accepted_runs(settings.data)
    last_change = state.last_change.date() if state.last_change else None
    found = Found(run, last_change, records.are_synthetic, key_in_use(before, run.profile))
    refuse_wrong_night(found, before, policy.night)


def _check_configuration(
    source: Source, state: SourceState, profile: Profile, time: ReferenceTime, accepted: set[str]
) -> DocumentFields:
    """Hold labels and places against the profile's review before any record is read; give the fields of the forms."""
    found = source.configuration()
    if "changed_labels" not in accepted:
        check_labels(found["labels"], profile.codes, _day_of_labels(time, state), profile.dimensions_of_fields)
    if "moved_places" not in accepted:
        check_places(found["places"], profile.reference_tables()["ref_locations"])
    return DocumentFields(known_fields(profile), frozenset(found["form_fields"]["name"].to_pylist()))


def _day_of_labels(time: ReferenceTime, state: SourceState) -> date:
    """The store's labels are those of today, whatever past day is asked for: it has lived on to its last change."""
    return max(time.known_at, state.last_change.date()) if state.last_change else time.known_at


def _key(settings: Settings, source: Source) -> PseudonymKey:
    """The key; made by itself if there is none, and the store's mark and its records alike say synthetic."""
    refuse_key_inside(settings.key_file, CHECKOUT, settings.data)
    if not settings.key_file.exists() and source.is_marked_synthetic():
        return make_demo_key(settings.key_file)
    return read_key(settings.key_file)


def _snapshotter(
    profile: Profile, policy: Policy, key: PseudonymKey, time: ReferenceTime, fields: DocumentFields
) -> Snapshotter:
    reference = profile.reference_tables() | {"ref_referral_types": pa.table({"type": list(profile.referral_types)})}
    allow_list = AllowList.from_fields(profile.fields)
    return Snapshotter(
        policy,
        key,
        allow_list,
        reference,
        time,
        profile.modules,
        profile.launch_date,
        fields,
        profile.flagged_duplicates,
    )


def _read_into(
    writer: SnapshotWriter,
    source: Source,
    state: SourceState,
    snapshotter: Snapshotter,
    profile: Profile,
    refuse_unmarked: bool,
) -> RecordCount:
    if not state.cases:
        raise CaseStoreError(
            "The case store holds no case; fill it with 'caselight case-store seed', or check the DSN."
        )
    report("Reading and pseudonymising cases")
    ranges = source.ranges()
    records = RecordCount(0, 0)
    keys = sorted(AllowList.from_fields(profile.fields).keys.values())
    for number, case_range in enumerate(ranges, start=1):
        part = snapshotter.pseudonymise(source.read(case_range, keys))
        if refuse_unmarked:
            _refuse_unmarked(part)
        records += RecordCount(part.marked, part.unmarked_children, part.oddly_marked)
        refuse_mixture(records)
        writer.add(part)
        report("Reading and pseudonymising cases", number, len(ranges))
    snapshotter.close()
    return records


def _refuse_unmarked(part: SnapshotRange) -> None:
    if part.unmarked:
        raise CaseStoreError(
            f"{part.unmarked} records of the embedded server do not carry the synthetic mark; it is for synthetic "
            "children only, so no snapshot was made: keep real records in a server of your own (CASESTORE_DSN)."
        )


def _ref_run(profile: Profile, time: ReferenceTime, records: RecordCount) -> pa.Table:
    source = profile.data_source
    return pa.table(
        {
            "as_of": pa.array([time.as_of], pa.date32()),
            "known_at": pa.array([time.known_at], pa.date32()),
            "launch_date": pa.array([profile.launch_date], pa.date32()),
            "time_zone": [profile.time_zone],
            "country": [profile.country],
            "is_synthetic": [records.are_synthetic],
            "source_code": [source.code],
            **{f"source_label_{language}": [label] for language, label in source.labels.items()},
        }
    )


def _about(
    profile: Profile, time: ReferenceTime, key: PseudonymKey, records: RecordCount, filled: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "as_of": str(time.as_of),
        "known_at": str(time.known_at),
        "profile": profile.name,
        "key_id": key.key_id,
        "code": code_version(),
        "records": {"synthetic": records.synthetic, "real": records.real},
        "absent_columns": sorted({*profile.absent_columns, *unmapped_columns(profile)}),
        "public_tables": profile.public_tables,
        "filled": dict(filled),
    }
