{{ base_cells(
    population=ref('int_children_as_of'),
    where='is_open',
    dimensions=['county', 'entry_point', 'intention', 'sex', 'age'],
    measures={'children': 'count(*)'},
) }}
