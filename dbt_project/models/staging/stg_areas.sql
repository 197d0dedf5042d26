with areas as (select * from {{ source('snapshot', 'ref_areas') }})

select
    area,
    area_level,
    parent_area,
    iso_3166_2,
    sort_order,
from areas
