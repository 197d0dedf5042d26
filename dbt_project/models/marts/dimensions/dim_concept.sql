with concepts as (select * from {{ ref('stg_concepts') }})

select
    dimension,
    code,
    role,
    cast(sort_order as integer) as sort_order,
from concepts
