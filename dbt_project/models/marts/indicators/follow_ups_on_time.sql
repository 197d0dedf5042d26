{{ base_cells(
    population=ref('int_follow_up_outcomes'),
    month_of='due_date',
    dimensions=['county', 'risk'],
    measures={'due': 'count(*)', 'on_time': 'count(*) filter (where is_on_time)'},
) }}
