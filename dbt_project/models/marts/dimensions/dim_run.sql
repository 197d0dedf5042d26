with run as (select * from {{ ref('stg_run') }})

select
    as_of,
    known_at,
    launch_date,
    country,
from run
