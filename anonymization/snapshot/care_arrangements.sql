-- One row a care arrangement of any received case.
with judged as (
    select
        subform.*,
        plausible_date(started_date) as started,
        case
            when care_arrangement_id is null then 'care_arrangement_id'
            when started_date is not null and started is null then 'started_date'
            when started > run.known_at then 'started_date'
        end as quarantined_field,
        coalesce(started > run.known_at, false) as is_future,
    from subform
    cross join run
)

select
    judged.case_id,
    judged.care_arrangement_id,
    coalesce(ref_codes.code, '_U') as care_type,
    judged.started as started_date,
    judged.quarantined_field,
    quarantine_reason_of(
        judged.quarantined_field, judged.care_arrangement_id is null, judged.is_future
    ) as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    case when judged.care_type is not null and ref_codes.code is null then 'UNKNOWN_CODE' end as finding,
from judged
left join loaded_case on judged.case_id = loaded_case.case_id
left join ref_codes on ref_codes.dimension = 'care_type' and judged.care_type = ref_codes.code
