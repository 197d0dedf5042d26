with run as (select * from {{ source('snapshot', 'ref_run') }})

select
    as_of,
    known_at,
    launch_date,
    country,
    is_synthetic,
    source_code,
from run
