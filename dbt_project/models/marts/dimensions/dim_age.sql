{% set systems = ['seed3', 'napcra4', 'unhcr3', 'estat_uam', 'estat_tp', 'un5'] %}
{% set listed = "'" ~ systems | join("', '") ~ "'" %}
with level_codes as (select * from {{ ref('stg_level_codes') }}),

labels as (
    select
        code,
        max(label) filter (where language = 'en') as label_en,
        max(label) filter (where language = 'ro') as label_ro,
        max(label) filter (where language = 'uk') as label_uk,
    from {{ ref('stg_labels') }}
    where classification = 'single'
    group by code
)

select
    level_codes.leaf as age,
    cast(level_codes.sort_order as integer) as sort_order,
    any_value(labels.label_en) as label_en,
    any_value(labels.label_ro) as label_ro,
    any_value(labels.label_uk) as label_uk,
    {% for system in systems %}
        max(level_codes.code) filter (where level_codes.classification = '{{ system }}') as {{ system }},
    {% endfor %}
from level_codes
inner join labels on level_codes.leaf = labels.code
where level_codes.classification in ({{ listed }})
group by level_codes.leaf, level_codes.sort_order
