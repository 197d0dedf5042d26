{% set named = [
    'county', 'owner_county', 'sex', 'citizenship', 'entry_point', 'care_status', 'risk', 'intention'
] %}
{% set as_of = '(select run.as_of from run)' %}
with cases as (select * from {{ ref('stg_cases') }}),

run as (select * from {{ ref('stg_run') }}),

states as (
    select
        case_pseudonym,
        {{ values_on(as_of, named) }}
    from {{ ref('stg_case_states') }}
    group by case_pseudonym
),

-- Events count in the order in which they were recorded: a closing dated before its opening still closes the case.
last_status as (
    select
        case_pseudonym,
        arg_max(status, event_no) as status,
    from {{ ref('stg_status_events') }}
    where event_date <= (select run.as_of from run)
    group by case_pseudonym
),

-- Undated arrangements say nothing about the day. Of several begun on one day, the one with the last pseudonym.
last_arrangement as (
    select
        case_pseudonym,
        arg_max(care_type, strftime(started_date, '%Y%m%d') || care_arrangement_pseudonym) as care_type,
    from {{ ref('stg_care_arrangements') }}
    where started_date <= (select run.as_of from run)
    group by case_pseudonym
),

referred as (
    select
        case_pseudonym,
        bool_or(is_placement) as is_placed,
    from {{ ref('stg_referrals') }}
    where referred_on <= (select run.as_of from run)
    group by case_pseudonym
),

concerned as (select distinct case_pseudonym from {{ ref('int_child_concerns') }})

select
    cases.case_pseudonym,
    coalesce(last_status.status = 'open', true) as is_open,
    coalesce(last_status.status = 'closed', false) as is_closed,
    {{ age_code('cases.age_as_of') }} as age,
    {{ attribute_columns(named) }}
    coalesce(last_arrangement.care_type, '_U') as care_type,
    concerned.case_pseudonym is not null as has_concern,
    referred.case_pseudonym is not null as is_referred,
    coalesce(referred.is_placed, false) as is_placed,
from cases
left join states on cases.case_pseudonym = states.case_pseudonym
left join last_status on cases.case_pseudonym = last_status.case_pseudonym
left join last_arrangement on cases.case_pseudonym = last_arrangement.case_pseudonym
left join referred on cases.case_pseudonym = referred.case_pseudonym
left join concerned on cases.case_pseudonym = concerned.case_pseudonym
