with level_codes as (select * from {{ source('snapshot', 'ref_level_codes') }})

select
    classification,
    level,
    leaf,
    code,
    sort_order,
from level_codes
