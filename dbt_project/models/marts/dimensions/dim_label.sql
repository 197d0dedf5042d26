with labels as (select * from {{ ref('stg_labels') }})

select
    classification,
    code,
    language,
    label,
from labels
