{{ base_cells(
    population=ref('int_children'),
    month_of='registration_date',
    dimensions=['county', 'owner_county', 'sex', 'age', 'citizenship', 'care_status'],
    measures={'children': 'count(*)'},
) }}
