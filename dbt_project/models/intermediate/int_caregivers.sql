-- A caregiver without a pseudonym (neither name nor birth date) cannot be told from another and is not counted.
select distinct
    caregivers.caregiver_pseudonym,
    caregivers.relation,
    children.county,
from {{ ref('stg_caregivers') }} as caregivers
inner join {{ ref('int_children_as_of') }} as children on caregivers.case_pseudonym = children.case_pseudonym
where caregivers.caregiver_pseudonym is not null
