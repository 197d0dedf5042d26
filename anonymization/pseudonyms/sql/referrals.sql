-- One row a transition received by known_at. Only its answer's date tells a later answer from one known by then.
with received as (
    select
        source_transitions.* replace (one_value(trimmed(service)) as service, one_value(trimmed(status)) as status),
        local_date(source_transitions.created_at) as referred_on,
        row_number() over (
            partition by source_transitions.id
            order by source_transitions.responded_at desc nulls last, source_transitions.status, source_transitions.service
        ) > 1 as is_repeated,
        run.known_until,
    from source_transitions
    cross join run
    where not is_usable_moment(source_transitions.created_at) or source_transitions.created_at < run.known_until
)

select
    received.record_id as case_id,
    received.id as referral_id,
    coalesce(valid_code.code, '_U') as service,
    case
        when is_usable_moment(received.responded_at) and received.responded_at >= received.known_until then 'in_progress'
        when received.status = 'done' then 'accepted'
        when received.status in ('in_progress', 'accepted', 'rejected') then received.status
        else '_U'
    end as status,
    received.referred_on,
    ref_referral_types.type is not null as is_referral,
    received.is_repeated,
    case when received.referred_on is null and not is_repeated then 'created_at' end as quarantined_field,
    case when received.referred_on is null and not is_repeated then 'BROKEN_TYPE' end as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    age_on(birth_date, age_as_entered, registration_date, received.referred_on) as age,
    received.responded_at is not null and not is_usable_moment(received.responded_at) as has_odd_answer_time,
    age_at_month_end_before(
        birth_date, age_as_entered, registration_date, received.referred_on
    ) as age_at_month_end,
    received.status not in ('done', 'in_progress', 'accepted', 'rejected') as has_unknown_status,
    case when received.service is not null and valid_code.code is null then 'UNKNOWN_CODE' end as finding,
from received
left join loaded_case on received.record_id = loaded_case.case_id
left join ref_referral_types on received.type = ref_referral_types.type
left join valid_code
    on
        valid_code.column_name = 'service'
        and received.service = valid_code.source_code
        and greatest(loaded_case.registration_date, received.referred_on)
        between valid_code.valid_from and valid_code.valid_to
