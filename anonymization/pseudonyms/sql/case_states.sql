-- One row a value that a loaded child's record held: the initial one (entry_no 0), then every change known by known_at.
with dated as (
    {dated_changes}
),

initial_change as (
    select
        case_id,
        field,
        arg_min(struct_pack(v := from_value), struct_pack(t := changed_at, i := entry_id)) as first_change,
    from dated
    group by case_id, field
),

current_value as (
    {dated_values}
),

held as (
    select
        current_value.case_id,
        current_value.field,
        case
            when initial_change.first_change is not null then initial_change.first_change.v
            else current_value.value
        end as source_value,
        loaded_case.created_date as since,
        loaded_case.registration_date as entered_on,
        0 as entry_no,
    from current_value
    inner join loaded_case on current_value.case_id = loaded_case.case_id
    left join initial_change
        on current_value.case_id = initial_change.case_id and current_value.field = initial_change.field
    union all by name
    select
        dated.case_id,
        field,
        to_value as source_value,
        local_date(changed_at) as since,
        greatest(loaded_case.registration_date, local_date(changed_at)) as entered_on,
        cast(row_number() over (partition by dated.case_id, field order by changed_at, entry_id) as integer) as entry_no,
    from dated
    inner join loaded_case on dated.case_id = loaded_case.case_id
)

select
    held.*,
    coalesce(listed_value.value, '_U') as value,
    case
        when held.source_value is null then null
        when listed_value.source_value is null then 'UNKNOWN_CODE'
        when listed_value.value is null then 'ABOVE_COUNTY'
    end as finding,
from held
left join listed_value
    on
        held.field = listed_value.field
        and held.source_value = listed_value.source_value
        and held.entered_on between listed_value.valid_from and listed_value.valid_to
