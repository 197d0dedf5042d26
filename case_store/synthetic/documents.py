"""From columns to documents: the rows of cases, transitions and record_histories, as text columns, chunk by chunk."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from case_store.synthetic.fragments import (
    concat,
    iso_stamps,
    join_present,
    pool,
    scatter,
    stamps,
    take,
    uuids,
)
from case_store.synthetic.histories import Histories, Population
from case_store.synthetic.identities import Names
from case_store.synthetic.person import Pieces, ages_now, namesakes, person_fragments
from case_store.synthetic.spells import MARKED_DUPLICATE
from case_store.synthetic.subforms import subform_tracks
from case_store.synthetic.times import Moments
from case_store.synthetic.tracked_fields import FieldTrack, tracked_fields
from case_store.synthetic.transitions import transition_rows

_CHILD_BITS = 32


@dataclass(frozen=True)
class Rows:
    """Text columns as the database reads them (null = SQL null), a table each; columns named as the database's."""

    cases: pa.Table
    transitions: pa.Table
    record_histories: pa.Table


@dataclass(frozen=True)
class _Pieces:
    """JSON pieces by key: in the document as it stands, and in the create entry."""

    now: Pieces
    at_creation: Pieces


def make_rows(population: Population, names: Names, histories: Histories) -> Rows:
    """The rows of one chunk, ids and identities drawn from the chunk's own seed."""
    rng = np.random.default_rng([population.seed, 3, histories.number])
    ids = uuids(rng, len(histories.plan))
    tracked = [*tracked_fields(population, histories), *subform_tracks(population, names, histories, rng)]
    still = person_fragments(population, names, histories, ids, rng)
    pieces = _pieces(population, histories, tracked, still)
    return Rows(
        _cases(population, histories, ids, tracked, pieces),
        transition_rows(population, histories, ids, rng),
        _record_histories(population, histories, ids, tracked, pieces),
    )


def _pieces(population: Population, histories: Histories, tracked: list[FieldTrack], still: Pieces) -> _Pieces:
    entered, today = ages_now(population, histories)
    age = population.shape.profile.source("age_as_entered")
    last = iso_stamps(_last_change(histories, tracked))
    return _Pieces(
        {**still, **{field.key: field.now for field in tracked}, age: today, "last_updated_at": last},
        {**still, **{field.key: field.at_creation for field in tracked}, age: entered},
    )


def _last_change(histories: Histories, tracked: list[FieldTrack]) -> Moments:
    latest = histories.posted_at.copy()
    for field in tracked:
        np.maximum.at(latest, field.track.child, field.track.at)
    return latest


def _object(pieces: Pieces) -> pa.Array:
    """A JSON object a row, without the keys that are null."""
    members = [concat(f'"{key}":', piece) for key, piece in pieces.items()]
    return concat("{", join_present(members), "}")


def _cases(
    population: Population, histories: Histories, ids: pa.Array, tracked: list[FieldTrack], pieces: _Pieces
) -> pa.Table:
    same = namesakes(histories, np.random.default_rng(histories.number))
    marked = histories.tracks["status"].current == MARKED_DUPLICATE
    original = np.where(same == np.arange(len(same)), (same + 1) % len(same), same)
    columns = {"id": ids, "data": _object(pieces.now)}
    columns["duplicate_case_id"] = pc.if_else(
        pa.array(marked), ids.take(pa.array(original)), pa.scalar(None, pa.string())
    )
    return pa.table({**columns, **_mirror(population, histories, pieces)})


def _mirror(population: Population, histories: Histories, pieces: _Pieces) -> dict[str, pa.Array]:
    """The srch_ columns, from the document; null in rows that were last saved before the mirror was introduced."""
    old = pa.array(histories.plan.registered % 50 == 0)
    source = population.shape.profile.source
    keys = {
        "srch_record_state": source("is_enabled"),
        "srch_module_id": source("module"),
        "srch_status": source("status"),
        "srch_sex": source("sex"),
        "srch_risk_level": source("risk"),
        "srch_location_current": source("residence"),
        "srch_owned_by": source("owner"),
    }
    mirrored = {column: _plain(pieces.now[key]) for column, key in keys.items()}
    mirrored["srch_created_at"] = stamps(histories.created_at, " ", "")
    none = pa.scalar(None, pa.string())
    return {column: pc.if_else(old, none, values) for column, values in mirrored.items()}


def _plain(piece: pa.Array) -> pa.Array:
    """A JSON text or boolean without its quotation marks; null for null and the empty text."""
    text = pc.utf8_trim(piece, '"')
    return pc.if_else(pc.is_in(text, pa.array(["", "null"])), pa.scalar(None, pa.string()), text)


def _record_histories(
    population: Population, histories: Histories, ids: pa.Array, tracked: list[FieldTrack], pieces: _Pieces
) -> pa.Table:
    """The create entry of every record, then its updates; one row an entry."""
    authors = histories.tracks["owner"].initial
    created = _object({key: concat('{"from":null,"to":', piece, "}") for key, piece in pieces.at_creation.items()})
    keys = np.unique(np.concatenate([_keys(field)[0] for field in tracked]))
    child = np.concatenate([np.arange(len(ids)), keys >> _CHILD_BITS])
    at = np.concatenate([histories.created_at, keys & ((1 << _CHILD_BITS) - 1)])
    size = len(child)
    return pa.table(
        {
            "record_id": ids.take(pa.array(child)),
            "record_type": take(pool(("Child",)), np.zeros(size, np.int64)),
            "datetime": stamps(at, " ", ""),
            "user_name": take(pool(population.staff.user_names), authors[child]),
            "action": take(pool(("create", "update")), (np.arange(size) >= len(ids)).astype(np.int64)),
            "record_changes": pa.concat_arrays([created, _updates(tracked, keys)]),
        }
    )


def _updates(tracked: list[FieldTrack], keys: np.ndarray) -> pa.Array:
    members = []
    for field in tracked:
        old, new = field.changes
        change = concat(f'"{field.key}":{{"from":', old, ',"to":', new, "}")
        members.append(scatter(change, np.searchsorted(keys, _keys(field)[0]), len(keys)))
    return concat("{", join_present(members), "}")


def _keys(field: FieldTrack) -> tuple[np.ndarray, ...]:
    """Child and moment of each change in one number: an entry is what one child's record got at one moment."""
    later = ~field.track.is_initial
    return ((field.track.child[later].astype(np.int64) << _CHILD_BITS) + field.track.at[later],)
