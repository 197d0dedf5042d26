{{ base_cells(
    population=ref('int_children_as_of'),
    where='is_open',
    dimensions=['county', 'owner_county', 'sex', 'age', 'citizenship', 'care_status', 'risk', 'intention'],
    measures={'children': 'count(*)'},
) }}
