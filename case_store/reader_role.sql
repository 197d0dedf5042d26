-- A role that may read what Caselight reads, and nothing else: no names of users, no flags, no attachments.
-- Run it as the owner of Primero's tables, on the primary; a replica takes it over. Then give it a password (\password).
-- The document in cases.data holds identifiers: no grant can leave them out, so this role's password is as sensitive.

create role {role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls connection limit 4;

alter role {role} set default_transaction_read_only = on;
alter role {role} set search_path = {schema};
-- a run reads 40,000 cases in one statement, in seconds; between two of them it works in memory, the transaction open
alter role {role} set statement_timeout = '30min';
alter role {role} set idle_in_transaction_session_timeout = '30min';
alter role {role} set lock_timeout = '1min';

grant usage on schema {schema} to {role};
grant select (id, data, duplicate_case_id) on {schema}.cases to {role};
grant select (id, record_id, record_type, datetime, action, record_changes) on {schema}.record_histories to {role};
grant select (id, record_id, record_type, type, status, service, created_at, responded_at)
on {schema}.transitions to {role};
grant select (unique_id, lookup_values_i18n) on {schema}.lookups to {role};
grant select (name, option_strings_text_i18n) on {schema}.fields to {role};
grant select (location_code, hierarchy_path) on {schema}.locations to {role};

-- Only `caselight profile check` and `caselight profile draft` ask for these: how the forms are made, no record.
grant select (id, type, form_section_id, subform_section_id, option_strings_source, multi_select, disabled, visible,
display_name_i18n) on {schema}.fields to {role};
grant select (id, unique_id, is_nested) on {schema}.form_sections to {role};
grant select (admin_level, type, disabled, placename_i18n) on {schema}.locations to {role};
grant select (unique_id, name, disabled) on {schema}.user_groups to {role};
