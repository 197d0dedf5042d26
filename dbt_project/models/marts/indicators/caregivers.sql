-- A person can be known in two counties and in two relations, so these cells do not add up; each is counted by itself.
with caregivers as (select * from {{ ref('int_caregivers') }})

select
    case when grouping(county) = 1 then '_T' else county end as county,
    case when grouping(relation) = 1 then '_T' else relation end as relation,
    count(distinct caregiver_pseudonym) as caregivers,
from caregivers
group by grouping sets ((), (county), (relation))
