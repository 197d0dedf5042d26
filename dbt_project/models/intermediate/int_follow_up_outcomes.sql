{% set named = ['county', 'risk'] %}
with run as (select * from {{ ref('stg_run') }}),

cases as (select * from {{ ref('stg_cases') }}),

case_states as (select * from {{ ref('stg_case_states') }}),

intervals as (select * from {{ ref('stg_follow_up_intervals') }}),

-- What was done after the reference day was not done yet. The number, of this query only, groups millions of rows
-- more cheaply than a pseudonym does.
follow_ups as materialized (
    select
        row_number() over () as follow_up_no,
        follow_ups.case_pseudonym,
        follow_ups.follow_up_pseudonym,
        follow_ups.due_date,
        case when follow_ups.done_date <= run.as_of then follow_ups.done_date end as done_date,
    from {{ ref('stg_follow_ups') }} as follow_ups
    cross join run
    where follow_ups.due_date <= run.as_of
),

-- The time allowed runs from the last follow-up done among the earlier ones, at first from registration.
started as (
    select
        follow_ups.*,
        {{ fixed_columns(named) }}
        greatest(cases.registration_date, max(follow_ups.done_date) over (
            partition by follow_ups.case_pseudonym
            order by follow_ups.due_date, follow_ups.follow_up_pseudonym
            rows between unbounded preceding and 1 preceding
        )) as start_date,
    from follow_ups
    inner join cases on follow_ups.case_pseudonym = cases.case_pseudonym
),

states_when_due as (
    select
        follow_ups.follow_up_no,
        {{ values_on('follow_ups.due_date', named) }}
    from case_states
    inner join follow_ups on case_states.case_pseudonym = follow_ups.case_pseudonym
    where case_states.field in {{ states_of(named) }}
    group by follow_ups.follow_up_no
),

outcomes as (
    select
        started.case_pseudonym,
        started.follow_up_pseudonym,
        started.due_date,
        started.done_date,
        started.start_date,
        {{ attribute_columns(named, cases='started') }}
    from started
    left join states_when_due as states on started.follow_up_no = states.follow_up_no
)

select
    outcomes.*,
    coalesce(
        outcomes.done_date <= coalesce(outcomes.start_date + intervals.allowed, outcomes.due_date), false
    ) as is_on_time,
from outcomes
left join intervals on outcomes.risk = intervals.risk
