-- One row a loaded child, its codes checked against the lists reviewed for the day of registration.
with {listed}
loaded as (select * from loaded_case)

select
    loaded.case_id,
    loaded.registration_date,
    {codes}
    loaded.birth_date,
    loaded.age_at_registration,
    loaded.age_as_of,
    loaded.age_as_of_at_month_end,
    loaded.is_age_estimated or loaded.birth_date is null as is_age_estimated,
    loaded.registered_by,
from loaded
{joins}
