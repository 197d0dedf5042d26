-- One row an opening, closing or reopening of a loaded child's case, in the order in which they were recorded.
with recorded as (
    select
        change.case_id,
        change.status['to'] as status,
        change.changed_at,
        change.entry_id,
        local_date(change.changed_at) as recorded_date,
        case when change.closure_date is not null then plausible_date(change.closure_date['to']) end as stated_date,
        case when change.closure_reason is not null then change.closure_reason['to'] end as closure_reason,
    from change
    where
        change.changed_at < (select known_until from run)
        and change.status['to'] in ('open', 'closed')
),

last_recorded as (
    select
        case_id,
        arg_max(status, struct_pack(t := changed_at, i := entry_id)) as status,
    from recorded
    group by case_id
),

events as (
    select
        case_id,
        'open' as status,
        registration_date as event_date,
        null::varchar as closure_reason,
        null::timestamp as changed_at,
        null::bigint as entry_id,
    from loaded_case
    union all by name
    select
        recorded.case_id,
        recorded.status,
        case
            when recorded.status = 'closed' then coalesce(recorded.stated_date, recorded.recorded_date)
            else recorded.recorded_date
        end as event_date,
        case
            when recorded.status = 'closed' then coalesce(recorded.closure_reason, loaded_case.closure_reason)
        end as closure_reason,
        recorded.changed_at,
        recorded.entry_id,
    from recorded
    inner join loaded_case on recorded.case_id = loaded_case.case_id
    union all by name
    -- closed by a script that left no history: the stated closure date is all there is
    select
        loaded_case.case_id,
        'closed' as status,
        coalesce(loaded_case.closure_date, loaded_case.registration_date) as event_date,
        loaded_case.closure_reason,
        'infinity'::timestamp as changed_at,
        null::bigint as entry_id,
    from loaded_case
    left join last_recorded on loaded_case.case_id = last_recorded.case_id
    where loaded_case.status = 'closed' and coalesce(last_recorded.status, 'open') = 'open'
),

-- a case that is closed again while closed, by way of another status, was closed once
turns as (
    select * from events
    qualify status is distinct from lag(status) over (partition by case_id order by changed_at nulls first, entry_id)
)

select
    turns.case_id,
    cast(
        row_number() over (partition by turns.case_id order by changed_at nulls first, entry_id) as integer
    ) as event_no,
    turns.status,
    turns.event_date,
    turns.closure_reason as source_code,
    case when turns.status = 'closed' then coalesce(ref_codes.code, '_U') end as closure_reason,
    age_on(birth_date, age_as_entered, registration_date, event_date) as age,
    case
        when turns.closure_reason is not null and ref_codes.code is null then 'UNKNOWN_CODE'
    end as finding,
from turns
inner join loaded_case on turns.case_id = loaded_case.case_id
left join ref_codes on ref_codes.dimension = 'closure_reason' and turns.closure_reason = ref_codes.code
