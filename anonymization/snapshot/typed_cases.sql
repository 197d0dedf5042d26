-- One row a case received by known_at: typed columns, and the one outcome it falls into.
with typed as (
    select
        case_id,
        module,
        coalesce(try_cast(is_enabled as boolean), true) as is_enabled,
        status,
        plausible_date(registration_date) as registration_date,
        local_date(timezone('UTC', plausible_time(created_at))) as created_date,
        coalesce(plausible_time(posted_at), plausible_time(created_at)) as received_at,
        plausible_date(closure_date) as closure_date,
        closure_reason,
        sex,
        plausible_date(birth_date) as birth_date,
        try_cast(age_as_entered as smallint) as age_as_entered,
        coalesce(try_cast(is_age_estimated as boolean), false) as is_age_estimated,
        nationality,
        entry_point,
        registered_by,
        try_cast(consent_reporting as boolean) as consent_reporting,
        try_cast(is_synthetic as boolean) as is_synthetic,
        {broken} as broken_fields,
    from known
),

received as (
    select
        typed.*,
        age_on(birth_date, age_as_entered, registration_date, registration_date) as age_at_registration,
        age_on(birth_date, age_as_entered, registration_date, run.as_of) as age_as_of,
        age_at_month_end_before(
            birth_date, age_as_entered, registration_date, run.as_of
        ) as age_as_of_at_month_end,
        run.as_of,
        run.known_at,
        run.launch_date,
        run.modules,
        run.adult_age,
        run.excludes_withheld_consent,
    from typed
    cross join run
    where received_at is null or timezone('UTC', received_at) < run.known_until
)

select
    * exclude (broken_fields),
    case
        when len(broken_fields) > 0 then broken_fields[1]
        when registration_date is null then 'registration_date'
        when received_at is null then 'posted_at'
        when age_as_entered not between 0 and 120 then 'age_as_entered'
        when registration_date > known_at then 'registration_date'
        when birth_date > known_at then 'birth_date'
        when closure_date > known_at then 'closure_date'
        when created_date > known_at then 'created_at'
        when registration_date < birth_date then 'registration_date'
        when closure_date < birth_date then 'closure_date'
        when registration_date < launch_date then 'registration_date'
    end as quarantined_field,
    case
        when
            len(broken_fields) > 0 or registration_date is null or received_at is null
            or age_as_entered not between 0 and 120
            then 'BROKEN_TYPE'
        when greatest(registration_date, birth_date, closure_date, created_date) > known_at then 'FUTURE_DATE'
        when least(registration_date, closure_date) < birth_date then 'BEFORE_BIRTH'
        when registration_date < launch_date then 'BEFORE_LAUNCH'
    end as quarantine_reason,
    case
        when not coalesce(list_contains(modules, module), false) then 'OTHER_MODULE'
        when not is_enabled then 'DISABLED'
        when status = 'duplicate' then 'DUPLICATE'
        when registration_date > as_of then 'AFTER_AS_OF'
        when age_at_registration >= adult_age then 'NOT_A_CHILD'
        when excludes_withheld_consent and consent_reporting = false then 'CONSENT_WITHHELD'
    end as exclusion_reason,
    quarantine_reason is null and exclusion_reason is null as is_loaded,
from received
