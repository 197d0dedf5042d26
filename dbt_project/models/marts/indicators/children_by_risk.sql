{{ base_cells(
    population=ref('int_children_as_of'),
    dimensions=['county', 'sex', 'age', 'risk', 'is_open', 'is_closed'],
    measures={'children': 'count(*)'},
) }}
