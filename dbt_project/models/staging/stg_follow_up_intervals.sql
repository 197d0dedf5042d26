with intervals as (select * from {{ source('snapshot', 'ref_follow_up_intervals') }})

select
    risk,
    to_months(coalesce(months, 0)) + to_days(coalesce(days, 0)) as allowed,
from intervals
