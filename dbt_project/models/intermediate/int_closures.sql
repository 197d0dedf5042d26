{% set named = ['county', 'sex', 'care_status'] %}
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
        {{ values_on('closures.event_date', named) }}
    from case_states
    inner join closures on case_states.case_pseudonym = closures.case_pseudonym
    where case_states.field in {{ states_of(named) }}
    group by closures.case_pseudonym, closures.event_no
)

select
    closures.case_pseudonym,
    closures.event_no,
    closures.event_date,
    {{ age_code('closures.age') }} as age,
    {{ attribute_columns(named) }}
    closures.closure_reason,
from closures
left join cases on closures.case_pseudonym = cases.case_pseudonym
left join states_at_closure as states
    on closures.case_pseudonym = states.case_pseudonym and closures.event_no = states.event_no
