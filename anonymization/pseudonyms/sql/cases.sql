-- One row a loaded child, its codes checked against the lists reviewed for the day of registration.
with nationality_code as (
    select
        case_id,
        registration_date,
        unnest(items(nationality)) as code,
    from loaded_case
    where nationality is not null
),

nationality_list as (
    select
        nationality_code.case_id,
        list(distinct coalesce(valid_code.code, '_U') order by coalesce(valid_code.code, '_U')) as nationality,
        count(*) filter (where valid_code.code is null) as unknown_nationalities,
    from nationality_code
    left join valid_code
        on
            valid_code.dimension = 'citizenship'
            and nationality_code.code = valid_code.source_code
            and nationality_code.registration_date between valid_code.valid_from and valid_code.valid_to
    group by nationality_code.case_id
)

select
    loaded_case.case_id,
    loaded_case.registration_date,
    coalesce(sex_code.code, '_U') as sex,
    coalesce(nationality_list.nationality, []) as nationality,
    coalesce(entry_code.code, '_U') as entry_point,
    loaded_case.birth_date,
    loaded_case.age_at_registration,
    loaded_case.age_as_of,
    loaded_case.age_as_of_at_month_end,
    loaded_case.is_age_estimated or loaded_case.birth_date is null as is_age_estimated,
    loaded_case.registered_by,
    loaded_case.sex is not null and sex_code.code is null as has_unknown_sex,
    loaded_case.entry_point is not null and entry_code.code is null as has_unknown_entry_point,
    coalesce(nationality_list.unknown_nationalities, 0) as unknown_nationalities,
from loaded_case
left join nationality_list on loaded_case.case_id = nationality_list.case_id
left join valid_code as sex_code
    on
        sex_code.dimension = 'sex'
        and loaded_case.sex = sex_code.source_code
        and loaded_case.registration_date between sex_code.valid_from and sex_code.valid_to
left join valid_code as entry_code
    on
        entry_code.dimension = 'entry_point'
        and loaded_case.entry_point = entry_code.source_code
        and loaded_case.registration_date between entry_code.valid_from and entry_code.valid_to
