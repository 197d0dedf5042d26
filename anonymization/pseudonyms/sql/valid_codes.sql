-- The crosswalk: a source code and the days on which it may be entered; at rest it is called `code`. The days of one
-- source code do not overlap, so a join by code and day finds one row at most; a day that is not known finds none.
select
    dimension,
    source_code,
    code,
    concept,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
from ref_codes
