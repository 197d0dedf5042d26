with follow_ups as (select * from {{ source('snapshot', 'follow_ups') }})

select
    case_pseudonym,
    follow_up_pseudonym,
    due_date,
    done_date,
from follow_ups
