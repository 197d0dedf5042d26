with level_codes as (select * from {{ ref('stg_level_codes') }}),

headline as (select classification from {{ ref('stg_dimensions') }} where dimension = 'age')

select
    level_codes.leaf as age,
    level_codes.code as headline_band,
    cast(level_codes.sort_order as integer) as sort_order,
from level_codes
inner join headline on level_codes.classification = headline.classification
