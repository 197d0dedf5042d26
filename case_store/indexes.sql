-- Secondary indexes, made after the rows are in: one sort an index instead of one insertion a row.
-- Primero also keeps a GIN index on cases.data; nothing here searches inside documents, and it would cost more than
-- all the rest of a seeding, so it is left out.

create index index_record_histories_on_record_id on record_histories (record_id);
create index index_transitions_on_record_id on transitions (record_id);
create index index_transitions_on_type on transitions (type);
create index index_cases_on_duplicate_case_id on cases (duplicate_case_id) where duplicate_case_id is not null;
create index index_incidents_on_incident_case_id on incidents (incident_case_id);
create index index_locations_on_hierarchy_path on locations using gist (hierarchy_path);
create index index_fields_on_name on fields (name);
create index index_fields_on_form_section_id on fields (form_section_id);
create index index_user_groups_users_on_user_id on user_groups_users (user_id);
create index index_user_groups_users_on_user_group_id on user_groups_users (user_group_id);
