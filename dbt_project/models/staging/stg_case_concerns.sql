with case_concerns as (select * from {{ source('snapshot', 'case_concerns') }}),

concerns as (
    {{ codes('concerns') }}
)

select
    case_concerns.case_pseudonym,
    case_concerns.since,
    coalesce(concerns.concept, '_U') as concern,
from case_concerns
left join concerns on case_concerns.concern = concerns.code
