-- What the registrations page shows: children registered per month, by sex and headline age band.
with registrations as (select * from {{ ref('registrations') }}),

dim_age as (select * from {{ ref('dim_age') }})

select
    case when grouping(registrations.county) = 1 then 'national' else registrations.county end as audience,
    registrations.month,
    registrations.sex,
    dim_age.seed3 as age_band,
    cast(sum(registrations.children) as bigint) as children,
from registrations
inner join dim_age on registrations.age = dim_age.age
group by grouping sets (
    (registrations.month, registrations.sex, dim_age.seed3),
    (registrations.month, registrations.sex, dim_age.seed3, registrations.county)
)
