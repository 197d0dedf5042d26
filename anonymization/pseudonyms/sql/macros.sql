-- What was written, read strictly: what is not in a documented form is no value, whatever a database would make of it.

-- The first step: without blanks, and without the quotation marks of JSON. A step of its own, since a macro that calls
-- others over and over makes the plan grow.
create or replace temp macro trimmed(written) as
    trim(written, ' "' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8203) || chr(65279));

-- Blanks, and what forms and scripts write for nothing.
create or replace temp macro is_nothing(trimmed_text) as lower(trimmed_text) in ('', 'null', '[]', '{}');

create or replace temp macro items(json_list) as
    list_filter(
        list_transform(from_json(json_list, '["VARCHAR"]'), lambda item: trimmed(item)),
        lambda item: not is_nothing(item)
    );

-- A list of one is its value; a list of several stays as it is, and so is a value that nobody knows.
create or replace temp macro one_of(text) as
    case
        when json_valid(text)
            then list_transform(
                [list_distinct(items(text))],
                lambda found: case len(found) when 0 then null when 1 then found[1] else text end
            )[1]
        else text
    end;

-- One value, from trimmed text.
create or replace temp macro one_value(trimmed_text) as
    case
        when is_nothing(trimmed_text) then null
        when left(trimmed_text, 1) = '[' then one_of(trimmed_text)
        else trimmed_text
    end;

-- A list that was written as a text is the list.
create or replace temp macro unwrapped(json) as
    case
        when
            left(json, 1) = '"'
            and left(trimmed(json), 1) in ('[', '{')
            and json_valid(json_extract_string(json, '$'))
            then trim(json_extract_string(json, '$'))
        else json
    end;

-- A list of codes, from JSON. A single value is a list of one.
create or replace temp macro code_list(json) as
    case
        when is_nothing(trimmed(json)) then null
        when left(json, 1) <> '[' then '[' || json || ']'
        when len(items(json)) = 0 then null
        else json
    end;

-- The rows of a subform, from JSON. A single row is a list of one; anything but rows is none.
create or replace temp macro subform_rows(json) as case when is_nothing(trimmed(json)) then null else json end;

create or replace temp macro row_list(json) as
    case left(json, 1) when '[' then json when '{' then '[' || json || ']' end;

-- ISO 8601, as Primero writes it: a date, or a date and time with or without seconds, fraction and offset.
create or replace temp macro is_iso_date(written) as regexp_full_match(written, '\d{4}-\d{2}-\d{2}');

create or replace temp macro is_iso_time(written) as
    regexp_full_match(
        written, '\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?'
    );

-- The engine reads an offset only after seconds.
create or replace temp macro moment_of(written) as
    try_cast(regexp_replace(written, '(T\d{2}:\d{2})(Z|[+-]|$)', '\1:00\2') as timestamptz);

-- Source timestamps are UTC without a zone; days are the deployment's own. PostgreSQL knows times that no calendar
-- does, such as -infinity: they have no day.
create or replace temp macro is_usable_moment(utc) as
    coalesce(utc between timestamp '1900-01-01' and timestamp '2199-12-31', false);

create or replace temp macro local_date(utc) as
    case
        when is_usable_moment(utc)
            then cast(timezone((select time_zone from run), timezone('UTC', utc)) as date)
    end;

create or replace temp macro plausible_time(written) as
    case
        when is_iso_date(written) or is_iso_time(written)
            then case
                when moment_of(written) between timestamptz '1900-01-01' and timestamptz '2199-12-31'
                    then moment_of(written)
            end
    end;

-- A day. A time is the local day it falls on, but midnight in UTC is how some clients write a day.
create or replace temp macro plausible_date(written) as
    case
        when is_iso_date(written)
            then case
                when try_cast(written as date) between date '1900-01-01' and date '2199-12-31'
                    then try_cast(written as date)
            end
        when regexp_full_match(written, '.{10}T00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?') then cast(plausible_time(written) as date)
        when is_iso_time(written) then local_date(timezone('UTC', plausible_time(written)))
    end;

-- Why a date that is written is none: another calendar or a short year (IMPLAUSIBLE_YEAR), else no date at all.
create or replace temp macro date_fault(written, day) as
    case
        when written is null or day is not null then null
        when regexp_full_match(written, '\d{1,2}[-/.]\d{1,2}[-/.]\d{2}') then 'IMPLAUSIBLE_YEAR'
        when
            regexp_full_match(written, '[+-]?\d+-\d{1,2}-\d{1,2}(T.*)?')
            and coalesce(
                try_cast(regexp_extract(written, '^([+-]?\d+)-', 1) as bigint) not between 1900 and 2199, true
            )
            then 'IMPLAUSIBLE_YEAR'
        else 'BROKEN_TYPE'
    end;

-- Completed years as somebody entered them: 9, 9.0 and 9.5 are 9. An age that nobody reaches is none.
create or replace temp macro entered_age(written) as
    case
        when
            regexp_full_match(written, '\d{1,3}(\.\d+)?')
            and cast(split_part(written, '.', 1) as smallint) <= (select oldest_age from run)
            then cast(split_part(written, '.', 1) as smallint)
    end;

create or replace temp macro age_fault(written) as
    case
        when written is null or entered_age(written) is not null then null
        when regexp_full_match(written, '\d+(\.\d+)?') then 'IMPLAUSIBLE_AGE'
        else 'BROKEN_TYPE'
    end;

-- Yes or no: JSON's own words, and those of yes-no questions.
create or replace temp macro yes_or_no(written) as
    case lower(written) when 'true' then true when 'yes' then true when 'false' then false when 'no' then false end;

create or replace temp macro yes_no_fault(written, fault) as
    case when written is not null and yes_or_no(written) is null then fault end;

-- What a status counts as: its reviewed meaning, or for another word what the policy says.
create or replace temp macro status_word(status, meaning) as
    case when status is not null then coalesce(meaning, (select unknown_status from run)) end;

-- A value that was lost: named, and why. Null where nothing was.
create or replace temp macro lost_value(field, fault) as
    case when fault is not null then struct_pack(field := field, reason := fault) end;

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
