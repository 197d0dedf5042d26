{{ base_cells(
    population=ref('int_children_as_of'),
    where="is_open and care_status in ('UNACC', 'SEP')",
    dimensions=['county', 'sex', 'age', 'care_status', 'care_type'],
    measures={'children': 'count(*)'},
) }}
