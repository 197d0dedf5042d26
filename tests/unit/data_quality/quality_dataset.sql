-- Four synthetic children, their snapshot and their marts: a dataset in which every rule holds.
-- 1 open in Timiș, unaccompanied; 2 open in Bucharest, separated; 3 closed, reopened and closed; 4 open in Timiș.
create schema snapshot;
create schema marts;

create table snapshot.ref_run as
select date '2023-12-31' as as_of, date '2024-01-15' as known_at, date '2022-07-25' as launch_date;

create table snapshot.ref_codes as
from (values
    ('sex', 'male'), ('sex', 'female'), ('citizenship', 'ua'), ('citizenship', 'md'), ('entry_point', 'siret'),
    ('care_status', 'alone'), ('care_status', 'separated'), ('care_status', 'accompanied'),
    ('risk', 'high'), ('risk', 'medium'), ('risk', 'low'), ('intention', 'stay'), ('intention', 'transit'),
    ('concern', 'disability'), ('concern', 'income'), ('care_type', 'kinship'), ('care_type', 'foster'),
    ('relation', 'mother'), ('relation', 'grandmother'), ('service', 'placement'), ('service', 'health'),
    ('closure_reason', 'needs_met'), ('closure_reason', 'left')
) as codes (dimension, code);

create table snapshot.ref_fields as
from (values
    ('case', 'sex', null, 'code', 'sex'), ('case', 'nationality', null, 'codes', 'citizenship'),
    ('case', 'entry_point', null, 'code', 'entry_point'), ('case', 'residence', 'residence', 'location', null),
    ('case', 'owner_groups', 'owner_county', 'groups', null),
    ('case', 'care_status', 'care_status', 'code', 'care_status'), ('case', 'risk', 'risk', 'code', 'risk'),
    ('case', 'intention', 'intention', 'code', 'intention'), ('case', 'concerns', null, 'codes', 'concern'),
    ('case', 'closure_reason', null, 'code', 'closure_reason'),
    ('care_arrangements', 'care_type', null, 'code', 'care_type'), ('family', 'relation', null, 'code', 'relation'),
    ('referrals', 'service', null, 'code', 'service')
) as fields (section, column_name, state, type, dimension);
alter table snapshot.ref_fields add column attribute varchar;
update snapshot.ref_fields
set attribute = case column_name when 'residence' then 'county' when 'owner_groups' then 'owner_county' end;

create table snapshot.ref_locations as
from (values ('RO', null), ('ROTM', 'RO424'), ('ROB', 'RO321')) as locations (location_code, county);

create table snapshot.coverage as
from (values
    ('cases', 'extracted', null, 6), ('cases', 'loaded', null, 4),
    ('cases', 'quarantined', 'BROKEN_TYPE', 1), ('cases', 'excluded', 'DUPLICATE', 1),
    ('follow_ups', 'extracted', null, 2), ('follow_ups', 'loaded', null, 2),
    ('care_arrangements', 'extracted', null, 2), ('care_arrangements', 'loaded', null, 2),
    ('caregivers', 'extracted', null, 3), ('caregivers', 'loaded', null, 2),
    ('caregivers', 'excluded', 'NOT_A_CAREGIVER', 1),
    ('referrals', 'extracted', null, 2), ('referrals', 'loaded', null, 2)
) as coverage (table_name, outcome, reason, records);

create table snapshot.findings (
    rule_id varchar, severity varchar, table_name varchar, field varchar, reason varchar, records bigint
);

create table snapshot.quarantine as
from (values ('cases', repeat('9', 64), 'BROKEN_TYPE', 'registration_date'))
as quarantine (table_name, case_pseudonym, reason, field);

create macro pseudonym(n) as repeat(n::varchar, 64);

create table snapshot.cases as
select
    pseudonym(n) as case_pseudonym,
    registration_date::date as registration_date,
    sex,
    nationality,
    'siret' as entry_point,
    birth_year::smallint as birth_year,
    birth_month::smallint as birth_month,
    age_at_registration::smallint as age_at_registration,
    age_as_of::smallint as age_as_of,
    false as is_age_estimated,
    pseudonym(9) as registered_by_pseudonym,
from (values
    (1, '2022-08-10', 'male', ['ua'], 2015, 3, 7, 8),
    (2, '2023-12-05', 'female', ['ua', 'md'], 2013, 5, 10, 10),
    (3, '2023-01-15', 'male', ['ua'], 2018, 4, 4, 5),
    (4, '2023-12-20', 'female', ['ua'], 2021, 6, 2, 2)
) as cases (n, registration_date, sex, nationality, birth_year, birth_month, age_at_registration, age_as_of);


