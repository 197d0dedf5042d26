-- Concerns never shrink: once recorded, a child has it. One without a date was there from the start.
select distinct
    concerns.case_pseudonym,
    concerns.concern,
from {{ ref('stg_case_concerns') }} as concerns
cross join {{ ref('stg_run') }} as run
where concerns.since is null or concerns.since <= run.as_of
