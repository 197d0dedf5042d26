{{ base_cells(
    population=ref('int_children_as_of'),
    where='is_referred',
    dimensions=['county', 'sex', 'age'],
    measures={'children': 'count(*)'},
) }}
