-- Every month from the launch to the reference day, and any other in which a record is dated.
with run as (select * from {{ ref('stg_run') }}),

days as (
    select unnest(generate_series(launch_date, as_of, interval 1 month)) as day from run
    union all
    select as_of from run
    union all
    select registration_date from {{ ref('int_children') }}
    union all
    select event_date from {{ ref('int_closures') }}
    union all
    select due_date from {{ ref('int_follow_up_outcomes') }}
),

months as (select distinct cast(date_trunc('month', day) as date) as month_start from days)

select
    {{ month_code('month_start') }} as month,
    {{ quarter_code('month_start') }} as quarter,
    month_start,
from months
