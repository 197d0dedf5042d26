{# An ordinary indicator: how many of a population stand in each combination of the dimensions.
   population   relation with one row per thing counted
   dimensions   columns of it, never null
   measures     name -> aggregate expression; each becomes a BIGINT
   where        which rows count
   month_of     date column of a flow: adds month 'YYYY-MM' and quarter 'YYYY-Qn'
   Only combinations that occur have a row. Totals are made later, from these cells. #}
{% macro base_cells(population, dimensions, measures, where='true', month_of=none) -%}
{%- set month_start = "date_trunc('month', " ~ month_of ~ ")" -%}
select
    {%- if month_of %}
    {{ month_code(month_start) }} as month,
    {{ quarter_code(month_start) }} as quarter,
    {%- endif %}
    {%- for dimension in dimensions %}
    {{ dimension }},
    {%- endfor %}
    {%- for name, expression in measures.items() %}
    cast({{ expression }} as bigint) as {{ name }},
    {%- endfor %}
from {{ population }}
where {{ where }}
group by {% if month_of %}{{ month_start }}, {% endif %}{{ dimensions | join(', ') }}
{%- endmacro %}
