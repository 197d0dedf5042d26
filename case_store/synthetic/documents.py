"""From columns to documents: the rows of cases, transitions and record_histories, as text columns, chunk by chunk."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from case_store.synthetic.answers import Pieces
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
from case_store.synthetic.identities import Names
from case_store.synthetic.person import ages_now, namesakes, person_fragments
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.spells import MARKED_DUPLICATE
from case_store.synthetic.subforms import subform_tracks
from case_store.synthetic.times import Moments
from case_store.synthetic.tracked_fields import FieldTrack, stamped, tracked_fields
from case_store.synthetic.transitions import transition_rows

_MOMENT_BITS = 32


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
    still = person_fragments(population, names, histories, rng)
    pieces = _pieces(population, histories, tracked, still)
    return Rows(
        _cases(population, histories, ids, pieces),
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


def _object(pieces: Pieces, before: str = "", after: str = "") -> pa.Array:
    """A JSON object a row, each value between `before` and `after`; keys that are null (never the first) left out."""
    parts: list[pa.Array | str] = []
    for key, piece in pieces.items():
        member = (f'{"," if parts else "{"}"{key}":{before}', piece, after)
        parts += member if not piece.null_count else [pc.fill_null(concat(*member), "")]
    return concat(*parts, "}")


def _cases(population: Population, histories: Histories, ids: pa.Array, pieces: _Pieces) -> pa.Table:
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
        "srch_owned_by": stamped(population.shape, "owner"),
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
    keys = np.unique(np.concatenate([_keys(field) for field in tracked]))
    child, at = keys >> _MOMENT_BITS, keys & ((1 << _MOMENT_BITS) - 1)
    everyone = np.arange(len(ids))
    entries = _Entries(population, histories, ids)
    created = entries.table(
        "create", everyone, histories.created_at, _object(pieces.at_creation, '{"from":null,"to":', "}")
    )
    return pa.concat_tables([created, entries.table("update", child, at, _updates(tracked, keys))])


@dataclass(frozen=True)
class _Entries:
    population: Population
    histories: Histories
    ids: pa.Array

    def table(self, action: str, child: npt.NDArray[np.int64], at: Moments, changes: pa.Array) -> pa.Table:
        """Entries of one kind, in the names of the first owners of the records."""
        author = self.histories.tracks["owner"].initial[child]
        return pa.table(
            {
                "record_id": self.ids.take(pa.array(child)),
                "record_type": pa.repeat("Child", len(child)),
                "datetime": stamps(at, " ", ""),
                "user_name": take(pool(self.population.staff.user_names), author),
                "action": pa.repeat(action, len(child)),
                "record_changes": changes,
            }
        )


def _updates(tracked: list[FieldTrack], keys: npt.NDArray[np.int64]) -> pa.Array:
    members = []
    for field in tracked:
        old, new = field.changes
        change = concat(f'"{field.key}":{{"from":', old, ',"to":', new, "}")
        members.append(scatter(change, np.searchsorted(keys, _keys(field)), len(keys)))
    return concat("{", join_present(members), "}")


def _keys(field: FieldTrack) -> npt.NDArray[np.int64]:
    """Child and moment of each change in one number: an entry is what one child's record got at one moment."""
    later = ~field.track.is_initial
    return (field.track.child[later].astype(np.int64) << _MOMENT_BITS) + field.track.at[later]
