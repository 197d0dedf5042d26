with run as (select * from {{ ref('stg_run') }}),

case_states as (select * from {{ ref('stg_case_states') }}),

-- The number, of this query only, groups millions of rows more cheaply than a pseudonym does.
cases as materialized (
    select
        row_number() over () as case_no,
        *,
    from {{ ref('stg_cases') }}
),

states_at_registration as (
    select
        cases.case_no,
        {{ value_held('residence', 'cases.registration_date') }} as county,
        {{ value_held('owner_county', 'cases.registration_date') }} as owner_county,
        {{ value_held('care_status', 'cases.registration_date') }} as care_status,
    from case_states
    inner join cases on case_states.case_pseudonym = cases.case_pseudonym
    where case_states.field in ('residence', 'owner_county', 'care_status')
    group by cases.case_no
)

select
    cases.case_pseudonym,
    cases.registration_date,
    cases.registration_date >= run.launch_date
    and cases.registration_date < run.launch_date + interval 1 year as is_first_year,
    coalesce(states.county, '_U') as county,
    coalesce(states.owner_county, '_U') as owner_county,
    cases.sex,
    {{ age_code('cases.age_at_registration') }} as age,
    cases.citizenship,
    coalesce(states.care_status, '_U') as care_status,
from cases
cross join run
left join states_at_registration as states on cases.case_no = states.case_no
