with registrations as (select * from {{ ref('registrations') }}),

children_by_risk as (select * from {{ ref('children_by_risk') }}),

caregivers as (select * from {{ ref('caregivers') }}),

-- A month without registrations counts, one before the launch does not.
months as (
    select
        months.month,
        coalesce(sum(registrations.children), 0) as children,
    from {{ ref('dim_month') }} as months
    inner join {{ ref('dim_run') }} as run
        on months.month_start between date_trunc('month', run.launch_date) and run.as_of
    left join registrations on months.month = registrations.month
    group by months.month
),

first_year as (
    select county
    from {{ ref('int_children') }}
    where is_first_year and care_status in ('UNACC', 'SEP')
),

concern_ranks as (
    select
        concern,
        row_number() over (order by sum(pairs) desc, concern) as place,
    from {{ ref('child_concern_pairs') }}
    where concern <> '_U'
    group by concern
),

counts as (
    select
        (select sum(children) from registrations) as registered,
        (select sum(children) from registrations where sex = 'M') as boys,
        (select sum(children) from registrations where sex = 'F') as girls,
        (select sum(children) from children_by_risk where is_closed) as closed,
        (select sum(children) from children_by_risk where risk = 'HIGH') as high_risk,
        (select sum(children) from {{ ref('children_with_concern') }}) as with_concern,
        (select sum(children) from {{ ref('referred_children') }}) as referred,
        (select sum(children) from {{ ref('placed_children') }}) as placed,
        (select max(children) from months) as registrations_month_max,
        (
            select replace(month, '-', '') from months
            order by children desc, month asc limit 1
        ) as registrations_month_max_month,
        (select min(children) from months) as registrations_month_min,
        (
            select replace(month, '-', '') from months
            order by children asc, month asc limit 1
        ) as registrations_month_min_month,
        (select sum(caregivers) from caregivers where county = '_T' and relation = '_T') as caregivers,
        (select count(*) from first_year) as uasc_first_year,
        (select count(distinct county) from first_year where county <> '_U') as uasc_first_year_counties,
),

-- One row, a column a figure; a share is empty where nothing is there to divide by.
figures as (
    select
        coalesce(registered, 0)::double as registered,
        coalesce(closed, 0)::double as closed,
        100 * closed / registered as closed_share,
        registrations_month_max::double as registrations_month_max,
        registrations_month_max_month::double as registrations_month_max_month,
        registrations_month_min::double as registrations_month_min,
        registrations_month_min_month::double as registrations_month_min_month,
        coalesce(with_concern, 0)::double as with_concern,
        100 * with_concern / registered as with_concern_share,
        coalesce(high_risk, 0)::double as high_risk,
        100 * boys / (boys + girls) as boys_share,
        100 * girls / (boys + girls) as girls_share,
        caregivers::double as caregivers,
        coalesce(referred, 0)::double as referred,
        100 * referred / registered as referred_share,
        coalesce(placed, 0)::double as placed,
        uasc_first_year::double as uasc_first_year,
        uasc_first_year_counties::double as uasc_first_year_counties,
    from counts
)

select figure, value
from figures
unpivot include nulls (value for figure in (columns(*)))

union all

select
    'concern_rank_' || place as figure,
    ltrim(concern, 'C')::double as value,
from concern_ranks
where place <= 6
