with languages as (select * from {{ ref('stg_languages') }})

select
    language,
    rank,
from languages
