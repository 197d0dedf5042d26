with languages as (select * from {{ source('snapshot', 'ref_languages') }})

select
    language,
    rank,
from languages
