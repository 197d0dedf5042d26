{# Fails for every code of an indicator that its dimension table does not explain. The columns checked are the
   model's own columns that `vars.dimensions` lists. `_T` is a total, not a code. #}
{% test known_codes(model, columns) %}
    {% for column in columns %}
        {% set dimension = var('dimensions')[column] %}
        {% set code = {'dim_area': 'area', 'dim_age': 'age', 'dim_month': 'month', 'dim_concept': 'code'}[dimension] %}
        select distinct '{{ column }}' as dimension, {{ column }} as code
        from {{ model }}
        where {{ column }} <> '_T' and {{ column }} not in (
            select {{ code }} from {{ ref(dimension) }}
            {% if dimension == 'dim_concept' %} where dimension = '{{ column }}' {% endif %}
        )
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
{% endtest %}
