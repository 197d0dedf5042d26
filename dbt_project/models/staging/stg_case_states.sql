with case_states as (select * from {{ source('snapshot', 'case_states') }}),

-- Places come as areas already; the others are source codes.
concepts as (
    select
        fields.state,
        codes.code,
        codes.concept,
    from {{ source('snapshot', 'ref_codes') }} as codes
    inner join {{ source('snapshot', 'ref_fields') }} as fields on codes.dimension = fields.dimension
    where fields.state is not null
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
left join concepts on case_states.field = concepts.state and case_states.value = concepts.code