create table snapshot.case_states as
select pseudonym(n) as case_pseudonym, field, value, since::date as since, entry_no::integer as entry_no,
from (values
    (1, 'residence', 'RO321', '2022-08-10', 0), (1, 'residence', 'RO424', '2023-01-01', 1),
    (2, 'residence', 'RO321', '2023-12-05', 0), (3, 'residence', 'RO321', '2023-01-15', 0),
    (4, 'residence', 'RO424', '2023-12-20', 0), (1, 'owner_county', 'RO424', '2022-08-10', 0),
    (1, 'care_status', 'alone', '2022-08-10', 0), (1, 'risk', 'high', '2022-08-10', 0),
    (1, 'intention', 'stay', '2022-08-10', 0)
) as states (n, field, value, since, entry_no);

create table snapshot.status_events as
select
    pseudonym(n) as case_pseudonym, event_no::integer as event_no, status, event_date::date as event_date,
    closure_reason, age::smallint as age,
from (values
    (1, 1, 'open', '2022-08-10', null, 7), (2, 1, 'open', '2023-12-05', null, 10),
    (3, 1, 'open', '2023-01-15', null, 4), (3, 2, 'closed', '2023-06-01', 'needs_met', 5),
    (3, 3, 'open', '2023-07-01', null, 5), (3, 4, 'closed', '2023-11-01', 'left', 5),
    (4, 1, 'open', '2023-12-20', null, 2)
) as events (n, event_no, status, event_date, closure_reason, age);

create table snapshot.case_concerns as
select pseudonym(n) as case_pseudonym, concern, date '2023-12-06' as since,
from (values (1, 'disability'), (1, 'income'), (2, 'disability')) as concerns (n, concern);

create table snapshot.follow_ups as
select
    pseudonym(n) as case_pseudonym, 'f' || pseudonym(n)[2:] as follow_up_pseudonym, due_date::date as due_date,
    done_date::date as done_date, age::smallint as age,
from (values (1, '2022-08-24', '2022-08-20', 7), (2, '2023-12-31', null, 10)) as f (n, due_date, done_date, age);

create table snapshot.care_arrangements as
select pseudonym(n) as case_pseudonym, 'a' || pseudonym(n)[2:] as care_arrangement_pseudonym, care_type,
from (values (1, 'kinship'), (2, 'foster')) as arrangements (n, care_type);

create table snapshot.caregivers as
select pseudonym(n) as case_pseudonym, 'c' || pseudonym(n)[2:] as caregiver_pseudonym, relation,
from (values (1, 'mother'), (2, 'grandmother')) as caregivers (n, relation);

create table snapshot.referrals as
select
    pseudonym(n) as case_pseudonym, 'e' || pseudonym(n)[2:] as referral_pseudonym, service, status,
    date '2023-12-10' as referred_on, age::smallint as age,
from (values (1, 'placement', 'accepted', 8), (2, 'health', '_U', 10)) as referrals (n, service, status, age);

create table marts.dim_area as
from (values ('RO', 'COUNTRY'), ('RO42', 'REGION'), ('RO424', 'COUNTY'), ('RO321', 'COUNTY'), ('_U', 'UNKNOWN'))
as areas (area, area_level);

create table marts.dim_level_code as
select 'area' as classification, 'COUNTY' as level, area as leaf, area as code, from marts.dim_area
where area_level in ('COUNTY', 'UNKNOWN');

create table marts.dim_level as select 'area' as classification, 'COUNTY' as level, true as is_coordinated;

create table marts.dim_age as
select 'Y' || range as age from range(18) union all values ('Y_GE18'), ('_U');

create table marts.dim_month as
select
    strftime(range, '%Y-%m') as month, year(range) || '-Q' || quarter(range) as quarter,
from range(timestamp '2022-07-01', timestamp '2024-01-01', interval 1 month);

create table marts.dim_concept as
from (values
    ('sex', 'M'), ('sex', 'F'), ('citizenship', 'UKR'), ('care_status', 'UNACC'), ('care_status', 'SEP'),
    ('care_status', 'ACC'), ('risk', 'HIGH'), ('risk', 'MED'), ('risk', 'LOW'), ('intention', 'STAY'),
    ('intention', 'TRANSIT'), ('concern', 'C27'), ('concern', 'C28'), ('care_type', 'KINSHIP'),
    ('care_type', 'FOSTER'), ('relation', 'PARENT'), ('relation', 'GRANDPARENT'), ('entry_point', 'SIRET'),
    ('closure_reason', 'NEEDS_MET'), ('closure_reason', 'LEFT_COUNTRY'),
    ('sex', '_U'), ('citizenship', '_U'), ('care_status', '_U'), ('risk', '_U'), ('intention', '_U'),
    ('concern', '_U'), ('care_type', '_U'), ('relation', '_U'), ('entry_point', '_U'), ('closure_reason', '_U')
) as concepts (dimension, code);
alter table marts.dim_concept add column role varchar;
update marts.dim_concept
set role = case code when 'M' then 'male' when 'F' then 'female' when 'UNACC' then 'unaccompanied' when 'SEP' then 'separated' end;

