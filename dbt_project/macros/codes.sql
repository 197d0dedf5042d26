{# Source codes of one column with their statistical concept, from the deployment's crosswalk. #}
{% macro codes(column) %}
    select ref_codes.code, ref_codes.concept
    from {{ source('snapshot', 'ref_codes') }} as ref_codes
    inner join {{ source('snapshot', 'ref_fields') }} as ref_fields on ref_codes.dimension = ref_fields.dimension
    where ref_fields.column_name = '{{ column }}'
{% endmacro %}

{# Single year of age as in dim_age. 18 and over is shown, outside "children". #}
{% macro age_code(age) -%}
    case when {{ age }} between 0 and 17 then 'Y' || {{ age }} when {{ age }} >= 18 then 'Y_GE18' else '_U' end
{%- endmacro %}

{% macro month_code(day) -%}
    strftime({{ day }}, '%Y-%m')
{%- endmacro %}

{% macro quarter_code(day) -%}
    strftime({{ day }}, '%Y') || '-Q' || quarter({{ day }})
{%- endmacro %}
