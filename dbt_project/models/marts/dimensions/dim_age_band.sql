with bands as (select * from {{ ref('stg_age_bands') }}),

labels as (select * from {{ ref('stg_labels') }}),

systems as (select distinct age_system from bands)

select
    systems.age_system,
    labels.code as age_band,
    cast(case labels.code when '_T' then -1 when '_U' then 99 else coalesce(min(bands.age_from), 18) end as integer)
        as sort_order,
from systems
inner join labels on systems.age_system = labels.classification
left join bands on systems.age_system = bands.age_system and labels.code = bands.age_band
group by systems.age_system, labels.code
