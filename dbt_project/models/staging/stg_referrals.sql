with referrals as (select * from {{ source('snapshot', 'referrals') }}),

placement_services as (select service from {{ source('snapshot', 'ref_placement_services') }})

select
    referrals.case_pseudonym,
    referrals.referral_pseudonym,
    referrals.status,
    referrals.referred_on,
    placement_services.service is not null as is_placement,
from referrals
left join placement_services on referrals.service = placement_services.service
