with cases as (select * from {{ source('snapshot', 'cases') }}),

sexes as ({{ codes('sex') }}),

entry_points as ({{ codes('entry_point') }}),

-- One row: the source codes of each citizenship.
nationalities as (
    select
        coalesce(list(code) filter (where concept = 'UKR'), []) as ukrainian,
        coalesce(list(code) filter (where concept = 'OTH'), []) as other,
        coalesce(list(code) filter (where concept = 'STLS'), []) as stateless,
    from ({{ codes('citizenship') }})
)

select
    cases.case_pseudonym,
    cases.registration_date,
    cases.age_at_registration,
    cases.age_as_of,
    cases.is_age_estimated,
    coalesce(sexes.concept, '_U') as sex,
    coalesce(entry_points.concept, '_U') as entry_point,
    case
        when list_has_any(cases.nationality, nationalities.ukrainian) then 'UKR'
        when list_has_any(cases.nationality, nationalities.other) then 'OTH'
        when list_has_any(cases.nationality, nationalities.stateless) then 'STLS'
        else '_U'
    end as citizenship,
from cases
cross join nationalities
left join sexes on cases.sex = sexes.code
left join entry_points on cases.entry_point = entry_points.code
