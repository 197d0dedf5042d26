-- The crosswalk by column: a source code and the days on which it may be entered; at rest it is called `code`. The days
-- of one source code do not overlap, so a join by code and day finds one row at most; a day that is not known finds none.
select
    ref_fields.column_name,
    ref_codes.source_code,
    ref_codes.code,
    ref_codes.concept,
    ref_concepts.role,
    coalesce(ref_codes.valid_from, date '0001-01-01') as valid_from,
    coalesce(ref_codes.valid_to, date '9999-12-31') as valid_to,
from ref_codes
inner join ref_fields on ref_codes.dimension = ref_fields.dimension
left join ref_concepts on ref_codes.dimension = ref_concepts.dimension and ref_codes.concept = ref_concepts.concept
