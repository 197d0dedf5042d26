{{ base_cells(
    population=ref('int_closures'),
    month_of='event_date',
    dimensions=['county', 'sex', 'age', 'care_status', 'closure_reason'],
    measures={'closures': 'count(*)'},
) }}
