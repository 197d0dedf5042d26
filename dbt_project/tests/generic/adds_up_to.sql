{# Fails when the cells of an indicator do not add up to the records of the snapshot that they stand for. #}
{% test adds_up_to(model, measure, population, among='true') %}
    select cells.total as in_cells, records.total as in_population
    from (select coalesce(sum({{ measure }}), 0) as total from {{ model }}) as cells
    cross join (select count(*) as total from {{ population }} where {{ among }}) as records
    where cells.total <> records.total
{% endtest %}
