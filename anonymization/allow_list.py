"""The allow-list: which keys of a document are looked at, and the SQL that reads only these.

Every key is read as text (lists as JSON text) by one `from_json` a document, so nothing strict ever meets a person's
value; a key that is not listed is never parsed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

LIST_TYPES = {"codes", "groups"}
# how a present value of each type is read; null means that it is broken
READ = {
    "date": "plausible_date({})",
    "timestamp": "plausible_time({})",
    "int": "try_cast({} as smallint)",
    "bool": "try_cast({} as boolean)",
    "yes_no": "try_cast({} as boolean)",
}


class SourceColumn(Protocol):
    """Where a contract column stands in the source, and its type."""

    @property
    def source(self) -> str: ...
    @property
    def type(self) -> str: ...


class SourceTable(Protocol):
    """A contract table: the key of its subform (None for the case itself) and its columns."""

    @property
    def source(self) -> str | None: ...
    @property
    def columns(self) -> Mapping[str, SourceColumn]: ...


@dataclass(frozen=True)
class AllowList:
    """The keys of one deployment's documents that may be looked at.

    `case` maps contract columns of the case to their source; `subforms` maps a contract table to its source table.
    """

    case: Mapping[str, SourceColumn]
    subforms: Mapping[str, SourceTable]

    @classmethod
    def from_fields(cls, fields: Mapping[str, SourceTable]) -> "AllowList":
        return cls(fields["case"].columns, {name: table for name, table in fields.items() if name != "case"})

    @property
    def keys(self) -> dict[str, str]:
        """Contract name -> top-level key of the document, subforms included."""
        return {name: column.source for name, column in self.case.items()} | {
            name: str(table.source) for name, table in self.subforms.items()
        }

    def json_type(self, name: str) -> str:
        is_list = name in self.subforms or self.case[name].type in LIST_TYPES
        return "JSON" if is_list else "VARCHAR"


def document_sql(allow_list: AllowList) -> str:
    """`source_cases(id, data)` -> one row a case: `case_id` and every listed column as text, empty text as null."""
    structure = json.dumps({key: allow_list.json_type(name) for name, key in allow_list.keys.items()})
    columns = _listed(f"{_present(allow_list, name, f'd.{_quoted(key)}')} as {name}" for name, key in _keys(allow_list))
    return f"""with parsed as (select id, from_json(data, '{structure}') as d from source_cases)
    select id as case_id, {columns} from parsed"""


def change_sql(allow_list: AllowList, names: Iterable[str], kept: str) -> str:
    """`source_histories` -> one row an entry: `case_id, changed_at, entry_id`, and struct(from, to) a named column.

    `kept` is a condition over `datetime`. Reading only the columns that are needed costs a fraction of reading all.
    """
    keys = {name: allow_list.keys[name] for name in names}
    structure = json.dumps({key: dict.fromkeys(("from", "to"), allow_list.json_type(n)) for n, key in keys.items()})
    columns = _listed(f"{_change(allow_list, name, f'r.{_quoted(key)}')} as {name}" for name, key in keys.items())
    return f"""with parsed as (
        select record_id, datetime, id, from_json(record_changes, '{structure}') as r
        from source_histories where {kept})
    select record_id as case_id, datetime as changed_at, id as entry_id, {columns} from parsed"""


def malformed_change_sql(allow_list: AllowList) -> str:
    """A condition over `source_histories`: some listed key is present without being an object of `from` and `to`."""
    paths = _listed("'" + f"$.{_quoted(key)}".replace("'", "''") + "'" for key in allow_list.keys.values())
    return f"""(json_type(record_changes) <> 'OBJECT' or len(list_filter(
        json_type(record_changes, [{paths}]), lambda type: type is not null and type <> 'OBJECT')) > 0)"""


def known_sql(allow_list: AllowList) -> str:
    """`source_cases`, `source_histories`, `run` -> the documents as they were known at `run.known_until`.

    A value changed later is taken back to the `from` of the earliest later entry: this needs no create entry, and a
    document changed by a script without history keeps the only value there is.
    """
    undo = _listed(
        f"arg_min(struct_pack(v := {name}['from']), struct_pack(t := changed_at, i := entry_id))"
        f" filter (where {name} is not null) as {name}"
        for name in allow_list.keys
    )
    columns = _listed(
        f"case when u.{name} is not null then u.{name}.v else d.{name} end as {name}" for name in allow_list.keys
    )
    later = change_sql(
        allow_list, allow_list.keys, "is_usable_moment(datetime) and datetime >= (select known_until from run)"
    )
    return f"""with document as ({document_sql(allow_list)}),
    undo as (select case_id, {undo} from ({later}) group by case_id)
    select d.case_id, {columns} from document as d left join undo as u on d.case_id = u.case_id"""


def broken_sql(allow_list: AllowList) -> str:
    """An expression over `known`: the listed columns whose present value is not of their type."""
    typed = {name: READ[column.type].format(name) for name, column in allow_list.case.items() if column.type in READ}
    tests = [f"case when {name} is not null and {read} is null then '{name}' end" for name, read in typed.items()]
    lists = [name for name in allow_list.keys if allow_list.json_type(name) == "JSON"]
    tests += [f"case when left({name}, 1) <> '[' then '{name}' end" for name in lists]
    return f"list_filter([{_listed(tests)}], lambda name: name is not null)"


def subform_sql(allow_list: AllowList, table: str) -> str:
    """`known` -> one row a subform row of every case: `case_id` and the listed columns as text, empty text as null."""
    columns = allow_list.subforms[table].columns
    structure = json.dumps([{column.source: "VARCHAR" for column in columns.values()}])
    selected = _listed(f"nullif(trim(r.{_quoted(c.source)}), '') as {name}" for name, c in columns.items())
    return f"""with unnested as (
        select case_id, unnest(from_json({table}, '{structure}')) as r from known where left({table}, 1) = '[')
    select case_id, {selected} from unnested"""


def _keys(allow_list: AllowList) -> Iterable[tuple[str, str]]:
    return allow_list.keys.items()


def _present(allow_list: AllowList, name: str, expression: str) -> str:
    if allow_list.json_type(name) == "JSON":
        return f"nullif({expression}::varchar, '\"\"')"
    return f"nullif(trim({expression}), '')"


def _change(allow_list: AllowList, name: str, struct: str) -> str:
    old, new = (_present(allow_list, name, f"{struct}['{side}']") for side in ("from", "to"))
    return f'case when {struct} is not null then struct_pack("from" := {old}, "to" := {new}) end'


def _quoted(key: str) -> str:
    return '"' + key.replace('"', '""') + '"'


def _listed(parts: Iterable[str]) -> str:
    return ",\n    ".join(parts)
