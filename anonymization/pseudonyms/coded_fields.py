"""The coded fields of a case, from the profile's list: which have one value for good, and which are held by day.

Names are columns of the profile, checked there, never a record's content.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TURNS = ("status", "closure_date", "closure_reason")  # their changes are openings and closings
LISTED_APART = "concerns"  # held in a table of its own, one row a code


@dataclass(frozen=True)
class CodedFields:
    """`fixed`: columns with one code for good; `listed`: with a list of them; `states`: column -> state held by day.

    `dated`: columns of `states` whose changes count; of the others only the value known in the end does.
    `has_dated_concerns`: whether a concern counts from the day on which it was first recorded.
    """

    fixed: tuple[str, ...]
    listed: tuple[str, ...]
    states: Mapping[str, str]
    dated: tuple[str, ...]
    has_dated_concerns: bool

    @classmethod
    def of(cls, fields: Iterable[Mapping[str, Any]]) -> "CodedFields":
        """From the rows of `ref_fields`: section, column_name, attribute, state, type, kind."""
        of_case = [row for row in fields if row["section"] == "case"]
        held = {row["column_name"]: row["state"] for row in of_case if row["state"]}
        good = [row for row in of_case if row["attribute"] and not row["state"]]
        kinds = {row["column_name"]: row["kind"] for row in of_case}
        return cls(
            fixed=tuple(row["column_name"] for row in good if row["type"] == "code"),
            listed=tuple(row["column_name"] for row in good if row["type"] == "codes"),
            states=held,
            dated=tuple(name for name in held if kinds[name] == "dated"),
            has_dated_concerns=kinds[LISTED_APART] == "dated",
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table of cases that hold codes."""
        return (*self.fixed, *self.listed)

    @property
    def events(self) -> tuple[str, ...]:
        """The columns of which every change is read."""
        return (*self.dated, *TURNS, *([LISTED_APART] if self.has_dated_concerns else []))

    def fill(self, sql: str) -> str:
        """A file of SQL with the profile's columns in place of `{...}`."""
        parts = {
            "coded": "\n".join(f"judged.{name}," for name in self.columns),
            "listed": "".join(_list_of_codes(name) for name in self.listed),
            "codes": "\n".join((*map(_code, self.fixed), *map(_list, self.listed))),
            "joins": "\n".join((*map(_code_join, self.fixed), *map(_list_join, self.listed))),
            "coded_findings": " union all ".join(_found(name) for name in self.columns) or _NOTHING_FOUND,
            "dated_changes": _union(map(self._changes, self.dated), _NO_CHANGES),
            "dated_values": _union(map(self._values, self.states), _NO_VALUES),
            "concern_changes": _CONCERN_CHANGES if self.has_dated_concerns else _NO_CONCERN_CHANGES,
        }
        for name, part in parts.items():
            sql = sql.replace("{" + name + "}", part)
        return sql

    def _changes(self, column: str) -> str:
        return f"""select case_id, '{self.states[column]}' as field, changed_at, entry_id,
        {column}['from'] as from_value, {column}['to'] as to_value
        from change where {column} is not null and changed_at < (select known_until from run)"""

    def _values(self, column: str) -> str:
        return f"select case_id, '{self.states[column]}' as field, {column} as value from known"


def _union(selects: Iterable[str], nothing: str) -> str:
    return " union all ".join([*selects]) or nothing


def _code(name: str) -> str:
    return f"""coalesce({name}_code.code, '_U') as {name},
    cast(loaded.{name} is not null and {name}_code.code is null as integer) as unknown_{name},"""


def _code_join(name: str) -> str:
    return f"""left join valid_code as {name}_code
    on {name}_code.column_name = '{name}' and loaded.{name} = {name}_code.source_code
    and loaded.registration_date between {name}_code.valid_from and {name}_code.valid_to"""


def _list_of_codes(name: str) -> str:
    return f"""{name}_code as (
    select case_id, registration_date, unnest(items({name})) as code from loaded_case where {name} is not null
),
{name}_list as (
    select
        {name}_code.case_id,
        list(distinct coalesce(valid_code.code, '_U') order by coalesce(valid_code.code, '_U')) as codes,
        count(*) filter (where valid_code.code is null) as unknown,
    from {name}_code
    left join valid_code
        on valid_code.column_name = '{name}' and {name}_code.code = valid_code.source_code
        and {name}_code.registration_date between valid_code.valid_from and valid_code.valid_to
    group by {name}_code.case_id
),
"""


def _list(name: str) -> str:
    return f"coalesce({name}_list.codes, []) as {name}, coalesce({name}_list.unknown, 0) as unknown_{name},"


def _list_join(name: str) -> str:
    return f"left join {name}_list on loaded.case_id = {name}_list.case_id"


def _found(name: str) -> str:
    return f"select '{name}' as field, coalesce(sum(unknown_{name}), 0)::bigint as records from typed_cases"


_NOTHING_FOUND = "select '' as field, 0::bigint as records where false"
_NO_VALUES = "select case_id, '' as field, null::varchar as value from known where false"
_NO_CHANGES = """select case_id, '' as field, changed_at, entry_id,
    null::varchar as from_value, null::varchar as to_value from change where false"""
_CONCERN_CHANGES = """select case_id, concerns['from'] as old_list, concerns['to'] as new_list, changed_at, entry_id
    from change where concerns is not null and changed_at < (select known_until from run)"""
_NO_CONCERN_CHANGES = """select case_id, null::varchar as old_list, null::varchar as new_list, changed_at, entry_id
    from change where false"""
