with registrations as (select * from {{ ref('registrations') }}),

children_by_risk as (select * from {{ ref('children_by_risk') }}),

months as (
    select
        months.month,
        coalesce(sum(registrations.children), 0) as children,
    from {{ ref('dim_month') }} as months
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
        (select sum(children) from children_by_risk where not is_open) as closed,
        (select sum(children) from children_by_risk where risk = 'HIGH') as high_risk,
        (select sum(children) from {{ ref('children_with_concern') }}) as with_concern,
        (select sum(children) from {{ ref('referred_children') }}) as referred,
        (select sum(children) from {{ ref('placed_children') }}) as placed,
        (select sum(caregivers) from {{ ref('caregivers') }} where county = '_T' and relation = '_T') as caregivers,
)

select 'registered' as figure, cast(coalesce(registered, 0) as double) as value from counts
union all
select 'closed', coalesce(closed, 0) from counts
union all
select 'closed_share', 100 * closed / registered from counts
union all
select 'registrations_month_max', max(children) from months
union all
select 'registrations_month_max_month', cast(replace(arg_max(month, children), '-', '') as integer) from months
union all
select 'registrations_month_min', min(children) from months
union all
select 'registrations_month_min_month', cast(replace(arg_min(month, children), '-', '') as integer) from months
union all
select 'with_concern', coalesce(with_concern, 0) from counts
union all
select 'with_concern_share', 100 * with_concern / registered from counts
union all
select 'high_risk', coalesce(high_risk, 0) from counts
union all
select 'boys_share', 100 * boys / (boys + girls) from counts
union all
select 'girls_share', 100 * girls / (boys + girls) from counts
union all
select 'caregivers', caregivers from counts
union all
select 'referred', coalesce(referred, 0) from counts
union all
select 'referred_share', 100 * referred / registered from counts
union all
select 'placed', coalesce(placed, 0) from counts
union all
select 'uasc_first_year', count(*) from first_year
union all
select 'uasc_first_year_counties', count(distinct county) filter (where county <> '_U') from first_year
union all
select 'concern_rank_' || place, cast(ltrim(concern, 'C') as integer) from concern_ranks where place <= 6
