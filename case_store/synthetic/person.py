"""The rest of a document: who the child is, how the interview went, what the server stamps; nothing that changes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from case_store.synthetic.dirt import Broken, has_form
from case_store.synthetic.fragments import (
    IN_WORDS,
    Numbers,
    concat,
    days_text,
    iso_stamps,
    numbers_text,
    pool,
    quoted,
    take,
    uuids,
)
from case_store.synthetic.identities import Names, adults, by_sex, telephones
from case_store.synthetic.invented_texts import ACCOMMODATIONS, DESTINATIONS, LANGUAGES, NEEDS, NOTES
from case_store.synthetic.plan import Kind
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.times import Days, completed_years
from case_store.synthetic.tracked_fields import UNLISTED, group_agency
from case_store.synthetic.tracks import ABSENT, EMPTY_TEXT, NULL

Pieces = dict[str, pa.Array]


@dataclass(frozen=True)
class _Draw:
    """A chunk's generator and size, for short lines below."""

    rng: np.random.Generator
    size: int

    def among(self, texts: tuple[str, ...], *, missing: float = 0.0) -> pa.Array:
        """One of these JSON values, or no key at all."""
        number = self.rng.integers(0, len(texts), self.size)
        return take(pool(texts), np.where(self.rng.random(self.size) < missing, ABSENT, number))

    def yes(self, share: float) -> pa.Array:
        """A yes or no as a boolean for some workers, as a text for others."""
        number = np.where(self.rng.random(self.size) < share, 0, 1) + 2 * (self.rng.random(self.size) < 0.5)
        return take(pool(("true", "false", '"true"', '"false"')), number)


def person_fragments(population: Population, names: Names, histories: Histories, rng: np.random.Generator) -> Pieces:
    """JSON pieces by key, one place a child; null where the key is absent."""
    draw = _Draw(rng, len(histories.plan))
    return {
        **_marks(population, histories, draw),
        **_names(names, histories, draw),
        **_personal(population, histories, draw),
        **_interview(population, draw),
        **_journey(population, histories, names, draw),
        **_needs(draw),
        **_stamps(population, histories),
    }


def _marks(population: Population, histories: Histories, draw: _Draw) -> Pieces:
    plan = histories.plan
    long_id = uuids(draw.rng, draw.size)
    short = pa.compute.utf8_slice_codeunits(long_id, 29)
    module = take(
        pool(quoted((population.shape.profile.module_id, "primeromodule-gbv"))), (plan.kind == Kind.OTHER_MODULE) * 1
    )
    return {
        population.shape.profile.source("is_synthetic"): draw.among(("true",)),
        population.shape.profile.source("module"): module,
        "case_id": concat('"', long_id, '"'),
        "unique_identifier": concat('"', long_id, '"'),
        "short_id": concat('"', short, '"'),
        "case_id_display": concat('"RO-', short, '"'),
        population.shape.profile.source("registration_date"): days_text(_registered(histories)),
    }


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


def _names(names: Names, histories: Histories, draw: _Draw) -> Pieces:
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


def _personal(population: Population, histories: Histories, draw: _Draw) -> Pieces:
    rng, size = draw.rng, draw.size
    lacks_birth = np.isin(np.arange(size), _ever_without_birth(histories))
    estimated = lacks_birth | (histories.tracks["birth_date"].current % 365 == 0)
    identity = concat(
        '"',
        take(pool(("FA", "FB", "EH", "GA")), rng.integers(0, 4, size)),
        numbers_text(rng.integers(100_000, 999_999, size)),
        '"',
    )
    unhcr = concat('"ROU-', numbers_text(rng.integers(10_000_000, 99_999_999, size)), '"')
    nobody = pa.scalar(None, pa.string())
    return {
        population.shape.profile.source("is_age_estimated"): take(pool(("false", "true")), estimated * 1),
        "country_of_origin": draw.among(quoted_tuple("ukraine"), missing=0.05),
        "language": draw.among(LANGUAGES, missing=0.03),
        "national_id_no": pa.compute.if_else(pa.array(rng.random(size) < 0.7), identity, nobody),
        "unhcr_individual_no": pa.compute.if_else(pa.array(rng.random(size) < 0.15), unhcr, nobody),
        "displacement_status": draw.among(quoted_tuple("refugee", "refugee", "refugee", "asylum_seeker"), missing=0.08),
    }


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


