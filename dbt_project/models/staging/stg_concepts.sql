with concepts as (select * from {{ source('snapshot', 'ref_concepts') }})

select
    dimension,
    concept as code,
    label_en,
    label_ro,
    label_uk,
    sort_order,
from concepts
