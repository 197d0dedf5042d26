-- One row a family member of any received case; a caregiver is known by name and birth date, which leave only as an HMAC.
with judged as (
    select
        subform.*,
        try_cast(is_caregiver as boolean) as cares,
        plausible_date(caregiver_birth_date) as born,
        case
            when family_member_id is null then 'family_member_id'
            when is_caregiver is not null and cares is null then 'is_caregiver'
            when caregiver_birth_date is not null and born is null then 'caregiver_birth_date'
            when born > run.known_at then 'caregiver_birth_date'
        end as quarantined_field,
        coalesce(born > run.known_at, false) as is_future,
    from subform
    cross join run
)

select
    judged.case_id,
    case
        when judged.caregiver_name is null then 'row:' || judged.family_member_id
        else
            -- one name however it was typed: letters composed or not, any case, any kind of space
            trim(regexp_replace(lower(nfc_normalize(judged.caregiver_name)), '[\s\p{Z}]+', ' ', 'g'))
            || '|' || coalesce(strftime(judged.born, '%Y-%m-%d'), '')
    end as caregiver,
    coalesce(ref_codes.code, '_U') as relation,
    judged.cares as is_caregiver,
    judged.quarantined_field,
    quarantine_reason_of(
        judged.quarantined_field, judged.family_member_id is null, judged.is_future
    ) as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    case when judged.relation is not null and ref_codes.code is null then 'UNKNOWN_CODE' end as finding,
from judged
left join loaded_case on judged.case_id = loaded_case.case_id
left join ref_codes on ref_codes.dimension = 'relation' and judged.relation = ref_codes.code
