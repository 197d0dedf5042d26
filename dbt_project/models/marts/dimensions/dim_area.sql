with areas as (select * from {{ ref('stg_areas') }}),

labels as (
    select
        code,
        max(label) filter (where language = 'en') as label_en,
        max(label) filter (where language = 'ro') as label_ro,
        max(label) filter (where language = 'uk') as label_uk,
    from {{ ref('stg_labels') }}
    where classification = 'area'
    group by code
),

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
    all_areas.area,
    all_areas.area_level,
    all_areas.parent_area,
    all_areas.iso_3166_2,
    labels.label_en,
    labels.label_ro,
    labels.label_uk,
    cast(all_areas.sort_order as integer) as sort_order,
from all_areas
inner join labels on all_areas.area = labels.code
