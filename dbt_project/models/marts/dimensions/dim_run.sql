with run as (select * from {{ ref('stg_run') }})

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
