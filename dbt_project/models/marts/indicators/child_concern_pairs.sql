with pairs as (
    select
        concerns.concern,
        children.county,
        children.sex,
        children.age,
    from {{ ref('int_child_concerns') }} as concerns
    inner join {{ ref('int_children_as_of') }} as children on concerns.case_pseudonym = children.case_pseudonym
)

{{ base_cells(
    population='pairs',
    dimensions=['concern', 'county', 'sex', 'age'],
    measures={'pairs': 'count(*)'},
) }}
