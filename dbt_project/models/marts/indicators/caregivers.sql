-- A person can be known in two areas and in two relations, so these cells do not add up; each is counted by itself.
with coordinated as ({{ coordinated_areas() }}),

caregivers as (
    select
        persons.caregiver_pseudonym,
        persons.relation,
        coordinated.area as county,
    from {{ ref('int_caregivers') }} as persons
    inner join coordinated on persons.county = coordinated.leaf
)

select
    case when grouping(county) = 1 then '_T' else county end as county,
    case when grouping(relation) = 1 then '_T' else relation end as relation,
    count(distinct caregiver_pseudonym) as caregivers,
from caregivers
group by grouping sets ((), (county), (relation))
