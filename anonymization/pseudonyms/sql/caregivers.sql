-- One row a family member of any received case; a caregiver is known by name and birth date, which leave only as an HMAC.
with read as (
    select
        subform.*,
        yes_or_no(is_caregiver) as cares,
        yes_no_fault(is_caregiver, 'BROKEN_TYPE') as cares_fault,
        plausible_date(caregiver_birth_date) as born,
        date_fault(caregiver_birth_date, plausible_date(caregiver_birth_date)) as born_fault,
        run.known_at,
    from subform
    cross join run
)

select
    read.case_id,
    case
        when read.caregiver_name is null then 'row:' || read.family_member_id
        else
            -- one name however it was typed: letters composed or not, any case, any kind of space
            trim(regexp_replace(lower(nfc_normalize(read.caregiver_name)), '[\s\p{Z}]+', ' ', 'g'))
            || '|' || coalesce(strftime(case when read.born <= read.known_at then read.born end, '%Y-%m-%d'), '')
    end as caregiver,
    coalesce(valid_code.code, '_U') as relation,
    read.cares as is_caregiver,
    read.is_repeated,
    case when read.family_member_id is null then 'family_member_id' end as quarantined_field,
    case when read.family_member_id is null then 'NO_ID' end as quarantine_reason,
    loaded_case.case_id is not null as has_loaded_case,
    case when read.relation is not null and valid_code.code is null then 'UNKNOWN_CODE' end as finding,
    case
        when read.cares_fault is not null then lost_value('is_caregiver', read.cares_fault)
        when read.cares
            then lost_value(
                'caregiver_birth_date',
                coalesce(read.born_fault, case when read.born > read.known_at then 'FUTURE_DATE' end)
            )
    end as lost,
from read
left join loaded_case on read.case_id = loaded_case.case_id
left join valid_code
    on
        valid_code.column_name = 'relation'
        and read.relation = valid_code.source_code
        and loaded_case.registration_date between valid_code.valid_from and valid_code.valid_to
