-- What a dated source value is generalised to, and on which days: a reviewed code stays, a location or a group becomes
-- its county.
select
    ref_fields.state as field,
    valid_code.source_code as source_value,
    valid_code.code as value,
    valid_code.valid_from,
    valid_code.valid_to,
from valid_code
inner join ref_fields on valid_code.column_name = ref_fields.column_name
where ref_fields.section = 'case' and ref_fields.state is not null
union all
select
    'residence' as field,
    location_code as source_value,
    county as value,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to,
from ref_locations
union all
select
    'owner_county' as field,
    owner_groups.source_value,
    arg_min(ref_groups.county, owner_groups.position) as value,
    date '0001-01-01' as valid_from,
    date '9999-12-31' as valid_to,
from (
    select
        source_value,
        unnest(items(source_value)) as group_id,
        generate_subscripts(items(source_value), 1) as position,
    from owner_group_list
) as owner_groups
inner join ref_groups on owner_groups.group_id = ref_groups.group_id
group by owner_groups.source_value
