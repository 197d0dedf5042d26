{# Fails when the cells of an indicator do not add up to the rows of its population. #}
{% test adds_up_to(model, measure, population, among='true') %}
    select cells.total as in_cells, rows_counted.total as in_population
    from (select coalesce(sum({{ measure }}), 0) as total from {{ model }}) as cells
    cross join (select count(*) as total from {{ population }} where {{ among }}) as rows_counted
    where cells.total <> rows_counted.total
{% endtest %}
