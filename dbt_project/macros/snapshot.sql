{# The snapshot's Parquet files as views of the schema `snapshot`, for the length of one run.
   The environment is read only while running: read while parsing, it would make dbt parse anew for every snapshot. #}
{% macro open_snapshot() %}
    {% if execute %}
        {% set folder = env_var('CASELIGHT_SNAPSHOT') | replace("'", "''") %}
        create schema if not exists snapshot;
        {% for source in graph.sources.values() %}
            create or replace view snapshot.{{ source.name }} as
            select * from read_parquet('{{ folder }}/{{ source.name }}.parquet');
        {% endfor %}
    {% endif %}
{% endmacro %}

{# The finished warehouse stands alone: no view of it points outside. #}
{% macro close_snapshot() %}
    drop schema if exists snapshot cascade;
{% endmacro %}
