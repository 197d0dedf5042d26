"""What is asked of Primero's own tables, in SQL, to fill the contract of readers; ids and JSON come as text."""

# PostgreSQL knows infinity and years that Arrow cannot hold; these still tell an odd moment from none
FIRST_MOMENT, LAST_MOMENT = "0001-01-01", "9999-12-31"

# a moment that no calendar knows is no change's
HISTORIES = """
    select
        count(*) as changes,
        max(datetime::timestamp) filter (where datetime between '1900-01-01' and '2199-12-31') as last_change
    from record_histories
"""
WAL_POSITION = """
    select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text
"""
PLACES = "select location_code, hierarchy_path::text as hierarchy_path from locations"
FIELDS = "select distinct name from fields where name is not null"


def _labels(kind: str, of: str, entries: str, table: str) -> str:
    """Codes and labels in an array of JSON; a code without a label keeps a row, a text alone is in English."""
    return f"""
        select '{kind}' as kind, {of} as list, entry.value ->> 'id' as code, text.language, text.label
        from {table}
        cross join lateral jsonb_array_elements(
            case when jsonb_typeof({entries}) = 'array' then {entries} else '[]' end
        ) as entry
        left join lateral (
            select translated.key as language, translated.value as label
            from jsonb_each_text(
                case jsonb_typeof(entry.value -> 'display_text')
                    when 'object' then entry.value -> 'display_text'
                    when 'string' then jsonb_build_object('en', entry.value -> 'display_text')
                    else '{{}}'
                end
            ) as translated
        ) as text on true
    """


# options that are listed in the form itself, instead of in a lookup, are those of the field
LABELS = {
    "lookups": _labels("lookup", "lookups.unique_id", "lookups.lookup_values_i18n", "lookups"),
    "fields": _labels("field", "fields.name", "fields.option_strings_text_i18n", "fields"),
}


FORM_FIELDS = """
    select
        fields.name,
        case when sections.is_nested then coalesce(parents.name, sections.unique_id) end as subform,
        sections.unique_id as section,
        fields.type,
        case when fields.option_strings_source like 'lookup %'
            then substr(fields.option_strings_source, 8) end as lookup,
        coalesce(fields.multi_select, false) as is_multiple,
        coalesce(fields.disabled, false) or not coalesce(fields.visible, true) as is_retired
    from fields
    left join form_sections as sections on fields.form_section_id = sections.id
    left join fields as parents on parents.subform_section_id = sections.id
    where fields.name is not null
    order by fields.id
"""
LOCATIONS = """
    select
        location_code,
        path[cardinality(path) - 1] as parent,
        admin_level,
        type,
        coalesce(disabled, false) as is_retired
    from locations
    cross join lateral string_to_array(hierarchy_path::text, '.') as path
"""
GROUPS = "select unique_id as group_id, coalesce(disabled, false) as is_retired from user_groups"


def _codes(kind: str, of: str, entries: str, table: str) -> str:
    return f"""
        select '{kind}' as kind, {of} as list, entry.value ->> 'id' as code,
            (entry.value ->> 'disabled') is not distinct from 'true' as is_retired
        from {table}
        cross join lateral jsonb_array_elements(
            case when jsonb_typeof({entries}) = 'array' then {entries} else '[]' end
        ) as entry
    """


def _names(kind: str, code: str, names: str, source: str) -> str:
    return f"""
        select '{kind}' as kind, {code} as code, named.key as language, named.value as label
        from {source}
        cross join lateral jsonb_each_text(
            case when jsonb_typeof({names}) = 'object' then {names} else '{{}}' end
        ) as named
    """


CODES = {
    "lookups": _codes("lookup", "lookups.unique_id", "lookups.lookup_values_i18n", "lookups"),
    "fields": _codes("field", "fields.name", "fields.option_strings_text_i18n", "fields"),
}
NAMES = {
    "fields": _names(
        "field",
        "case when s.is_nested then coalesce(parents.name, s.unique_id) || '.' else '' end || fields.name",
        "fields.display_name_i18n",
        "fields left join form_sections as s on fields.form_section_id = s.id "
        "left join fields as parents on parents.subform_section_id = s.id",
    ),
    "locations": _names("location", "location_code", "placename_i18n", "locations"),
    "user_groups": "select 'group' as kind, unique_id as code, 'en' as language, name as label from user_groups",
}


def within(column: str, first: str | None, next_first: str | None) -> str:
    """The condition that a row belongs to the range of case ids from `first` to before `next_first`."""
    bounds: list[str] = ["true"]
    if first:
        bounds.append(f"{column} >= '{first}'")
    if next_first:
        bounds.append(f"{column} < '{next_first}'")
    condition = " and ".join(bounds)
    # a row that names no case belongs to the first range, so that it is read once
    return f"where ({condition})" if first else f"where ({condition} or {column} is null)"


def bounded(column: str) -> str:
    """A moment as Arrow can hold it, under its own name."""
    held = f"least(greatest({column}::timestamp, timestamp '{FIRST_MOMENT}'), timestamp '{LAST_MOMENT}')"
    return f"case when {column} is not null then {held} end as {column}"
