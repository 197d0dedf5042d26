-- Dates and ages. Source timestamps are UTC without a zone; days are the deployment's own. PostgreSQL knows times
-- that no calendar does, such as -infinity: they have no day.
create or replace temp macro is_usable_moment(utc) as
    coalesce(utc between timestamp '1900-01-01' and timestamp '2199-12-31', false);

create or replace temp macro local_date(utc) as
    case
        when is_usable_moment(utc)
            then cast(timezone((select time_zone from run), timezone('UTC', utc)) as date)
    end;

-- A date or time that a record about a living child can hold; anything else is as good as no date.
create or replace temp macro plausible_date(written) as
    case when try_cast(written as date) between date '1900-01-01' and date '2199-12-31' then try_cast(written as date) end;

create or replace temp macro plausible_time(written) as
    case when plausible_date(try_cast(written as timestamptz)::date) is not null then try_cast(written as timestamptz) end;

-- Completed years; a birthday on 29 February is reached on 1 March in common years.
create or replace temp macro completed_years(born, day) as
    cast(
        year(day) - year(born)
        - case when month(day) * 100 + day(day) < month(born) * 100 + day(born) then 1 else 0 end
        as smallint
    );

create or replace temp macro age_on(birth_date, age_as_entered, registration_date, day) as
    case
        when day is null then null
        else
            coalesce(
                completed_years(birth_date, day),
                age_as_entered + greatest(completed_years(registration_date, day), 0)
            )
    end::smallint;

-- The age on the last month's end: a birth month tells it already, so that it narrows nobody's birthday. Not below the age
-- at registration, which is told beside it.
create or replace temp macro age_at_month_end_before(birth_date, age_as_entered, registration_date, day) as
    greatest(
        age_on(
            birth_date,
            age_as_entered,
            registration_date,
            case when day = last_day(day) then day else cast(date_trunc('month', day) - interval 1 day as date) end
        ),
        case
            when day >= registration_date
                then age_on(birth_date, age_as_entered, registration_date, registration_date)
            when last_day(day) = last_day(birth_date) then 0
        end
    )::smallint;

create or replace temp macro quarantine_reason_of(quarantined_field, has_no_id, is_future) as
    case
        when quarantined_field is null then null
        when has_no_id then 'NO_ID'
        when is_future then 'FUTURE_DATE'
        else 'BROKEN_TYPE'
    end;
