with areas as (select * from {{ ref('nuts_areas') }}),

run as (select * from {{ ref('stg_run') }}),

-- A residence that is not known below the country.
unknown as (
    select
        '_U' as area,
        'UNKNOWN' as area_level,
        area as parent_area,
        cast(null as varchar) as iso_3166_2,
        'Unknown' as label_en,
        'Necunoscut' as label_ro,
        'Невідомо' as label_uk,
    from areas
    where area_level = 'COUNTRY'
),

of_the_country as (
    select areas.* from (select * from areas union all select * from unknown) as areas
    inner join run on areas.area like run.country || '%' or areas.parent_area = run.country
)

select
    area,
    area_level,
    parent_area,
    iso_3166_2,
    label_en,
    label_ro,
    label_uk,
    cast(row_number() over (order by area = '_U', length(area), area) as integer) as sort_order,
from of_the_country
