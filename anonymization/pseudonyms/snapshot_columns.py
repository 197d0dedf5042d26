"""Which columns the snapshot's tables have, and what the policy may say of each: the line is made for nothing else."""

from collections.abc import Iterator, Mapping

from anonymization.pseudonyms.policy_treatment import Treatment

KEPT = (Treatment(keep=True),)
LISTED = (Treatment(generalise="listed_code"),)
PLACE = (Treatment(generalise="county_or_listed_code"),)
MONTH = (Treatment(generalise="month"),)
AGE = (Treatment(generalise="month_end"), Treatment(keep=True))


def _id_of(kind: str) -> tuple[Treatment]:
    return (Treatment(pseudonymise=kind),)


CASE = {"case_id": _id_of("case")}
COLUMNS: Mapping[str, Mapping[str, tuple[Treatment, ...]]] = {
    "cases": {
        **CASE,
        "registration_date": KEPT,
        "codes": LISTED,
        "birth_date": MONTH,
        "age_at_registration": KEPT,
        "age_as_of": AGE,
        "is_age_estimated": KEPT,
        "registered_by": _id_of("user"),
    },
    "case_states": {**CASE, "field": KEPT, "value": PLACE, "since": KEPT, "entry_no": KEPT},
    "status_events": {
        **CASE,
        "event_no": KEPT,
        "status": KEPT,
        "event_date": KEPT,
        "closure_reason": LISTED,
        "age": KEPT,
    },
    "case_concerns": {**CASE, "concern": LISTED, "since": KEPT},
    "follow_ups": {**CASE, "follow_up_id": _id_of("follow_up"), "due_date": KEPT, "done_date": KEPT, "age": AGE},
    "care_arrangements": {
        **CASE,
        "care_arrangement_id": _id_of("care_arrangement"),
        "care_type": LISTED,
        "started_date": KEPT,
    },
    "caregivers": {**CASE, "caregiver": _id_of("caregiver"), "relation": LISTED},
    "referrals": {
        **CASE,
        "referral_id": _id_of("transition"),
        "service": LISTED,
        "status": KEPT,
        "referred_on": KEPT,
        "age": AGE,
    },
}


def faults(said: Mapping[str, Mapping[str, Treatment]]) -> Iterator[str]:
    """What is wrong with the policy's `snapshot`, in sentences: table -> column -> treatment."""
    yield from _names("snapshot", said, COLUMNS, "table")
    for table in [name for name in COLUMNS if name in said]:
        yield from _names(f"snapshot.{table}", said[table], COLUMNS[table], "column")
        for column, allowed in COLUMNS[table].items():
            if said[table].get(column, allowed[0]) not in allowed:
                words = " or ".join(one.words for one in allowed)
                yield f"snapshot.{table}.{column} must be {words}, which is all that this column is made for"


def _names(key: str, said: Mapping[str, object], known: Mapping[str, object], what: str) -> Iterator[str]:
    for name in said:
        if name not in known:
            yield f"{key}.{name} is not a {what} of the snapshot; known: {', '.join(known)}"
    for name in known:
        if name not in said:
            yield f"{key}.{name} is missing, and nothing can be built without that {what}"
