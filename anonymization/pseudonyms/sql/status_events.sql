-- One row an opening, closing, leaving or reopening of a loaded child's case, in the order in which they were recorded.
-- A status that nobody reviewed counts as the policy says; one that is neither open, closed nor left is no turn.
with recorded as (
    select
        change.*,
        local_date(change.changed_at) as recorded_date,
        loaded_case.registration_date,
        greatest(loaded_case.registration_date, local_date(change.changed_at)) as entered_on,
    from change
    inner join loaded_case on change.case_id = loaded_case.case_id
    where change.status is not null and change.changed_at < (select known_until from run)
),

-- of old statuses only that of the first entry is looked at, which was there from the registration on
entries as (
    select
        recorded.case_id,
        status_word(recorded.status['from'], old_meaning.meaning) as old_status,
        status_word(recorded.status['to'], new_meaning.meaning) as new_status,
        recorded.changed_at,
        recorded.entry_id,
        recorded.recorded_date,
        case when recorded.closure_date is not null then plausible_date(recorded.closure_date['to']) end as stated_date,
        case when recorded.closure_reason is not null then recorded.closure_reason['to'] end as closure_reason,
    from recorded
    left join status_meaning as old_meaning
        on
            recorded.status['from'] = old_meaning.source_code
            and recorded.registration_date between old_meaning.valid_from and old_meaning.valid_to
    left join status_meaning as new_meaning
        on
            recorded.status['to'] = new_meaning.source_code
            and recorded.entered_on between new_meaning.valid_from and new_meaning.valid_to
),

-- Every status a case was seen in. What the first entry starts from, and what the document says in the end, tell of a
-- case that was entered closed or changed by a script, so without history: such a turn has no day of its own.
seen as (
    select
        case_id,
        'open' as status,
        null::timestamp as changed_at,
        null::bigint as entry_id,
        0 as side,
        registration_date as own_date,
        null::date as latest_date,
        null::varchar as closure_reason,
    from loaded_case
    union all
    select
        case_id,
        old_status,
        changed_at,
        entry_id,
        0,
        null,
        recorded_date,
        null,
    from entries
    qualify row_number() over (partition by case_id order by changed_at, entry_id) = 1
    union all
    select
        case_id,
        new_status,
        changed_at,
        entry_id,
        1,
        case when new_status = 'closed' then coalesce(stated_date, recorded_date) else recorded_date end,
        null,
        closure_reason,
    from entries
    union all
    select
        case_id,
        coalesce(status_meaning, (select unknown_status from run)),
        'infinity'::timestamp,
        null,
        1,
        null,
        null,
        null,
    from loaded_case
),

-- a case that is closed again while closed, by way of another status, was closed once; and what had left cannot close
turns as (
    select seen.* from seen
    where seen.status in ('open', 'closed', 'left')
    qualify
        (status = 'open')
        is distinct from lag(status = 'open') over (partition by case_id order by changed_at nulls first, entry_id, side)
),

events as (
    select
        loaded_case.case_id,
        cast(
            row_number() over (partition by turns.case_id order by changed_at nulls first, entry_id, side) as integer
        ) as event_no,
        turns.status,
        coalesce(
            turns.own_date,
            least(
                turns.latest_date,
                greatest(
                    case when turns.status = 'closed' then loaded_case.closure_date end,
                    max(turns.own_date) over (
                        partition by turns.case_id order by changed_at nulls first, entry_id, side
                        rows between unbounded preceding and 1 preceding
                    )
                )
            )
        ) as event_date,
        case when turns.status = 'closed' then coalesce(turns.closure_reason, loaded_case.closure_reason) end as reason,
        loaded_case.birth_date,
        loaded_case.age_as_entered,
        loaded_case.registration_date,
    from turns
    inner join loaded_case on turns.case_id = loaded_case.case_id
)

select
    events.case_id,
    events.event_no,
    events.status,
    events.event_date,
    events.reason as source_code,
    case when events.status = 'closed' then coalesce(valid_code.code, '_U') end as closure_reason,
    age_on(birth_date, age_as_entered, registration_date, event_date) as age,
    age_at_month_end_before(birth_date, age_as_entered, registration_date, event_date) as age_at_month_end,
    case when events.reason is not null and valid_code.code is null then 'UNKNOWN_CODE' end as finding,
from events
left join valid_code
    on
        valid_code.column_name = 'closure_reason'
        and events.reason = valid_code.source_code
        and greatest(events.registration_date, events.event_date) between valid_code.valid_from and valid_code.valid_to
