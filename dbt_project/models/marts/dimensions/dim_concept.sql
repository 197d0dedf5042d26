with concepts as (select * from {{ ref('stg_concepts') }})

select
    dimension,
    code,
    label_en,
    label_ro,
    label_uk,
    cast(sort_order as integer) as sort_order,
from concepts
