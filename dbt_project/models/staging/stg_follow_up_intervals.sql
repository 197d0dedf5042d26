with intervals as (select * from {{ source('snapshot', 'ref_follow_up_intervals') }}),

risks as ({{ codes('risk') }})

select
    risks.concept as risk,
    to_months(coalesce(intervals.months, 0)) + to_days(coalesce(intervals.days, 0)) as allowed,
from intervals
inner join risks on intervals.risk = risks.code