def _interview(population: Population, draw: _Draw) -> Pieces:
    return {
        "interview_subject": draw.among(quoted_tuple("caregiver", "caregiver", "caregiver", "individual", "other")),
        "consent_for_services": draw.among(("true",)),
        population.shape.profile.source("consent_reporting"): draw.yes(0.98),
        "disclosure_other_orgs": draw.yes(0.7),
        "urgent_protection_concern": draw.yes(0.02),
        "school_enrolled_c90a7f6": draw.yes(0.6),
        "health_insurance_47b1d3e": draw.yes(0.75),
    }


def _journey(population: Population, histories: Histories, names: Names, draw: _Draw) -> Pieces:
    rng, size, plan = draw.rng, draw.size, histories.plan
    codes = population.shape.codes["entry_point"]
    entry = population.shape.draw(rng, "entry_point", size)
    entry = np.where(rng.random(size) < 0.0005, len(codes), entry)
    entry = np.where((entry < 0) & (rng.random(size) < 0.3), EMPTY_TEXT, entry)
    arrived = np.where(rng.random(size) < 0.05, NULL, plan.registered - rng.geometric(0.02, size))
    address = concat(
        '"',
        names.street.take(pa.array(rng.integers(0, len(names.street), size))),
        " nr. ",
        numbers_text(rng.integers(1, 200, size)),
        '"',
    )
    return {
        population.shape.profile.source("entry_point"): take(pool(quoted((*codes, UNLISTED))), entry),
        "arrival_date_61c7e0d": days_text(np.where(arrived == NULL, ABSENT, arrived)),
        "destination_country_0b8d4a5": draw.among(DESTINATIONS, missing=0.8),
        "address_current": address,
        "telephone_current": concat('"', telephones(rng, size), '"'),
        "location_last": take(pool(quoted(names.town.to_pylist())), rng.integers(0, len(names.town), size)),
        "type_of_accommodation_5f3c2d8": draw.among(ACCOMMODATIONS, missing=0.1),
        "siblings_travelling_2d96f4e": draw.among(("0", "0", "1", "1", "2", "3"), missing=0.1),
    }


def _needs(draw: _Draw) -> Pieces:
    note = concat(
        '[{"unique_id":"',
        uuids(draw.rng, draw.size),
        '","note_subject":"',
        draw.among(("Interviu", "Vizită", "Telefon")),
        '","note_text":"',
        draw.among(NOTES),
        " ",
        draw.among(NOTES),
        '"}]',
    )
    return {
        "disability_type": draw.among(quoted_tuple("mental_disability", "physical_disability", "both"), missing=0.96),
        "needs_identified_a83e5c0": concat('"', draw.among(NEEDS), " ", draw.among(NEEDS), '"'),
        "protection_concerns_other": draw.among(('""',), missing=0.8),
        "notes_section": note,
    }


def _stamps(population: Population, histories: Histories) -> Pieces:
    staff, groups = population.staff, population.places.groups
    author = histories.tracks["owner"].initial
    agencies = pool(quoted(group_agency(group) for group in groups))
    return {
        population.shape.profile.source("created_at"): iso_stamps(histories.created_at),
        population.shape.profile.source("posted_at"): iso_stamps(histories.posted_at),
        population.shape.profile.source("registered_by"): take(pool(quoted(staff.user_names)), author),
        "created_by_full_name": take(pool(quoted(staff.full_names)), author),
        "created_organization": take(agencies, staff.user_group[author]),
        "last_updated_by": take(pool(quoted(staff.user_names)), author),
    }


def quoted_tuple(*texts: str) -> tuple[str, ...]:
    """Texts as JSON strings."""
    return tuple(quoted(texts))
