with case_states as (select * from {{ source('snapshot', 'case_states') }}),

-- Counties of residence and of the owner come as NUTS 3 codes already; the others are source codes.
concepts as (
    select dimension, code, concept from {{ source('snapshot', 'ref_codes') }}
    where dimension in ('care_status', 'risk', 'intention')
)

select
    case_states.case_pseudonym,
    case_states.field,
    case_states.since,
    case_states.entry_no,
    case
        when case_states.field in ('residence', 'owner_county') then coalesce(case_states.value, '_U')
        else coalesce(concepts.concept, '_U')
    end as value,
from case_states
left join concepts on case_states.field = concepts.dimension and case_states.value = concepts.code
