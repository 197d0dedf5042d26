-- What the overview page shows, for the country and for each area at which coordinators work, by residence. One without
-- any is a zero.
with run as (select * from {{ ref('dim_run') }}),

cells as (
    -- like its parts below, by residence on the day
    select 'registered' as indicator, county, children as value from {{ ref('children_by_risk') }}
    union all
    select 'registered_in_month', county, children from {{ ref('registrations') }}
    where month = (select {{ month_code('as_of') }} from run)
    union all
    select 'open', county, children from {{ ref('open_cases') }}
    union all
    select 'closed', county, children from {{ ref('children_by_risk') }} where is_closed
    union all
    select 'high_risk', county, children from {{ ref('children_by_risk') }} where {{ has_role('risk', ['high_risk']) }}
    union all
    select 'with_concern', county, children from {{ ref('children_with_concern') }}
    union all
    select 'unaccompanied_separated', county, children from {{ ref('unaccompanied_separated') }}
    union all
    select 'referred', county, children from {{ ref('referred_children') }}
    union all
    select 'placed', county, children from {{ ref('placed_children') }}
    union all
    select 'follow_ups_due_in_quarter', county, due from {{ ref('follow_ups_on_time') }}
    where quarter = (select {{ quarter_code('as_of') }} from run)
    union all
    select 'follow_ups_on_time_in_quarter', county, on_time from {{ ref('follow_ups_on_time') }}
    where quarter = (select {{ quarter_code('as_of') }} from run)
),

coordinated as ({{ coordinated_areas() }}),

sums as (
    select
        cells.indicator,
        coalesce(coordinated.area, '{{ var("national") }}') as audience,
        sum(cells.value) as value,
    from cells
    inner join coordinated on cells.county = coordinated.leaf
    group by grouping sets ((cells.indicator), (cells.indicator, coordinated.area))
    union all
    select
        'caregivers' as indicator,
        case county when '_T' then '{{ var("national") }}' else county end as audience,
        caregivers as value,
    from {{ ref('caregivers') }}
    where relation = '_T'
),

audiences as (
    select '{{ var("national") }}' as audience
    union all
    select dim_area.area
    from {{ ref('dim_area') }} as dim_area
    inner join {{ ref('dim_level') }} as dim_level
        on dim_area.area_level = dim_level.level and dim_level.classification = 'area'
    where dim_level.is_coordinated
),

indicators as (
    select unnest([
        'registered', 'registered_in_month', 'open', 'closed', 'with_concern', 'unaccompanied_separated', 'referred',
        'placed', 'high_risk', 'follow_ups_due_in_quarter', 'follow_ups_on_time_in_quarter', 'caregivers'
    ]) as indicator
)

select
    audiences.audience,
    indicators.indicator,
    cast(coalesce(sums.value, 0) as bigint) as value,
from audiences
cross join indicators
left join sums on audiences.audience = sums.audience and indicators.indicator = sums.indicator
