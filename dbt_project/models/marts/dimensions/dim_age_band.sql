with bands as (select * from {{ ref('age_bands') }}),

systems as (select distinct age_system from bands where age_system <> '_Z'),

of_every_system as (
    select
        systems.age_system,
        bands.age_band,
        bands.age_from,
        bands.age_to,
        bands.label_en,
        bands.label_ro,
        bands.label_uk,
    from bands
    cross join systems
    where bands.age_system = '_Z'
),

all_bands as (
    select * from bands where age_system <> '_Z'
    union all
    select * from of_every_system
)

select
    age_system,
    age_band,
    label_en,
    label_ro,
    label_uk,
    cast(case age_band when '_T' then -1 when '_U' then 99 else age_from end as integer) as sort_order,
from all_bands