create table marts.registrations as
from (values
    ('2022-08', '2022-Q3', 'RO321', 'RO424', 'M', 'Y7', 'UKR', 'UNACC', 1),
    ('2023-12', '2023-Q4', 'RO321', 'RO321', 'F', 'Y10', 'UKR', 'SEP', 1),
    ('2023-01', '2023-Q1', 'RO321', 'RO321', 'M', 'Y4', 'UKR', 'ACC', 1),
    ('2023-12', '2023-Q4', 'RO424', 'RO424', 'F', 'Y2', 'UKR', 'ACC', 1)
) as cells (month, quarter, county, owner_county, sex, age, citizenship, care_status, children);

create table marts.open_cases as
from (values
    ('RO424', 'RO424', 'M', 'Y8', 'UKR', 'UNACC', 'HIGH', 'STAY', 1),
    ('RO321', 'RO321', 'F', 'Y10', 'UKR', 'SEP', 'MED', 'TRANSIT', 1),
    ('RO424', 'RO424', 'F', 'Y2', 'UKR', 'ACC', 'LOW', 'STAY', 1)
) as cells (county, owner_county, sex, age, citizenship, care_status, risk, intention, children);

create table marts.closures as
from (values
    ('2023-06', '2023-Q2', 'RO321', 'M', 'Y5', 'ACC', 'NEEDS_MET', 1),
    ('2023-11', '2023-Q4', 'RO321', 'M', 'Y5', 'ACC', 'LEFT_COUNTRY', 1)
) as cells (month, quarter, county, sex, age, care_status, closure_reason, closures);

create table marts.children_with_concern as
from (values ('RO424', 'M', 'Y8', 1), ('RO321', 'F', 'Y10', 1)) as cells (county, sex, age, children);

create table marts.child_concern_pairs as
from (values ('C27', 'RO424', 'M', 'Y8', 1), ('C28', 'RO424', 'M', 'Y8', 1), ('C27', 'RO321', 'F', 'Y10', 1))
as cells (concern, county, sex, age, pairs);

create table marts.unaccompanied_separated as
from (values ('RO424', 'M', 'Y8', 'UNACC', 'KINSHIP', 1), ('RO321', 'F', 'Y10', 'SEP', 'FOSTER', 1))
as cells (county, sex, age, care_status, care_type, children);

create table marts.referred_children as
from (values ('RO424', 'M', 'Y8', 1), ('RO321', 'F', 'Y10', 1)) as cells (county, sex, age, children);

create table marts.placed_children as
from (values ('RO424', 'M', 'Y8', 1)) as cells (county, sex, age, children);

create table marts.travel_intention as
from (values
    ('RO424', 'SIRET', 'STAY', 'M', 'Y8', 1), ('RO321', 'SIRET', 'TRANSIT', 'F', 'Y10', 1),
    ('RO424', 'SIRET', 'STAY', 'F', 'Y2', 1)
) as cells (county, entry_point, intention, sex, age, children);

create table marts.children_by_risk as
from (values
    ('RO424', 'M', 'Y8', 'HIGH', true, false, 1), ('RO321', 'F', 'Y10', 'MED', true, false, 1),
    ('RO424', 'F', 'Y2', 'LOW', true, false, 1), ('RO321', 'M', 'Y5', 'LOW', false, true, 1)
) as cells (county, sex, age, risk, is_open, is_closed, children);

create table marts.follow_ups_on_time as
from (values ('2022-08', '2022-Q3', 'RO424', 'HIGH', 1, 1), ('2023-12', '2023-Q4', 'RO321', 'MED', 1, 0))
as cells (month, quarter, county, risk, due, on_time);

-- One caregiver cares for children in both counties.
create table marts.caregivers as
from (values
    ('_T', '_T', 2), ('RO424', '_T', 1), ('RO321', '_T', 2), ('_T', 'PARENT', 2), ('_T', 'GRANDPARENT', 1)
) as cells (county, relation, caregivers);
