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
from case_store.database import SourceState, connect, describe_source, make_read_only
from case_store.errors import CaseStoreError
from case_store.known_fields import configured_fields, known_fields
from case_store.lookups import check_labels
from case_store.places import check_places
from case_store.profile import Profile, load_profile
from case_store.reader import CaseReader
from case_store.seeding import count_unmarked_cases, has_synthetic_marker
from case_store.server import StoreAddress, resolve_store
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
    may_make_key, fields, source = _check_store(store, profile, settings.key_file, time, {a.rule for a in accepted})
    key = _key(settings, may_make_key)
    log_snapshot(settings.data, time, source)
    folder = settings.snapshots / time.folder
    with new_snapshot(folder) as writer, CaseReader(store.dsn) as reader:
        snapshotter = _snapshotter(profile, policy, key, time, fields)
        records = _read_into(writer, reader, snapshotter, profile, refuse_unmarked=store.is_embedded)
        about = _about(profile, time, key, records, writer.filled)
        _refuse_wrong_night(settings, accepted_run(about | writer.counts(), accepted), source, records, policy)
        writer.add_reference(profile.reference_tables() | {"ref_run": _ref_run(profile, time, records)})
        writer.finish(about)
    return folder


def _refuse_wrong_night(
    settings: Settings, run: AcceptedRun, source: SourceState, records: RecordCount, policy: Policy
) -> None:
    before = accepted_runs(settings.data)
    last_change = source.last_change.date() if source.last_change else None
    found = Found(run, last_change, records.are_synthetic, key_in_use(before, run.profile))
    refuse_wrong_night(found, before, policy.night)


def _check_store(
    store: StoreAddress, profile: Profile, key_file: Path, time: ReferenceTime, accepted: set[str]
) -> tuple[bool, DocumentFields, SourceState]:
    """What must be known before reading.

    Whether a key may be made by itself (there is none, and mark and records alike say synthetic), the fields of the
    forms, and the state of the source for the run log.
    """
    with connect(store.dsn) as connection:
        make_read_only(connection)
        source = describe_source(connection)
        if "changed_labels" not in accepted:
            check_labels(connection, profile.codes, _day_of_labels(time, source), profile.dimensions_of_fields)
        if "moved_places" not in accepted:
            check_places(connection, profile.reference_tables()["ref_locations"])
        fields = DocumentFields(known_fields(profile), configured_fields(connection))
        lacks_key = not key_file.exists() and has_synthetic_marker(connection)
        return lacks_key and not count_unmarked_cases(connection), fields, source


def _day_of_labels(time: ReferenceTime, source: SourceState) -> date:
    """The store's labels are those of today, whatever past day is asked for: it has lived on to its last change."""
    return max(time.known_at, source.last_change.date()) if source.last_change else time.known_at


def _key(settings: Settings, may_make_key: bool) -> PseudonymKey:
    refuse_key_inside(settings.key_file, CHECKOUT, settings.data)
    return make_demo_key(settings.key_file) if may_make_key else read_key(settings.key_file)


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
    writer: SnapshotWriter, reader: CaseReader, snapshotter: Snapshotter, profile: Profile, refuse_unmarked: bool
) -> RecordCount:
    if not reader.count_cases():
        raise CaseStoreError(
            "The case store holds no case; fill it with 'caselight case-store seed', or check the DSN."
        )
    report("Reading and pseudonymising cases")
    ranges = reader.ranges()
    records = RecordCount(0, 0)
    keys = sorted(AllowList.from_fields(profile.fields).keys.values())
    for number, case_range in enumerate(ranges, start=1):
        part = snapshotter.pseudonymise(reader.read(case_range, keys))
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
        "filled": dict(filled),
    }
