with age_bands as (select * from {{ source('snapshot', 'ref_age_bands') }})

select
    age_system,
    age_band,
    age_from,
    age_to,
from age_bands
