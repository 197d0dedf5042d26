-- One row a transition received by known_at. Only its answer's date tells a later answer from one known by then.
select
    source_transitions.record_id as case_id,
    source_transitions.id as referral_id,
    coalesce(ref_codes.code, '_U') as service,
    case
        when source_transitions.responded_at >= run.known_until then 'in_progress'
        when source_transitions.status = 'done' then 'accepted'
        when source_transitions.status in ('in_progress', 'accepted', 'rejected') then source_transitions.status
        else '_U'
    end as status,
    local_date(source_transitions.created_at) as referred_on,
    ref_referral_types.type is not null as is_referral,
    case when source_transitions.created_at is null then 'created_at' end as quarantined_field,
    case when source_transitions.created_at is null then 'BROKEN_TYPE' end as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    age_on(birth_date, age_as_entered, registration_date, local_date(source_transitions.created_at)) as age,
    case when source_transitions.service is not null and ref_codes.code is null then 'UNKNOWN_CODE' end as finding,
from source_transitions
cross join run
left join loaded_case on source_transitions.record_id = loaded_case.case_id
left join ref_referral_types on source_transitions.type = ref_referral_types.type
left join ref_codes on ref_codes.dimension = 'service' and source_transitions.service = ref_codes.code
where source_transitions.created_at is null or source_transitions.created_at < run.known_until
