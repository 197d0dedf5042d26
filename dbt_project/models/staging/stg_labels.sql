with labels as (select * from {{ source('snapshot', 'ref_labels') }}),

run as (select * from {{ source('snapshot', 'ref_run') }}),

-- The run calls its source source_label_<language>, in whatever languages the deployment has.
sources as (
    unpivot (select source_code, columns('source_label_.*') from run)
    on columns(* exclude source_code) into name language value label
)

select
    classification,
    code,
    language,
    label,
from labels
union all
select
    'source' as classification,
    source_code as code,
    replace(language, 'source_label_', '') as language,
    label,
from sources
