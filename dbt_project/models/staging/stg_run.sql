with run as (
    select * from {{ source('snapshot', 'ref_run') }}
    union all by name
    -- a deployment has the languages that it has
    select
        cast(null as varchar) as source_label_ro,
        cast(null as varchar) as source_label_uk,
    where false
)

select
    as_of,
    known_at,
    launch_date,
    country,
    is_synthetic,
    source_code,
    source_label_en,
    source_label_ro,
    source_label_uk,
from run
