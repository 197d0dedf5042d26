with concepts as (select * from {{ source('snapshot', 'ref_concepts') }})

select
    dimension,
    concept as code,
    role,
    sort_order,
from concepts
