"""The deployment's own tables: agencies, roles, groups, users, locations, lookups, and the form with its questions."""

import datetime as dt
import json
from typing import Any

from case_store.profile import Profile
from case_store.synthetic.record_histories import Population
from case_store.synthetic.shape import Shape
from case_store.synthetic.shape_file import field_key
from case_store.synthetic.staff import ROLES

Row = dict[str, Any]


def configuration_rows(population: Population) -> dict[str, list[Row]]:
    """Rows by table, in the order in which they can be loaded; ids are given, so that rows can point at each other."""
    profile = population.shape.profile
    groups = profile.table("groups").to_pylist()
    forms = _form_sections(profile)
    return {
        "agencies": [_agency(profile, number, group) for number, group in enumerate(groups, 1)],
        "roles": [_role(number, *role) for number, role in enumerate(ROLES, 1)],
        "user_groups": [_group(population.shape, number, group) for number, group in enumerate(groups, 1)],
        **_users(population, {group["group_id"]: number for number, group in enumerate(groups, 1)}),
        "locations": _locations(profile),
        "lookups": _lookups(profile),
        "form_sections": forms,
        "fields": _fields(profile, {form["unique_id"]: form["id"] for form in forms}),
    }


def _labels(profile: Profile, of: str, code: str) -> str:
    return _json(profile.source_labels[of, code])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _agency(profile: Profile, number: int, group: Row) -> Row:
    code = group["agency"]
    name = _labels(profile, "groups", group["group_id"])
    return {"id": number, "unique_id": code, "agency_code": code, "name_i18n": name}


def _group(shape: Shape, number: int, group: Row) -> Row:
    name = shape.profile.source_labels["groups", group["group_id"]][shape.language]
    return {"id": number, "unique_id": group["group_id"], "name": name}


def _role(number: int, unique_id: str, name: str, scope: str, is_manager: bool) -> Row:
    permissions = _json({"case": ["read", "write", "create"] if not is_manager else ["read", "assign"]})
    return {
        "id": number,
        "unique_id": unique_id,
        "name": name,
        "permissions": permissions,
        "group_permission": scope,
        "is_manager": is_manager,
    }


def _users(population: Population, group_ids: dict[str, int]) -> dict[str, list[Row]]:
    staff, groups = population.staff, population.places.groups
    made = dt.datetime.combine(population.shape.profile.launch_date, dt.time(6))
    users, memberships = [], []
    for number, (user_name, full_name) in enumerate(zip(staff.user_names, staff.full_names, strict=True), 1):
        group = int(staff.user_group[number - 1])
        group_id = group_ids[groups[group]] if group >= 0 else None
        users.append(
            {
                "id": number,
                "user_name": user_name,
                "full_name": full_name,
                "email": f"{user_name}@example.org",
                "agency_id": group_id,
                "role_id": int(staff.role[number - 1]) + 1,
                "locale": population.shape.language,
                "created_at": made,
                "updated_at": made,
            }
        )
        if group_id is not None:
            memberships.append({"user_id": number, "user_group_id": group_id})
    return {"users": users, "user_groups_users": memberships}


def _locations(profile: Profile) -> list[Row]:
    rows = {row["location_code"]: row for row in profile.table("locations").to_pylist()}
    return [
        {
            "id": number,
            "location_code": code,
            "admin_level": int(row["admin_level"]),
            "type": row["type"],
            "hierarchy_path": ".".join(_path(rows, code)),
            "placename_i18n": _labels(profile, "locations", code),
            "name_i18n": _full_name(profile, _path(rows, code)),
            "disabled": row["disabled"] == "true",
        }
        for number, (code, row) in enumerate(rows.items(), 1)
    ]


def _path(rows: dict[str, Row], code: str) -> list[str]:
    """The codes from the country down to `code`."""
    parent = rows[code]["parent"]
    return [*(_path(rows, parent) if parent else []), code]


def _full_name(profile: Profile, path: list[str]) -> str:
    labels = profile.source_labels
    return _json({lang: "::".join(labels["locations", place][lang] for place in path) for lang in profile.languages})


def _lookups(profile: Profile) -> list[Row]:
    """Lookups with their values; a value whose validity has ended is disabled, and may still stand in records."""
    values: dict[str, dict[str, Row]] = {}  # of a code that came to mean something else, the later row
    labels = profile.source_labels
    of_codes = [
        (row, {language: row[f"label_{language}"] for language in profile.languages})
        for row in profile.codes.to_pylist()
    ]
    of_lookups = [(row, labels[row["lookup"], row["code"]]) for row in profile.table("lookups").to_pylist()]
    for row, display in [*of_codes, *of_lookups]:
        ended = {"disabled": True} if row.get("valid_to") else {}
        values.setdefault(row["lookup"], {})[row["code"]] = {"id": row["code"], "display_text": display, **ended}
    return [
        {
            "id": number,
            "unique_id": lookup,
            "name_i18n": _json({"en": lookup.removeprefix("lookup-").replace("-", " ").capitalize()}),
            "lookup_values_i18n": _json(list(listed.values())),
        }
        for number, (lookup, listed) in enumerate(values.items(), 1)
    ]


def _form_sections(profile: Profile) -> list[Row]:
    form = profile.table("form").to_pylist()
    sections = dict.fromkeys((row["section"], False) for row in form)
    subforms = dict.fromkeys((row["subform"], True) for row in form if row["subform"])
    return [
        {
            "id": number,
            "unique_id": name,
            "name_i18n": _json({"en": name.replace("_", " ").capitalize()}),
            "parent_form": "case",
            "form_group_id": name,
            "order": number,
            "is_nested": is_nested,
        }
        for number, (name, is_nested) in enumerate([*sections, *subforms], 1)
    ]


def _fields(profile: Profile, form_ids: dict[str, int]) -> list[Row]:
    lookups = {row["dimension"]: row["lookup"] for row in profile.table("codes").to_pylist()}
    mapped = [field for section in profile.fields.values() for field in section.columns.values()]
    sources = {field.source: f"lookup {lookups[field.dimension]}" for field in mapped if field.dimension in lookups}
    return [
        {
            "id": number,
            "name": row["field"],
            "type": "select_box" if row["type"] in ("select_box_multi", "location") else row["type"],
            "form_section_id": form_ids[row["subform"] or row["section"]],
            "display_name_i18n": _labels(profile, "form", field_key(row)),
            "option_strings_source": "Location" if row["type"] == "location" else sources.get(row["field"]),
            "multi_select": row["type"] == "select_box_multi",
            "order": number,
        }
        for number, row in enumerate(profile.table("form").to_pylist(), 1)
    ]
