"""Rows of the transitions table: referrals, and the handing over of cases between users and authorities."""

import numpy as np
import pyarrow as pa

from case_store.synthetic.fragments import Numbers, pool, stamps, take, uuids
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.times import Moments

STATUSES = ("in_progress", "accepted", "rejected")
_REFERRAL, _ASSIGN, _TRANSFER = 0, 1, 2


def transition_rows(population: Population, histories: Histories, ids: pa.Array, rng: np.random.Generator) -> pa.Table:
    """One row a transition, as text columns."""
    referrals, handed = histories.referrals, histories.owner_changes
    staff, notes = population.staff, population.shape.keys.invented.notes
    by_referral = histories.tracks["owner"].initial[referrals.child]
    by_hand = histories.tracks["owner"].initial[handed.child]
    kind = np.where(staff.user_group[by_hand] == staff.user_group[handed.value], _ASSIGN, _TRANSFER)
    sender = np.concatenate([by_referral, by_hand])
    receiver = np.concatenate([staff.draw_user(rng, staff.user_group[by_referral]), handed.value])
    answered = np.concatenate([referrals.responded_at, np.where(kind == _TRANSFER, handed.at + 7_200, -1)])
    child, at = np.concatenate([referrals.child, handed.child]), np.concatenate([referrals.at, handed.at])
    size = len(child)
    types = np.concatenate([np.full(len(by_referral), _REFERRAL), kind])
    status = np.concatenate([referrals.status, np.where(kind == _TRANSFER, 1, 0)])
    service = np.concatenate([referrals.service, np.full(len(by_hand), -1)])
    return pa.table(
        {
            "id": uuids(rng, size),
            "type": take(pool(("Referral", "Assign", "Transfer")), types),
            "record_type": take(pool(("Child",)), np.zeros(size, np.int64)),
            "record_id": ids.take(pa.array(child)),
            "status": take(pool(STATUSES), status),
            "service": take(pool(population.shape.codes["service"]), service),
            **_people(population, sender, receiver),
            "notes": take(pool(notes), np.where(rng.random(size) < 0.3, rng.integers(0, len(notes), size), -1)),
            **_times(at, answered),
        }
    )


def _people(population: Population, sender: Numbers, receiver: Numbers) -> dict[str, pa.Array]:
    staff = population.staff
    users, groups = pool(staff.user_names), population.places.groups
    agencies, listed = pool(population.places.agencies), pool(f"{{{group}}}" for group in groups)
    return {
        "transitioned_by": take(users, sender),
        "transitioned_by_user_agency": take(agencies, staff.user_group[sender]),
        "transitioned_by_user_groups": take(listed, staff.user_group[sender]),
        "transitioned_to": take(users, receiver),
        "transitioned_to_user_agency": take(agencies, staff.user_group[receiver]),
        "transitioned_to_user_groups": take(listed, staff.user_group[receiver]),
        "transitioned_to_agency": take(agencies, staff.user_group[receiver]),
    }


def _times(made: Moments, answered: Moments) -> dict[str, pa.Array]:
    return {"created_at": stamps(made, " ", ""), "responded_at": stamps(answered, " ", "")}
