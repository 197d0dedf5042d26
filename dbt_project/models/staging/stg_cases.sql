with cases as (select * from {{ source('snapshot', 'cases') }}),

concepts as (
    select
        fields.attribute,
        codes.code,
        codes.concept,
    from {{ source('snapshot', 'ref_codes') }} as codes
    inner join {{ source('snapshot', 'ref_fields') }} as fields on codes.dimension = fields.dimension
    where fields.section = 'case' and fields.attribute is not null
)

select
    cases.case_pseudonym,
    cases.registration_date,
    cases.age_at_registration,
    cases.age_as_of,
    cases.is_age_estimated,
    {{ fixed_concepts('cases', 'concepts') }}
from cases
{{ joined_concepts('cases', 'concepts') }}
