-- One row a follow-up row of any received case. It is counted by the day it is due, so that day must be one.
with read as (
    select
        subform.*,
        plausible_date(due_date) as due,
        plausible_date(done_date) as done,
        date_fault(due_date, plausible_date(due_date)) as due_fault,
        date_fault(done_date, plausible_date(done_date)) as done_fault,
        run.known_at,
    from subform
    cross join run
)

select
    read.case_id,
    read.follow_up_id,
    read.due as due_date,
    case when read.done <= read.known_at then read.done end as done_date,
    read.is_repeated,
    case
        when read.is_repeated then null
        when read.follow_up_id is null then 'follow_up_id'
        when read.due_fault is not null then 'due_date'
    end as quarantined_field,
    case
        when read.is_repeated then null
        when read.follow_up_id is null then 'NO_ID'
        else read.due_fault
    end as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    age_on(
        loaded_case.birth_date, loaded_case.age_as_entered, loaded_case.registration_date, read.due
    ) as age,
    age_at_month_end_before(
        loaded_case.birth_date, loaded_case.age_as_entered, loaded_case.registration_date, read.due
    ) as age_at_month_end,
    lost_value(
        'done_date', coalesce(read.done_fault, case when read.done > read.known_at then 'FUTURE_DATE' end)
    ) as lost,
from read
left join loaded_case on read.case_id = loaded_case.case_id
