"""The tables that a run reads, and some that it must not, with the column types of two versions of Primero."""

# Rails 5 wrote `timestamp` and serial ids; Rails 8 writes `timestamp(6)`, and the mirrored columns are there
_TYPES = {
    "2.5": {"moment": "timestamp", "id": "serial", "mirrors": "", "disabled": "", "path": "varchar"},
    "newest": {
        "moment": "timestamp(6)",
        "id": "bigserial",
        "mirrors": """, srch_record_state boolean, srch_status varchar, srch_sex varchar, srch_age integer,
            srch_registration_date timestamp, srch_date_closure timestamp, srch_created_at timestamp,
            srch_protection_concerns varchar [] default '{{}}', srch_owned_by varchar, phonetic_data jsonb,
            registry_record_id uuid, family_id uuid""",
        "disabled": ", updated_at timestamp(6)",
        "path": "public.ltree",
    },
}
VERSIONS = tuple(_TYPES)

_TABLES = """
create table {schema}.cases (
    id uuid primary key default gen_random_uuid(), data jsonb default '{{}}', matched_tracing_request_id uuid,
    matched_trace_id varchar, duplicate_case_id uuid {mirrors}
);
create table {schema}.record_histories (
    id {id} primary key, record_id varchar, record_type varchar, datetime {moment}, user_name varchar, action varchar,
    record_changes jsonb default '{{}}'
);
create table {schema}.transitions (
    id uuid primary key default gen_random_uuid(), type varchar, record_type varchar, record_id varchar,
    status varchar, transitioned_to varchar, transitioned_to_agency varchar, transitioned_by varchar, notes text,
    rejected_reason varchar, service varchar, service_record_id varchar, remote boolean default false not null,
    created_at {moment}, responded_at {moment}
);
create table {schema}.lookups (
    id {id} primary key, unique_id varchar, name_i18n jsonb, lookup_values_i18n jsonb,
    locked boolean default false not null {disabled}
);
create table {schema}.fields (
    id {id} primary key, name varchar, type varchar, form_section_id integer, subform_section_id integer,
    display_name_i18n jsonb, option_strings_text_i18n jsonb, option_strings_source varchar,
    multi_select boolean default false not null, visible boolean default true not null,
    disabled boolean default false not null {disabled}
);
create table {schema}.form_sections (
    id {id} primary key, unique_id varchar, name_i18n jsonb, parent_form varchar,
    is_nested boolean default false not null {disabled}
);
create table {schema}.user_groups (
    id {id} primary key, unique_id varchar, name varchar, description varchar,
    disabled boolean default false not null
);
create table {schema}.locations (
    id {id} primary key, location_code varchar, admin_level integer, type varchar, hierarchy_path {path},
    placename_i18n jsonb, name_i18n jsonb, disabled boolean default false not null
);
create table {schema}.users (id {id} primary key, user_name varchar, full_name varchar, email varchar);
create table {schema}.searchable_identifiers (id {id} primary key, record_id varchar, value varchar);
"""


def primero_tables(version: str, schema: str) -> str:
    """The statements that make the tables of one of VERSIONS in a schema, which they make, too."""
    types = {name: text.format() for name, text in _TYPES[version].items()}
    return (
        f"create extension if not exists ltree schema public; create schema if not exists {schema};"
        + _TABLES.format(schema=schema, **types)
    )
