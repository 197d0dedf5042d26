{# A condition: the column's concept has one of these roles, whatever code the deployment gives it. #}
{% macro has_role(column, roles, dimension=none) -%}
    {{ column }} in (
        select code from {{ ref('dim_concept') }}
        where dimension = '{{ dimension or column }}' and role in ('{{ roles | join("', '") }}')
    )
{%- endmacro %}
