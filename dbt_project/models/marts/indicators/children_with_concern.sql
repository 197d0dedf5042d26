{{ base_cells(
    population=ref('int_children_as_of'),
    where='has_concern',
    dimensions=['county', 'sex', 'age'],
    measures={'children': 'count(*)'},
) }}
