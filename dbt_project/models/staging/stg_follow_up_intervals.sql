with intervals as (select * from {{ source('snapshot', 'ref_follow_up_intervals') }}),

risks as (
    {{ codes('risk') }}
)

-- codes of one meaning allow the same time, and count once
select distinct
    risks.concept as risk,
    to_months(coalesce(intervals.months, 0)) + to_days(coalesce(intervals.days, 0)) as allowed,
from intervals
inner join risks on intervals.risk = risks.code
