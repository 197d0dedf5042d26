with dimensions as (select * from {{ source('snapshot', 'ref_dimensions') }})

select
    dimension,
    classification,
    is_ordered,
    sdmx_concept,
    sort_order,
from dimensions
