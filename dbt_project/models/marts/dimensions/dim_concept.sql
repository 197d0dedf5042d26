with concepts as (select * from {{ ref('stg_concepts') }}),

labels as (select * from {{ ref('stg_labels') }})

select
    concepts.dimension,
    concepts.code,
    concepts.role,
    max(labels.label) filter (where labels.language = 'en') as label_en,
    max(labels.label) filter (where labels.language = 'ro') as label_ro,
    max(labels.label) filter (where labels.language = 'uk') as label_uk,
    cast(concepts.sort_order as integer) as sort_order,
from concepts
inner join labels on concepts.dimension = labels.classification and concepts.code = labels.code
group by concepts.dimension, concepts.code, concepts.role, concepts.sort_order
