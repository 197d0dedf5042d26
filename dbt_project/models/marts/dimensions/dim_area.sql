with areas as (select * from {{ ref('stg_areas') }}),

-- A residence that is not known below the country.
all_areas as (
    select * from areas
    union all
    select
        '_U' as area,
        'UNKNOWN' as area_level,
        min_by(area, sort_order) as parent_area,
        cast(null as varchar) as iso_3166_2,
        max(sort_order) + 1 as sort_order,
    from areas
)

select
    area,
    area_level,
    parent_area,
    iso_3166_2,
    cast(sort_order as integer) as sort_order,
from all_areas
