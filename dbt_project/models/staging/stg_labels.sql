with labels as (select * from {{ source('snapshot', 'ref_labels') }})

select
    classification,
    code,
    language,
    label,
from labels
