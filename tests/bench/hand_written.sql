-- The mart tables as an analyst writes them by hand, one after another, from the intermediate tables that dbt built
-- (`built.main`). They must come out as dbt's do, row by row. To the hand's advantage the small dimensions are copied,
-- published figures aside.

create table marts.dim_run as
select * from built.marts.dim_run;

create table marts.dim_concept as
select * from built.marts.dim_concept;

create table marts.dim_area as
select * from built.marts.dim_area;

create table marts.dim_age as
select * from built.marts.dim_age;

create table marts.dim_age_band as
select * from built.marts.dim_age_band;

create table marts.dim_month as
select distinct
    strftime(day, '%Y-%m') as month,
    strftime(day, '%Y') || '-Q' || quarter(day) as quarter,
    date_trunc('month', day)::date as month_start,
from (
    select unnest(generate_series(launch_date, as_of, interval 1 month))::date as day from marts.dim_run
    union all select as_of from marts.dim_run
    union all select registration_date from built.main.int_children
    union all select event_date from built.main.int_closures
    union all select due_date from built.main.int_follow_up_outcomes
);

create table marts.registrations as
select
    strftime(registration_date, '%Y-%m') as month,
    strftime(registration_date, '%Y') || '-Q' || quarter(registration_date) as quarter,
    county, owner_county, sex, age, citizenship, care_status,
    count(*) as children,
from built.main.int_children
group by all;

create table marts.closures as
select
    strftime(event_date, '%Y-%m') as month,
    strftime(event_date, '%Y') || '-Q' || quarter(event_date) as quarter,
    county, sex, age, care_status, closure_reason,
    count(*) as closures,
from built.main.int_closures
group by all;

create table marts.follow_ups_on_time as
select
    strftime(due_date, '%Y-%m') as month,
    strftime(due_date, '%Y') || '-Q' || quarter(due_date) as quarter,
    county, risk,
    count(*) as due,
    count(*) filter (where is_on_time) as on_time,
from built.main.int_follow_up_outcomes
group by all;

create table marts.open_cases as
select county, owner_county, sex, age, citizenship, care_status, risk, intention, count(*) as children
from built.main.int_children_as_of where is_open
group by all;

create table marts.travel_intention as
select county, entry_point, intention, sex, age, count(*) as children
from built.main.int_children_as_of where is_open
group by all;

create table marts.unaccompanied_separated as
select county, sex, age, care_status, care_type, count(*) as children
from built.main.int_children_as_of where is_open and care_status in ('UNACC', 'SEP')
group by all;

create table marts.children_by_risk as
select county, sex, age, risk, is_open, is_closed, count(*) as children
from built.main.int_children_as_of
group by all;

create table marts.children_with_concern as
select county, sex, age, count(*) as children
from built.main.int_children_as_of where has_concern
group by all;

create table marts.referred_children as
select county, sex, age, count(*) as children
from built.main.int_children_as_of where is_referred
group by all;

create table marts.placed_children as
select county, sex, age, count(*) as children
from built.main.int_children_as_of where is_placed
group by all;

create table marts.child_concern_pairs as
select concern, county, sex, age, count(*) as pairs
from built.main.int_child_concerns
inner join built.main.int_children_as_of using (case_pseudonym)
group by all;

create table marts.caregivers as
select
    coalesce(county, '_T') as county,
    coalesce(relation, '_T') as relation,
    count(distinct caregiver_pseudonym) as caregivers,
from built.main.int_caregivers
group by grouping sets ((), (county), (relation));

create table marts.registrations_monthly as
select
    coalesce(county, 'national') as audience,
    month, sex,
    headline_band as age_band,
    sum(children)::bigint as children,
from marts.registrations
inner join marts.dim_age using (age)
group by grouping sets ((month, sex, headline_band), (month, sex, headline_band, county));

create table marts.overview as
with cells as (
    select 'registered' as indicator, county, children as value from marts.children_by_risk
    union all
    select 'registered_in_month', county, children from marts.registrations
    where month = (select strftime(as_of, '%Y-%m') from marts.dim_run)
    union all select 'open', county, children from marts.open_cases
    union all select 'closed', county, children from marts.children_by_risk where is_closed
    union all select 'high_risk', county, children from marts.children_by_risk where risk = 'HIGH'
    union all select 'with_concern', county, children from marts.children_with_concern
    union all select 'unaccompanied_separated', county, children from marts.unaccompanied_separated
    union all select 'referred', county, children from marts.referred_children
    union all select 'placed', county, children from marts.placed_children
    union all
    select 'follow_ups_due_in_quarter', county, due from marts.follow_ups_on_time
    where quarter = (select strftime(as_of, '%Y') || '-Q' || quarter(as_of) from marts.dim_run)
    union all
    select 'follow_ups_on_time_in_quarter', county, on_time from marts.follow_ups_on_time
    where quarter = (select strftime(as_of, '%Y') || '-Q' || quarter(as_of) from marts.dim_run)
),

sums as (
    select indicator, coalesce(county, 'national') as audience, sum(value) as value from cells
    group by grouping sets ((indicator), (indicator, county))
    union all
    select 'caregivers', if(county = '_T', 'national', county), caregivers from marts.caregivers where relation = '_T'
),

indicators as (select distinct indicator from cells union select 'caregivers'),

audiences as (select 'national' as audience union all select area from marts.dim_area where area_level = 'COUNTY')

select audience, indicator, coalesce(sums.value, 0)::bigint as value
from audiences cross join indicators left join sums using (audience, indicator);
