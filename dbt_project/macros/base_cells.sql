{# An ordinary indicator: how many of a population stand in each combination of the dimensions.
   population   relation with one row per thing counted
   dimensions   columns of it, never null; a column that this deployment's profile does not have is _U throughout
   measures     name -> aggregate expression; each becomes a BIGINT
   where        which rows count
   month_of     date column of a flow: adds month 'YYYY-MM' and quarter 'YYYY-Qn'
   Only combinations that occur have a row. Totals are made later, from these cells. #}
{% macro base_cells(population, dimensions, measures, where='true', month_of=none) -%}
{%- set missing = missing_columns(population, dimensions) -%}
{%- set month_start = "date_trunc('month', " ~ month_of ~ ")" -%}
select
    {%- if month_of %}
    {{ month_code(month_start) }} as month,
    {{ quarter_code(month_start) }} as quarter,
    {%- endif %}
    {%- for dimension in dimensions %}
    {{ "cast('_U' as varchar) as " if dimension in missing }}{{ dimension }},
    {%- endfor %}
    {%- for name, expression in measures.items() %}
    cast({{ expression }} as bigint) as {{ name }},
    {%- endfor %}
from {{ population }}
where {{ where }}
group by {% if month_of %}{{ month_start }}, {% endif %}{{ dimensions | join(', ') }}
{%- endmacro %}

{# Which of these columns the relation does not have; none where it cannot be asked, as while parsing. #}
{% macro missing_columns(relation, columns) %}
    {% if not execute or relation is string %}{{ return([]) }}{% endif %}
    {% set held = adapter.get_columns_in_relation(relation) | map(attribute='name') | list %}
    {{ return(columns | reject('in', held) | list if held else []) }}
{% endmacro %}
