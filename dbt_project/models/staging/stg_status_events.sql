with status_events as (select * from {{ source('snapshot', 'status_events') }}),

reasons as (
    {{ codes('closure_reason') }}
)

select
    status_events.case_pseudonym,
    status_events.event_no,
    status_events.status,
    status_events.event_date,
    status_events.age,
    coalesce(reasons.concept, '_U') as closure_reason,
from status_events
left join reasons on status_events.closure_reason = reasons.code
