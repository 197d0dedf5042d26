{% set systems = ['seed3', 'napcra4', 'unhcr3', 'estat_uam', 'estat_tp', 'un5'] %}
with bands as (select * from {{ ref('age_bands') }}),

ages as (
    select * from bands
    where age_system = 'single' or (age_system = '_Z' and age_band <> '_T')
)

select
    ages.age_band as age,
    cast(coalesce(ages.age_from, 99) as integer) as sort_order,
    ages.label_en,
    ages.label_ro,
    ages.label_uk,
    {% for system in systems %}
        coalesce(max(bands.age_band) filter (where bands.age_system = '{{ system }}'), ages.age_band) as {{ system }},
    {% endfor %}
from ages
left join bands on ages.age_from between bands.age_from and bands.age_to
group by ages.age_band, ages.age_from, ages.label_en, ages.label_ro, ages.label_uk
