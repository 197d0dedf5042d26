-- One row a follow-up row of any received case.
with judged as (
    select
        subform.*,
        plausible_date(due_date) as due,
        plausible_date(done_date) as done,
        case
            when follow_up_id is null then 'follow_up_id'
            when due_date is not null and due is null then 'due_date'
            when done_date is not null and done is null then 'done_date'
            when done > run.known_at then 'done_date'
        end as quarantined_field,
        coalesce(done > run.known_at, false) as is_future,
    from subform
    cross join run
)

select
    judged.case_id,
    judged.follow_up_id,
    judged.due as due_date,
    judged.done as done_date,
    judged.quarantined_field,
    quarantine_reason_of(judged.quarantined_field, judged.follow_up_id is null, judged.is_future) as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    age_on(
        loaded_case.birth_date, loaded_case.age_as_entered, loaded_case.registration_date, judged.due
    ) as age,
    age_at_month_end_before(
        loaded_case.birth_date, loaded_case.age_as_entered, loaded_case.registration_date, judged.due
    ) as age_at_month_end,
from judged
left join loaded_case on judged.case_id = loaded_case.case_id
