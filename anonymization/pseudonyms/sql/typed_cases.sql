-- One row a case received by known_at: typed columns, what was lost of it, and the one outcome it falls into.
with written as (
    select
        known.*,
        plausible_date(registration_date) as registered_on,
        plausible_date(closure_date) as closed_on,
        plausible_date(birth_date) as born_on,
        timezone('UTC', plausible_time(created_at)) as made_at,
        timezone('UTC', plausible_time(posted_at)) as posted_at_utc,
        {faults} as faults,
    from known
),

-- the server's clock decides; a device's may be wrong
received as (
    select
        written.*,
        coalesce(posted_at_utc, made_at) as received_at,
        coalesce(made_at > posted_at_utc, false) as is_clock_ahead,
        run.*,
    from written
    cross join run
    where coalesce(posted_at_utc, made_at) is null or coalesce(posted_at_utc, made_at) < run.known_until
),

-- a birth date that contradicts the registration, or a closure that contradicts the birth, is as good as none
born as (
    select
        received.*,
        case
            when born_on > registered_on then 'AFTER_REGISTRATION'
            when completed_years(born_on, registered_on) > oldest_age then 'IMPLAUSIBLE_YEAR'
        end as birth_fault,
    from received
),

judged as (
    select
        born.* replace (case when birth_fault is null then born_on end as born_on),
        case when birth_fault is null and closed_on < born_on and closed_on >= launch_date then 'BEFORE_BIRTH' end
            as closure_fault,
    from born
),

-- the status held on the day: what a later entry says was there before it; and when a status was last entered
status_change as (
    select
        case_id,
        arg_min(struct_pack(v := status['from']), struct_pack(t := changed_at, i := entry_id))
            filter (where local_date(changed_at) > (select as_of from run)) as first_later,
        max(local_date(changed_at)) as known_on,
        max(local_date(changed_at)) filter (where local_date(changed_at) <= (select as_of from run)) as then_on,
    from change
    where status is not null and changed_at < (select known_until from run)
    group by case_id
),

typed as (
    select
        judged.case_id,
        judged.module,
        coalesce(yes_or_no(judged.is_enabled), true) as is_enabled,
        judged.status,
        known_meaning.meaning as status_meaning,
        case when status_change.first_later is null then known_meaning.meaning else meaning_then.meaning end as meaning_then,
        judged.registered_on as registration_date,
        date_fault(judged.registration_date, judged.registered_on) as registration_fault,
        judged.received_at,
        local_date(least(judged.made_at, judged.posted_at_utc)) as created_date,
        judged.is_clock_ahead,
        case when judged.closure_fault is null then judged.closed_on end as closure_date,
        date_fault(judged.closure_date, judged.closed_on) as written_closure_fault,
        judged.closure_reason,
        judged.born_on as birth_date,
        entered_age(judged.age_as_entered) as age_as_entered,
        coalesce(yes_or_no(judged.is_age_estimated), false) as is_age_estimated,
        {coded}
        judged.registered_by,
        yes_or_no(judged.consent_reporting) as consent_reporting,
        yes_or_no(judged.is_synthetic) as is_synthetic,
        -- the column has no history, so it belongs to a status that says the same, now or then
        coalesce(yes_or_no(judged.is_flagged_duplicate) or judged.duplicate_of is not null, false)
        and coalesce(known_meaning.meaning, '') <> 'duplicate'
        and coalesce(
            judged.status_now not in (select source_code from status_meaning where meaning = 'duplicate'), true
        ) as is_flagged_duplicate,
        list_filter(
            list_concat(
                judged.faults,
                [lost_value('birth_date', judged.birth_fault), lost_value('closure_date', judged.closure_fault)]
            ),
            lambda lost: lost is not null
        ) as lost,
        judged.as_of,
        judged.known_at,
        judged.launch_date,
        judged.modules,
        judged.adult_age,
        judged.excludes_withheld_consent,
        judged.excludes_unknown_consent,
        judged.excludes_unknown_age,
        judged.excludes_unknown_status,
        judged.excludes_flagged_duplicates,
    from judged
    left join status_change on judged.case_id = status_change.case_id
    left join status_meaning as known_meaning
        on
            judged.status = known_meaning.source_code
            and greatest(judged.registered_on, status_change.known_on)
            between known_meaning.valid_from and known_meaning.valid_to
    left join status_meaning as meaning_then
        on
            status_change.first_later.v = meaning_then.source_code
            and greatest(judged.registered_on, status_change.then_on)
            between meaning_then.valid_from and meaning_then.valid_to
),

aged as (
    select
        typed.*,
        age_on(birth_date, age_as_entered, registration_date, registration_date) as age_at_registration,
        age_on(birth_date, age_as_entered, registration_date, as_of) as age_as_of,
        age_at_month_end_before(birth_date, age_as_entered, registration_date, as_of) as age_as_of_at_month_end,
    from typed
)

select
    *,
    case
        when registration_date is null then 'registration_date'
        when received_at is null then 'posted_at'
        when registration_date > known_at then 'registration_date'
        when written_closure_fault = 'IMPLAUSIBLE_YEAR' or closure_date > known_at then 'closure_date'
        when registration_date < launch_date then 'registration_date'
        when closure_date < launch_date then 'closure_date'
    end as quarantined_field,
    case
        when registration_date is null then coalesce(registration_fault, 'MISSING')
        when received_at is null then case when len(lost) > 0 then 'BROKEN_TYPE' else 'MISSING' end
        when registration_date > known_at then 'FUTURE_DATE'
        when written_closure_fault = 'IMPLAUSIBLE_YEAR' then 'IMPLAUSIBLE_YEAR'
        when closure_date > known_at then 'FUTURE_DATE'
        when registration_date < launch_date then 'BEFORE_LAUNCH'
        when closure_date < launch_date and closure_date < birth_date then 'BEFORE_BIRTH'
        when closure_date < launch_date then 'BEFORE_LAUNCH'
    end as quarantine_reason,
    case
        when not coalesce(list_contains(modules, module), false) then 'OTHER_MODULE'
        when not is_enabled then 'DISABLED'
        when status_meaning = 'duplicate' then 'DUPLICATE'
        when excludes_flagged_duplicates and is_flagged_duplicate then 'FLAGGED_DUPLICATE'
        when registration_date > as_of then 'AFTER_AS_OF'
        when meaning_then = 'not_accepted' then 'NOT_ACCEPTED'
        when excludes_unknown_status and meaning_then is null then 'UNKNOWN_STATUS'
        when age_at_registration >= adult_age then 'NOT_A_CHILD'
        when excludes_unknown_age and age_at_registration is null then 'UNKNOWN_AGE'
        when excludes_withheld_consent and consent_reporting = false then 'CONSENT_WITHHELD'
        when excludes_unknown_consent and consent_reporting is null then 'CONSENT_UNKNOWN'
    end as exclusion_reason,
    quarantine_reason is null and exclusion_reason is null as is_loaded,
from aged
