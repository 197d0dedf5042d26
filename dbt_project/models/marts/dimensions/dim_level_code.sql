with level_codes as (select * from {{ ref('stg_level_codes') }})

select
    classification,
    level,
    leaf,
    code,
    sort_order,
from level_codes
