"""Gate 1: each child stands in the snapshot once, under a pseudonym, with sound dates and ages."""

from data_quality.rule import Rule, failing_rows

PSEUDONYM = "'[0-9a-f]{32,64}'"

IDS_BESIDE_THE_CASE = """(
    select registered_by_pseudonym as id from snapshot.cases
    union all
    select follow_up_pseudonym as id from snapshot.follow_ups
    union all
    select care_arrangement_pseudonym as id from snapshot.care_arrangements
    union all
    select caregiver_pseudonym as id from snapshot.caregivers
    union all
    select referral_pseudonym as id from snapshot.referrals
)"""

AGES_AT_EVENTS = """(
    select age from snapshot.status_events
    union all
    select age from snapshot.follow_ups
    union all
    select age from snapshot.referrals
)"""

RULES = (
    Rule(
        "SNP-10",
        "a case is known by its pseudonym only",
        "error",
        "cases",
        "Every case carries a keyed pseudonym, in hexadecimal. Anything else may be an id from the case store: "
        "delete the snapshot and report it as a defect of the pseudonymisation.",
        failing_rows("snapshot.cases", f"regexp_full_match(case_pseudonym, {PSEUDONYM}) is not true"),
    ),
    Rule(
        "SNP-11",
        "no other id stands in the clear",
        "error",
        "all tables",
        "Ids of users, follow-ups, care arrangements, caregivers and referrals are pseudonyms or absent. Anything else "
        "may identify somebody: delete the snapshot and report it as a defect of the pseudonymisation.",
        failing_rows(IDS_BESIDE_THE_CASE, f"regexp_full_match(id, {PSEUDONYM}) is false"),
    ),
    Rule(
        "SNP-12",
        "a child stands in the snapshot once",
        "error",
        "cases",
        "Two rows with one pseudonym would count a child twice. Mark the duplicate in the case store, or report "
        "a defect of the extraction if it is marked already.",
        "select count(*) - count(distinct case_pseudonym) as failing, count(*) as total from snapshot.cases",
    ),
    Rule(
        "SNP-13",
        "registration lies between the launch and the reference day",
        "error",
        "cases",
        "A child registered before the launch or after the reference day belongs to no period of these statistics. "
        "Correct the registration date in the case store, or launch_date in the profile.",
        failing_rows(
            "snapshot.cases cross join snapshot.ref_run",
            "(registration_date between launch_date and as_of) is not true",
        ),
    ),
    Rule(
        "SNP-14",
        "nobody was an adult at registration",
        "error",
        "cases",
        "Persons of 18 or over at registration are excluded as NOT_A_CHILD before this gate. One who is still here "
        "is a defect of the extraction: report it.",
        failing_rows("snapshot.cases", "age_at_registration > 17"),
    ),
    Rule(
        "SNP-15",
        "no child is registered before birth",
        "error",
        "cases",
        "Cases with a registration before birth are quarantined before this gate. A negative age that is still here "
        "is a defect of the extraction: report it.",
        failing_rows("snapshot.cases", "least(age_at_registration, age_as_of) < 0"),
    ),
    Rule(
        "SNP-16",
        "nobody grows younger",
        "error",
        "cases",
        "The age on the reference day is at least the age at registration. If not, the ages were computed for "
        "another day: make the snapshot again.",
        failing_rows("snapshot.cases", "age_as_of < age_at_registration"),
    ),
    Rule(
        "SNP-17",
        "year and month of birth go together",
        "error",
        "cases",
        "Both are known or neither is, and the month is 1 to 12. If not, report a defect of the extraction.",
        failing_rows(
            "snapshot.cases",
            "(birth_year is null) <> (birth_month is null) or birth_month not between 1 and 12",
        ),
    ),
    Rule(
        "SNP-18",
        "nothing happens to a child before birth",
        "warning",
        "all tables",
        "A closing, follow-up or referral is dated before the child's birth. Correct the birth date or the event's "
        "date in the case store.",
        failing_rows(AGES_AT_EVENTS, "age < 0"),
    ),
)
