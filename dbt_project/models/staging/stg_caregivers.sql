with caregivers as (select * from {{ source('snapshot', 'caregivers') }}),

relations as (
    {{ codes('relation') }}
)

select
    caregivers.case_pseudonym,
    caregivers.caregiver_pseudonym,
    coalesce(relations.concept, '_U') as relation,
from caregivers
left join relations on caregivers.relation = relations.code
