-- A caregiver without a name has a pseudonym of the row, so counts as one person; nobody counts without a pseudonym.
select distinct
    caregivers.caregiver_pseudonym,
    caregivers.relation,
    children.county,
from {{ ref('stg_caregivers') }} as caregivers
inner join {{ ref('int_children_as_of') }} as children on caregivers.case_pseudonym = children.case_pseudonym
where caregivers.caregiver_pseudonym is not null
