with care_arrangements as (select * from {{ source('snapshot', 'care_arrangements') }}),

care_types as (
    {{ codes('care_type') }}
)

select
    care_arrangements.case_pseudonym,
    care_arrangements.care_arrangement_pseudonym,
    care_arrangements.started_date,
    coalesce(care_types.concept, '_U') as care_type,
from care_arrangements
left join care_types on care_arrangements.care_type = care_types.code
