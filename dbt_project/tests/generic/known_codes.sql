{# Fails for every code of an indicator that its dimension table does not explain. Areas, ages and months have a table of
   their own; any other column is a dimension of concepts. `_T` is a total, not a code. #}
{% test known_codes(model, columns) %}
    {% set tables = {'county': 'dim_area', 'owner_county': 'dim_area', 'age': 'dim_age', 'month': 'dim_month'} %}
    {% set keys = {'dim_area': 'area', 'dim_age': 'age', 'dim_month': 'month', 'dim_concept': 'code'} %}
    {% for column in columns %}
        {% set table = tables.get(column, 'dim_concept') %}
        select distinct '{{ column }}' as dimension, {{ column }} as code
        from {{ model }}
        where {{ column }} <> '_T' and {{ column }} not in (
            select {{ keys[table] }} from {{ ref(table) }}
            {% if table == 'dim_concept' %} where dimension = '{{ column }}' {% endif %}
        )
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
{% endtest %}
