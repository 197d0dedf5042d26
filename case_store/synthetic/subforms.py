"""Lists inside a document (concerns and subforms): the JSON of each row, and of the whole list after each change."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from case_store.synthetic.fragments import (
    concat,
    days_text,
    grow_lists,
    pool,
    quoted,
    take,
    uuids,
)
from case_store.synthetic.identities import Names, adults, by_sex, telephones
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.times import Moments
from case_store.synthetic.tracked_fields import FieldTrack
from case_store.synthetic.tracks import ABSENT, EMPTY_LIST, NULL, Changes, Children, Values, make_track


def subform_tracks(
    population: Population, names: Names, histories: Histories, rng: np.random.Generator
) -> list[FieldTrack]:
    """Concerns, family, care arrangements, services and follow-ups as tracks of whole lists."""
    profile, codes = population.shape.profile, population.shape.codes
    concerns, care, referrals = histories.concerns, histories.care, _sorted_referrals(histories)
    family = histories.family
    return [
        _growing(
            profile.source("concerns"), histories, concerns.child, concerns.at,
            take(pool(quoted(codes["concern"])), concerns.value), rng,
        ),
        _growing(
            profile.subform("family"), histories, family.child, family.at,
            _family_rows(population, names, histories, rng), rng,
        ),
        _growing(
            profile.subform("care_arrangements"), histories, care.child, care.at,
            _care_rows(population, histories, rng), rng,
        ),
        _growing(
            "services_section", histories, referrals.child, referrals.at, _service_rows(codes, referrals, rng), rng,
        ),
        _follow_ups(population, histories, rng),
    ]  # fmt: skip


def _growing(
    key: str, histories: Histories, child: Children, at: Moments, rows: pa.Array, rng: np.random.Generator
) -> FieldTrack:
    """A list to which rows are only added; `rows` in order of child and moment."""
    texts, _ = grow_lists(child, rows)
    is_version = np.append((np.diff(child) != 0) | (np.diff(at) != 0), True)[: len(child)]
    return _list_field(
        key, histories, Changes(child, at, np.arange(len(child), dtype=np.int32)), is_version, texts, rng
    )


def _list_field(
    key: str, histories: Histories, versions: Changes, kept: np.ndarray, texts: pa.Array, rng: np.random.Generator
) -> FieldTrack:
    size = len(histories.plan)
    initial = rng.choice(np.array([ABSENT, NULL, EMPTY_LIST], np.int32), size, p=[0.5, 0.1, 0.4])
    at_once = kept & (versions.at == histories.created_at[versions.child])
    initial[versions.child[at_once]] = versions.value[at_once]
    later = kept & ~at_once
    changes = Changes(versions.child[later], versions.at[later], versions.value[later])
    pieces = pa.concat_arrays([concat("[", texts, "]"), pool(())])
    return FieldTrack(key, make_track(histories.created_at, initial, changes), pieces)


def _row(rng: np.random.Generator, size: int, **pieces: pa.Array) -> pa.Array:
    """One JSON object a row with a new unique_id; `pieces` are JSON values by key."""
    parts: list[pa.Array | str] = ['{"unique_id":"', uuids(rng, size), '"']
    for key, piece in pieces.items():
        parts += [f',"{key}":', piece]
    return concat(*parts, "}")


def _family_rows(population: Population, names: Names, histories: Histories, rng: np.random.Generator) -> pa.Array:
    profile, codes, family = population.shape.profile, population.shape.codes, histories.family
    size = len(family.child)
    is_caregiver = family.caregiver >= 0
    number = np.where(is_caregiver, family.caregiver, 0).astype(np.int64)
    someone = adults(np.where(is_caregiver, number, (1 << 30) + rng.integers(0, 1 << 29, size)))
    is_man = ~np.isin(np.array(codes["relation"])[family.relation], population.shape.keys.women)
    name = concat(
        by_sex(names.first, someone.first, is_man), " ", by_sex(names.patronymic, someone.patronymic, is_man), " ",
        names.last.take(pa.array(someone.last)),
    )  # fmt: skip
    birth = np.where(is_caregiver | (rng.random(size) < 0.6), someone.birth, NULL)
    pieces = {
        profile.source("caregiver_name", "family"): concat('"', _written(name, rng), '"'),
        profile.source("relation", "family"): take(pool(quoted(codes["relation"])), family.relation),
        profile.source("is_caregiver", "family"): take(pool(("false", "true")), is_caregiver.astype(np.int64)),
        profile.source("caregiver_birth_date", "family"): days_text(birth),
        "relation_telephone": concat('"', telephones(names, rng, size), '"'),
        "relation_is_alive": take(pool(quoted(("alive", "unknown"))), (rng.random(size) < 0.1).astype(np.int64)),
    }
    return _row(rng, size, **pieces)


def _written(name: pa.Array, rng: np.random.Generator) -> pa.Array:
    """The same name as different people type it: capitals, a space too many."""
    style = rng.random(len(name))
    spaced = concat(" ", pc.replace_substring(name, " ", "  "))
    return pc.if_else(pa.array(style < 0.02), pc.utf8_upper(name), pc.if_else(pa.array(style > 0.985), spaced, name))


def _care_rows(population: Population, histories: Histories, rng: np.random.Generator) -> pa.Array:
    profile, care = population.shape.profile, histories.care
    began = np.where(rng.random(len(care)) < 0.04, NULL, histories.care_began)
    pieces = {
        profile.source("care_type", "care_arrangements"): take(
            pool(quoted(population.shape.codes["care_type"])), care.value
        ),
        profile.source("started_date", "care_arrangements"): days_text(began),
    }
    return _row(rng, len(care), **pieces)


def _sorted_referrals(histories: Histories) -> Changes:
    rows = histories.referrals
    order = np.lexsort((rows.at, rows.child))
    return Changes(rows.child[order], rows.at[order], rows.service[order])


def _service_rows(codes: Mapping[str, tuple[str, ...]], referrals: Changes, rng: np.random.Generator) -> pa.Array:
    service: Values = referrals.value
    return _row(
        rng,
        len(referrals),
        service_type=take(pool(quoted(codes["service"])), service),
        service_response_type=take(pool(quoted(("service_provision",))), np.zeros(len(service), np.int64)),
        service_status_referred=take(pool(("true",)), np.zeros(len(service), np.int64)),
    )


def _follow_ups(population: Population, histories: Histories, rng: np.random.Generator) -> FieldTrack:
    """The list of follow-ups: when the next one is planned the one before is complete, done or not."""
    profile, rows = population.shape.profile, histories.follow_ups
    size = len(rows.child)
    due = concat(
        '{"unique_id":"', uuids(rng, size), '","', profile.source("due_date", "follow_ups"), '":', days_text(rows.due)
    )
    kind = concat(',"followup_type":', take(pool(quoted(("for_service", "in_care", "for_assesment"))), rows.slot % 3))
    planned = concat(due, kind, "}")
    done = concat(due, ',"', profile.source("done_date", "follow_ups"), '":', days_text(rows.done), kind, "}")
    final = pc.if_else(pa.array(rows.done >= 0), done, planned)
    so_far, place = grow_lists(rows.child, final)
    before = so_far.take(pa.array(np.maximum(np.arange(size) - 1, 0)))
    on_planning = pc.if_else(pa.array(place == 0), planned, concat(before, ",", planned))
    is_last_done = (np.append(np.diff(rows.child) != 0, True)[:size]) & (rows.done >= 0)
    ended = np.flatnonzero(is_last_done)
    versions = Changes(
        np.concatenate([rows.child, rows.child[ended]]),
        np.concatenate([rows.planned_at, rows.done_at[ended]]),
        np.concatenate([np.arange(size), size + ended]).astype(np.int32),
    )
    texts = pa.concat_arrays([on_planning, so_far])
    key = profile.subform("follow_ups")
    return _list_field(key, histories, versions, np.ones(len(versions), bool), texts, rng)
