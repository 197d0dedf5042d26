-- One row a loaded child, its codes checked against the reviewed lists.
with nationality_code as (
    select
        case_id,
        unnest(items(nationality)) as code,
    from loaded_case
    where nationality is not null
),

nationality_list as (
    select
        nationality_code.case_id,
        list(distinct coalesce(ref_codes.code, '_U') order by coalesce(ref_codes.code, '_U')) as nationality,
        count(*) filter (where ref_codes.code is null) as unknown_nationalities,
    from nationality_code
    left join ref_codes on ref_codes.dimension = 'citizenship' and nationality_code.code = ref_codes.code
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
left join ref_codes as sex_code on sex_code.dimension = 'sex' and loaded_case.sex = sex_code.code
left join ref_codes as entry_code on entry_code.dimension = 'entry_point' and loaded_case.entry_point = entry_code.code
