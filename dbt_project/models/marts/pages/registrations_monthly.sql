-- What the registrations page shows: children registered per month, by sex and headline age band.
with registrations as (select * from {{ ref('registrations') }}),

dim_age as (select * from {{ ref('dim_age') }}),

coordinated as ({{ coordinated_areas() }})

select
    case when grouping(coordinated.area) = 1 then '{{ var("national") }}' else coordinated.area end as audience,
    registrations.month,
    registrations.sex,
    dim_age.headline_band as age_band,
    cast(sum(registrations.children) as bigint) as children,
from registrations
inner join dim_age on registrations.age = dim_age.age
inner join coordinated on registrations.county = coordinated.leaf
group by grouping sets (
    (registrations.month, registrations.sex, dim_age.headline_band),
    (registrations.month, registrations.sex, dim_age.headline_band, coordinated.area)
)
