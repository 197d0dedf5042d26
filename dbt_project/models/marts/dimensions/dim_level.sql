with levels as (select * from {{ ref('stg_levels') }})

select
    classification,
    level,
    rank,
    is_whole,
    is_coordinated,
    is_published,
    code_list,
from levels
