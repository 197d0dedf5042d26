"""The rest of a document: who the child is, how the interview went, what the server stamps; nothing that changes."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from case_store.profile import Profile
from case_store.synthetic.answers import Draw, Pieces, answered
from case_store.synthetic.dirt import Broken, has_form
from case_store.synthetic.fragments import (
    IN_WORDS,
    Numbers,
    concat,
    days_text,
    iso_stamps,
    pool,
    quoted,
    take,
    uuids,
)
from case_store.synthetic.identities import Names, adults, by_sex
from case_store.synthetic.plan import Kind, Plan
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.times import Days, completed_years
from case_store.synthetic.tracked_fields import stamped
from case_store.synthetic.tracks import ABSENT

OTHER_MODULES = ("primeromodule-gbv", "primeromodule-mrm", "primeromodule-cp")  # Primero's own


def person_fragments(population: Population, names: Names, histories: Histories, rng: np.random.Generator) -> Pieces:
    """JSON pieces by key, one place a child; null where the key is absent."""
    draw = Draw(rng, population.shape, names, histories.plan)
    answers = population.shape.keys.answers
    return {
        **_marks(population, histories, draw),
        **_names(names, histories, draw),
        **_estimated(population, histories),
        **answered(answers.personal, draw),
        **answered(answers.interview, draw),
        **answered(answers.journey, draw),
        **answered(answers.needs, draw),
        **_stamps(population, histories),
    }


def _marks(population: Population, histories: Histories, draw: Draw) -> Pieces:
    plan = histories.plan
    long_id = uuids(draw.rng, draw.size)
    short = pa.compute.utf8_slice_codeunits(long_id, 29)
    profile = population.shape.profile
    return {
        profile.source("is_synthetic"): draw.among(("true",)),
        profile.source("module"): _modules(profile, plan),
        "case_id": concat('"', long_id, '"'),
        "unique_identifier": concat('"', long_id, '"'),
        "short_id": concat('"', short, '"'),
        "case_id_display": concat(f'"{profile.country}-', short, '"'),
        profile.source("registration_date"): days_text(_registered(histories)),
    }


def _modules(profile: Profile, plan: Plan) -> pa.Array:
    """One of the profile's modules, the first most often; of a record of another module, one that is not counted."""
    other = next(module for module in OTHER_MODULES if module not in profile.modules)
    number = np.where(plan.birth % 3 == 0, plan.birth // 3 % len(profile.modules), 0)
    return take(
        pool(quoted((*profile.modules, other))), np.where(plan.kind == Kind.OTHER_MODULE, len(profile.modules), number)
    )


def _registered(histories: Histories) -> Days:
    plan = histories.plan
    absent = has_form(plan, Kind.BROKEN, Broken.NO_REGISTRATION_DATE)
    in_words = (plan.kind == Kind.BROKEN) & ~absent
    return np.select([absent, in_words], [ABSENT, IN_WORDS], plan.registered).astype(np.int32)


def namesakes(histories: Histories, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """For each record the place of the child it is about: its own, or for a duplicate another one's."""
    place = np.arange(len(histories.plan))
    counted = np.flatnonzero(histories.plan.kind == Kind.COUNTED)
    copies = np.flatnonzero(histories.plan.kind == Kind.DUPLICATE)
    if len(counted):
        place[copies] = rng.choice(counted, len(copies))
    return place


def _names(names: Names, histories: Histories, draw: Draw) -> Pieces:
    same = namesakes(histories, np.random.default_rng(histories.number))
    number = np.where(histories.plan.caregiver >= 0, histories.plan.caregiver, (1 << 30) + np.arange(draw.size))
    parent = adults(number)
    first = draw.rng.integers(0, len(names.first[0]), draw.size)[same]
    is_boy = (histories.plan.sex != 1)[same]
    first_name = by_sex(names.first, first, is_boy)
    middle = by_sex(names.patronymic, parent.patronymic[same], is_boy)
    last = names.last.take(pa.array(parent.last[same]))
    rare = np.where(draw.rng.random(draw.size) < 0.06, first, ABSENT)
    return {
        "name": concat('"', first_name, " ", middle, " ", last, '"'),
        "name_first": concat('"', first_name, '"'),
        "name_middle": concat('"', middle, '"'),
        "name_last": concat('"', last, '"'),
        "name_nickname": take(pool(quoted(names.first[0].to_pylist())), rare),
        "hidden_name": draw.among(("false",)),
    }


def _estimated(population: Population, histories: Histories) -> Pieces:
    lacks_birth = np.isin(np.arange(len(histories.plan)), _ever_without_birth(histories))
    estimated = lacks_birth | (histories.tracks["birth_date"].current % 365 == 0)
    if not population.shape.asks("is_age_estimated"):
        return {}
    return {population.shape.profile.source("is_age_estimated"): take(pool(("false", "true")), estimated * 1)}


def _ever_without_birth(histories: Histories) -> Numbers:
    track = histories.tracks["birth_date"]
    return track.child[track.value < 0]


def ages_now(population: Population, histories: Histories) -> tuple[pa.Array, pa.Array]:
    """The age in the create entry, and in the document today: a nightly job rewrites it, leaving no entry."""
    plan, entered = histories.plan, histories.age_as_entered
    end = np.full(len(plan), population.shape.store_end, np.int32)
    today = completed_years(np.maximum(histories.tracks["birth_date"].current, 0), end)
    frozen = np.isin(np.arange(len(plan)), _ever_without_birth(histories)) | (plan.kind >= Kind.BROKEN) | (entered < 0)
    in_words = has_form(plan, Kind.BROKEN, Broken.AGE_IN_WORDS)
    as_text = (plan.registered % 97 == 0) * 200  # old records hold numbers as text
    pieces = pool([*(str(age) for age in range(200)), *quoted(str(age) for age in range(200))])
    now = np.where(frozen, entered, np.clip(today, 0, 199))
    return tuple(
        take(pieces, np.where(in_words, IN_WORDS, np.where(ages < 0, ABSENT, ages + as_text)))
        for ages in (entered, now)
    )


def _stamps(population: Population, histories: Histories) -> Pieces:
    staff = population.staff
    author = histories.tracks["owner"].initial
    agencies = pool(quoted(population.places.agencies))
    return {
        population.shape.profile.source("created_at"): iso_stamps(histories.created_at),
        population.shape.profile.source("posted_at"): iso_stamps(histories.posted_at),
        stamped(population.shape, "registered_by"): take(pool(quoted(staff.user_names)), author),
        "created_by_full_name": take(pool(quoted(staff.full_names)), author),
        "created_organization": take(agencies, staff.user_group[author]),
        "last_updated_by": take(pool(quoted(staff.user_names)), author),
    }
