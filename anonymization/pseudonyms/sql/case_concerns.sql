-- One row a loaded child and concern, with the day it was first recorded. Concerns never shrink in Primero.
with listed as (
    {concern_changes}
),

first_change as (
    select
        case_id,
        arg_min(struct_pack(v := old_list), struct_pack(t := changed_at, i := entry_id)) as first_change,
    from listed
    group by case_id
),

-- what was listed at first was there from the registration on, whenever that was entered
lists as (
    select
        loaded_case.case_id,
        case when first_change.case_id is not null then first_change.first_change.v else known.concerns end as codes,
        least(loaded_case.created_date, loaded_case.registration_date) as since,
    from loaded_case
    inner join known on loaded_case.case_id = known.case_id
    left join first_change on loaded_case.case_id = first_change.case_id
    union all by name
    select
        listed.case_id,
        listed.new_list as codes,
        local_date(listed.changed_at) as since,
    from listed
    inner join loaded_case on listed.case_id = loaded_case.case_id
    union all by name
    -- added by a script that left no history: without a day
    select
        first_change.case_id,
        known.concerns as codes,
        null::date as since,
    from first_change
    inner join known on first_change.case_id = known.case_id
),

pairs as (
    select
        case_id,
        unnest(items(codes)) as code,
        since,
    from lists
    where codes is not null
),

-- a code counts by the list that first holds it: that it still stands in later ones says nothing of its validity then
first_listed as (
    select
        pairs.case_id,
        pairs.code,
        min(pairs.since) as since,
        greatest(any_value(loaded_case.registration_date), min(pairs.since)) as entered_on,
    from pairs
    inner join loaded_case on pairs.case_id = loaded_case.case_id
    group by pairs.case_id, pairs.code
)

select
    case_id,
    coalesce(valid_code.code, '_U') as concern,
    min(since) as since,
    count(*) filter (where valid_code.code is null) as unknown_codes,
from first_listed
left join valid_code
    on
        valid_code.column_name = 'concerns'
        and first_listed.code = valid_code.source_code
        and first_listed.entered_on between valid_code.valid_from and valid_code.valid_to
group by case_id, concern
