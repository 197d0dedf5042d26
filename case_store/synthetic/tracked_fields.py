"""The fields that change: each one's key in the document, its track, and the JSON piece of each value."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from case_store.synthetic.dirt import Broken, has_form
from case_store.synthetic.fragments import IN_WORDS, NO_SUCH_DAY, day_pool, pool, quoted, take
from case_store.synthetic.plan import Kind
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.shape import Shape
from case_store.synthetic.spells import CLOSED, MARKED_DUPLICATE
from case_store.synthetic.tracks import ABSENT, NULL, Track, Values

STAMPED = {"owner": "owned_by", "registered_by": "created_by"}  # written by Primero, whether or not they are mapped
UNLISTED = "cod_necunoscut_0c0ffee"  # a code that no lookup has


@dataclass(frozen=True)
class FieldTrack:
    """A key of the document, what it held and when, and the JSON pieces that its values number."""

    key: str
    track: Track
    pieces: pa.Array

    @property
    def now(self) -> pa.Array:
        """The piece of each child in the document as it stands; null where the key is absent."""
        return take(self.pieces, self.track.current)

    @property
    def at_creation(self) -> pa.Array:
        """The piece of each child that the create entry lists; null where nothing was set."""
        return take(self.pieces, _unset(self.track.initial))

    @property
    def changes(self) -> tuple[pa.Array, pa.Array]:
        """The old and new piece of each change; missing is null, as the history writes it."""
        later = ~self.track.is_initial
        return tuple(
            take(self.pieces, np.where(values[later] == ABSENT, NULL, values[later]))
            for values in (self.track.previous, self.track.value)
        )


def _unset(values: Values) -> Values:
    return np.where(values == NULL, ABSENT, values)


def tracked_fields(population: Population, histories: Histories) -> list[FieldTrack]:
    """The fields of the case itself; its subforms and concerns are apart."""
    profile, codes, tracks = population.shape.profile, population.shape.codes, histories.tracks
    shape = population.shape
    fields = [
        FieldTrack(profile.source(column), tracks[column], pool(quoted((*codes[column], UNLISTED))))
        for column in ("closure_reason", "care_status", "risk", "intention", "sex")
        if shape.asks(column)
    ]
    locations = pool(quoted((*population.places.locations, f"{profile.country}XX99")))
    return [
        *fields,
        FieldTrack(profile.source("status"), tracks["status"], pool(quoted(_statuses(shape)))),
        FieldTrack("workflow", *_workflow(tracks["status"])),
        FieldTrack(profile.source("closure_date"), tracks["closure_date"], day_pool()),
        FieldTrack(profile.source("birth_date"), _broken_births(histories), day_pool()),
        *_nationality_field(population, tracks["nationality"]),
        FieldTrack(profile.source("residence"), tracks["residence"], locations),
        FieldTrack(profile.source("is_enabled"), tracks["is_enabled"], pool(("false", "true"))),
        *_owner_fields(population, tracks["owner"]),
    ]


def _workflow(status: Track) -> tuple[Track, pa.Array]:
    """The workflow follows the status: new, closed or reopened; marking a duplicate leaves it."""
    marked = status.value == MARKED_DUPLICATE
    stage = np.where(status.is_initial, 0, np.where(status.value == CLOSED, 1, 2)).astype(np.int32)
    kept = Track(status.child[~marked], status.at[~marked], stage[~marked], status.is_initial[~marked])
    return kept, pool(quoted(("new", "closed", "reopened")))


def _broken_births(histories: Histories) -> Track:
    track, plan = histories.tracks["birth_date"], histories.plan
    in_words = has_form(plan, Kind.BROKEN, Broken.BIRTH_DATE_IN_WORDS)[track.child]
    no_day = has_form(plan, Kind.BROKEN, Broken.BIRTH_DATE_THAT_IS_NONE)[track.child]
    return replace(track, value=np.select([in_words, no_day], [IN_WORDS, NO_SUCH_DAY], track.value).astype(np.int32))


def _statuses(shape: Shape) -> Iterator[str]:
    """The codes of OPEN, CLOSED and MARKED_DUPLICATE, in this order."""
    return (shape.codes["status"][shape.with_role("status", role)] for role in ("open", "closed", "duplicate"))


def _nationality_field(population: Population, track: Track) -> Iterator[FieldTrack]:
    """Lists of one code (an unlisted one included), then of the first and another; nothing where it is not asked."""
    shape = population.shape
    if shape.asks("nationality"):
        listed = (*shape.codes["citizenship"], UNLISTED)
        pieces = [f'["{code}"]' for code in listed] + [f'["{listed[0]}","{code}"]' for code in listed]
        yield FieldTrack(shape.profile.source("nationality"), track, pool(pieces))


def _owner_fields(population: Population, owner: Track) -> list[FieldTrack]:
    """What Primero stamps from the owner: user name, full name, agency, groups."""
    staff, groups = population.staff, population.places.groups
    group = _mapped(owner, staff.user_group)
    agencies = pool(quoted(population.places.agencies))
    profile = population.shape.profile
    return [
        FieldTrack(stamped(population.shape, "owner"), owner, pool(quoted(staff.user_names))),
        FieldTrack(
            "owned_by_full_name", _mapped(owner, np.arange(len(staff.user_names))), pool(quoted(staff.full_names))
        ),
        FieldTrack(profile.source("owner_groups"), group, pool(f'["{name}"]' for name in groups)),
        FieldTrack("owned_by_agency_id", group, agencies),
    ]


def stamped(shape: Shape, column: str) -> str:
    """The key of what Primero writes by itself."""
    return shape.profile.source(column) if shape.asks(column) else STAMPED[column]


def _mapped(track: Track, values: np.ndarray) -> Track:
    """The track of what follows from another's values, without changes that make no difference."""
    value = values[track.value].astype(np.int32)
    kept = track.is_initial | (np.diff(value, prepend=0) != 0)
    return Track(track.child[kept], track.at[kept], value[kept], track.is_initial[kept])
