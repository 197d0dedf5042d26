with dimensions as (select * from {{ ref('stg_dimensions') }})

select
    dimension,
    classification,
    is_ordered,
    sdmx_concept,
    sort_order,
from dimensions
