with run as (select * from {{ ref('stg_run') }}),

cases as (select * from {{ ref('stg_cases') }}),

case_states as (select * from {{ ref('stg_case_states') }}),

closures as (
    select events.*
    from {{ ref('stg_status_events') }} as events
    cross join run
    where events.status = 'closed' and events.event_date <= run.as_of
),

states_at_closure as (
    select
        closures.case_pseudonym,
        closures.event_no,
        {{ value_held('residence', 'closures.event_date') }} as county,
        {{ value_held('care_status', 'closures.event_date') }} as care_status,
    from case_states
    inner join closures on case_states.case_pseudonym = closures.case_pseudonym
    where case_states.field in ('residence', 'care_status')
    group by closures.case_pseudonym, closures.event_no
)

select
    closures.case_pseudonym,
    closures.event_no,
    closures.event_date,
    coalesce(states.county, '_U') as county,
    coalesce(cases.sex, '_U') as sex,
    {{ age_code('closures.age') }} as age,
    coalesce(states.care_status, '_U') as care_status,
    closures.closure_reason,
from closures
left join cases on closures.case_pseudonym = cases.case_pseudonym
left join states_at_closure as states
    on closures.case_pseudonym = states.case_pseudonym and closures.event_no = states.event_no
