-- One row a care arrangement of any received case; without a date it is kept, and says nothing about a day.
with read as (
    select
        subform.*,
        plausible_date(started_date) as started,
        date_fault(started_date, plausible_date(started_date)) as started_fault,
        run.known_at,
    from subform
    cross join run
)

select
    read.case_id,
    read.care_arrangement_id,
    coalesce(valid_code.code, '_U') as care_type,
    case when read.started <= read.known_at then read.started end as started_date,
    read.is_repeated,
    case when read.care_arrangement_id is null then 'care_arrangement_id' end as quarantined_field,
    case when read.care_arrangement_id is null then 'NO_ID' end as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    case when read.care_type is not null and valid_code.code is null then 'UNKNOWN_CODE' end as finding,
    lost_value(
        'started_date', coalesce(read.started_fault, case when read.started > read.known_at then 'FUTURE_DATE' end)
    ) as lost,
from read
left join loaded_case on read.case_id = loaded_case.case_id
left join valid_code
    on
        valid_code.column_name = 'care_type'
        and read.care_type = valid_code.source_code
        and greatest(loaded_case.registration_date, read.started) between valid_code.valid_from and valid_code.valid_to
