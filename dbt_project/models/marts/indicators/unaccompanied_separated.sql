{{ base_cells(
    population=ref('int_children_as_of'),
    where='is_open and ' ~ has_role('care_status', ['unaccompanied', 'separated']),
    dimensions=['county', 'sex', 'age', 'care_status', 'care_type'],
    measures={'children': 'count(*)'},
) }}
