{# The attributes of a case, from the profile's list of fields: what marts call each, where the snapshot has it, and
   whether it is held by day. Read while running only: the fields are those of the snapshot, not of the project. #}
{% macro attributes() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set file = env_var('CASELIGHT_SNAPSHOT') | replace("'", "''") ~ '/ref_fields.parquet' %}
    {% set rows = run_query(
        "select attribute, column_name, coalesce(state, '') as state, type, dimension, is_own from read_parquet('" ~ file ~ "')"
        ~ " where section = 'case' and attribute is not null"
    ) %}
    {% set found = [] %}
    {% for row in rows %}
        {% do found.append({
            'attribute': row[0], 'column': row[1], 'state': row[2], 'type': row[3], 'dimension': row[4], 'is_own': row[5]
        }) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# Those of `attributes()` that have one value for good. #}
{% macro fixed_attributes() %}
    {{ return(attributes() | selectattr('state', 'equalto', '') | list) }}
{% endmacro %}

{# Those of `attributes()` that are held by day; `named`: only these, and the profile's own. #}
{% macro held_attributes(named) %}
    {% set found = [] %}
    {% for one in attributes() if one.state and (one.attribute in named or one.is_own) %}
        {% do found.append(one) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# Each attribute with one value for good as a statistical concept; of a list of codes the concept that comes first. #}
{% macro fixed_concepts(cases, concepts) -%}
    {% for one in fixed_attributes() if one.type == 'code' %}
        coalesce({{ concepts }}_of_{{ one.attribute }}.concept, '_U') as {{ one.attribute }},
    {% endfor %}
    {% for one in fixed_attributes() if one.type == 'codes' %}
        {{ first_concept(cases ~ '.' ~ one.column, one.dimension) }} as {{ one.attribute }},
    {% endfor %}
{%- endmacro %}

{# The joins that `fixed_concepts` reads: `concepts` has attribute, code and concept. #}
{% macro joined_concepts(cases, concepts) -%}
    {% for one in fixed_attributes() if one.type == 'code' %}
        left join {{ concepts }} as {{ concepts }}_of_{{ one.attribute }}
            on {{ cases }}.{{ one.column }} = {{ concepts }}_of_{{ one.attribute }}.code
            and {{ concepts }}_of_{{ one.attribute }}.attribute = '{{ one.attribute }}'
    {% endfor %}
{%- endmacro %}

{# The columns that aggregate what each attribute was on a day, over a child's states. #}
{% macro values_on(day, named) -%}
    {% for one in held_attributes(named) %}
        {{ value_held(one.state, day) }} as {{ one.attribute }},
    {% endfor %}
{%- endmacro %}

{# The columns of each attribute: those held by day from `states`, those for good from `cases`. #}
{% macro attribute_columns(named, states='states', cases='cases') -%}
    {% for one in attributes() if one.attribute in named or one.is_own %}
        {% if one.state %}
            coalesce({{ states }}.{{ one.attribute }}, '_U') as {{ one.attribute }},
        {% else %}
            coalesce({{ cases }}.{{ one.attribute }}, '_U') as {{ one.attribute }},
        {% endif %}
    {% endfor %}
{%- endmacro %}

{# The columns of each attribute with one value for good, from `cases`. #}
{% macro fixed_columns(named, cases='cases') -%}
    {% for one in fixed_attributes() if one.attribute in named or one.is_own %}
        {{ cases }}.{{ one.attribute }},
    {% endfor %}
{%- endmacro %}

{# The states that `values_on` reads, as a list for `in`. #}
{% macro states_of(named) -%}
    ({% for one in held_attributes(named) %}'{{ one.state }}'{{ ', ' if not loop.last }}{% else %}''{% endfor %})
{%- endmacro %}

{# Of a list of source codes the concept that comes first in the profile's list of concepts; without any `_U`. #}
{% macro first_concept(codes, dimension) -%}
    {% if execute %}
        {% set folder = env_var('CASELIGHT_SNAPSHOT') | replace("'", "''") %}
        {% set rows = run_query(
            "select concept, string_agg('''' || replace(code, '''', '''''') || '''', ', ' order by code) from read_parquet('" ~ folder ~ "/ref_codes.parquet')"
            ~ " inner join read_parquet('" ~ folder ~ "/ref_concepts.parquet') as concepts using (dimension, concept)"
            ~ " where dimension = '" ~ dimension ~ "' and concept <> '_U'"
            ~ " group by concept, concepts.sort_order order by concepts.sort_order"
        ) %}
        case
            {% for row in rows %}
                when list_has_any({{ codes }}, [{{ row[1] }}])
                    then '{{ row[0] }}'
            {% endfor %}
            else '_U'
        end
    {%- else -%}
        '_U'
    {%- endif %}
{%- endmacro %}
