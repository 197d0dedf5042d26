"""Gate 1: a case's history can be replayed, since every stock is rebuilt from it."""

from data_quality.rule import Rule, failing_rows

# One row a child: how many events are numbered 1, and how many of those open the case on its registration date.
OPENINGS = """(
    select
        c.case_pseudonym,
        count(e.event_no) as first_events,
        count(*) filter (where e.status = 'open' and e.event_date = c.registration_date) as openings
    from snapshot.cases as c
    left join snapshot.status_events as e
        on c.case_pseudonym = e.case_pseudonym and e.event_no = 1
    group by c.case_pseudonym
)"""

# Lists, since count(distinct) in millions of groups takes five times the memory.
EVENTS_BY_CHILD = """(
    select
        count(*) as events,
        list_unique(list(event_no)) as numbers,
        min(event_no) as first_no,
        max(event_no) as last_no,
        bool_and(
            coalesce(case when event_no % 2 = 1 then status = 'open' else status in ('closed', 'left') end, false)
        ) as is_alternating
    from snapshot.status_events
    group by case_pseudonym
)"""

FIELDS = "(select list(state order by state) from snapshot.ref_fields where state is not null)"

# One row a child, not a child and field: a field's entry is told by one number, field first.
STATES_BY_CHILD = f"""(
    select
        count(*) as entries,
        list_unique(list(field_no * 1000000 + entry_no)) as numbers,
        bit_count(bit_or(1::bigint << field_no)) as fields,
        count(*) filter (where entry_no = 0) as first_entries,
        min(entry_no) as first_no
    from (
        select case_pseudonym, entry_no, list_position({FIELDS}, field)::bigint as field_no
        from snapshot.case_states
    )
    group by case_pseudonym
)"""

SPELL_ENDS = """(
    select e.event_date, previous.event_date as previous_date
    from snapshot.status_events as e
    inner join snapshot.status_events as previous
        on e.case_pseudonym = previous.case_pseudonym and e.event_no = previous.event_no + 1
)"""

DATES = """(
    select event_date as happened_on from snapshot.status_events
    union all
    select since as happened_on from snapshot.case_states
    union all
    select since as happened_on from snapshot.case_concerns
    union all
    select done_date as happened_on from snapshot.follow_ups
    union all
    select referred_on as happened_on from snapshot.referrals
)"""

RULES = (
    Rule(
        "SNP-30",
        "a case opens once, on its registration date",
        "error",
        "status_events",
        "Event 1 of every child is 'open', dated as the registration. If not, open and closed cases cannot be "
        "counted: report a defect of the extraction.",
        failing_rows(OPENINGS, "first_events <> 1 or openings <> 1"),
    ),
    Rule(
        "SNP-31",
        "a case is opened, and closed or left, in turn",
        "error",
        "status_events",
        "Events are numbered 1, 2, 3 ... without gaps, odd ones open, and even ones closed or left. If not, a child "
        "would be counted open twice or never: report a defect of the extraction.",
        failing_rows(
            EVENTS_BY_CHILD,
            "not is_alternating or events <> numbers or first_no is distinct from 1 or last_no is distinct from events",
        ),
    ),
    Rule(
        "SNP-32",
        "only a closing has a closure reason",
        "error",
        "status_events",
        "Only a closing carries a closure reason. If it does, events were paired wrongly: report a defect of the "
        "extraction.",
        failing_rows("snapshot.status_events", "status <> 'closed' and closure_reason is not null"),
    ),
    Rule(
        "SNP-33",
        "a state has one first value, and its entries are numbered",
        "error",
        "case_states",
        "Entries of each state of a child start at 0, the value before any change, and no number comes twice. If not, "
        "the value on a day is not defined: report a defect of the extraction.",
        failing_rows(
            STATES_BY_CHILD,
            "fields is distinct from first_entries or numbers is distinct from entries or first_no is distinct from 0",
        ),
    ),
    Rule(
        "SNP-34",
        "a child has a concern once",
        "error",
        "case_concerns",
        "One row for each child and concern. Doubled rows would count a child twice under the concern: report a "
        "defect of the extraction.",
        """
        select count(*) - count(distinct (case_pseudonym, concern)) as failing, count(*) as total
        from snapshot.case_concerns
        """,
    ),
    Rule(
        "SNP-35",
        "a case does not close before it opened",
        "warning",
        "status_events",
        "Each event is dated no earlier than the one before. The case is counted by the order of its events; "
        "correct the closure date in the case store.",
        failing_rows(SPELL_ENDS, "event_date < previous_date"),
    ),
    Rule(
        "SNP-36",
        "nothing happened after the day it was known",
        "warning",
        "all tables",
        "A change, concern, follow-up or referral dated after known_at was typed ahead of time. It is not counted "
        "before its day; correct the date in the case store.",
        failing_rows(f"{DATES} cross join snapshot.ref_run", "happened_on > known_at"),
    ),
    Rule(
        "SNP-37",
        "a follow-up is due after registration",
        "warning",
        "follow_ups",
        "A follow-up due before the child was registered is measured from the registration, so it counts as late "
        "unless it was done at once. Correct its due date in the case store.",
        failing_rows(
            "snapshot.follow_ups inner join snapshot.cases using (case_pseudonym)", "due_date < registration_date"
        ),
    ),
)
