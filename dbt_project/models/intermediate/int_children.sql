{% set named = ['county', 'owner_county', 'sex', 'citizenship', 'care_status'] %}
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
        {{ values_on('cases.registration_date', named) }}
    from case_states
    inner join cases on case_states.case_pseudonym = cases.case_pseudonym
    where case_states.field in {{ states_of(named) }}
    group by cases.case_no
)

select
    cases.case_pseudonym,
    cases.registration_date,
    cases.registration_date >= run.launch_date
    and cases.registration_date < run.launch_date + interval 1 year as is_first_year,
    {{ age_code('cases.age_at_registration') }} as age,
    {{ attribute_columns(named) }}
from cases
cross join run
left join states_at_registration as states on cases.case_no = states.case_no
