"""The allow-list: which keys of a document are looked at, and the SQL that reads only these.

Every key is read as text (lists as JSON text) by one `from_json` a document, so nothing strict ever meets a person's
value; a key that is not listed is never parsed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

LIST_TYPES = {"codes", "groups"}
_SIDES = ("from", "to")
# why a present value of each type is none; null where it can be read. The macros are those of snapshot/macros.sql.
FAULTS = {
    "date": "date_fault({0}, plausible_date({0}))",
    "timestamp": "date_fault({0}, plausible_time({0}))",
    "int": "age_fault({0})",
    "bool": "yes_no_fault({0}, 'BROKEN_TYPE')",
    "yes_no": "yes_no_fault({0}, 'UNKNOWN_CODE')",
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


def change_sql(allow_list: AllowList, names: Iterable[str], kept: str) -> str:
    """`source_histories` -> one row an entry: `case_id, changed_at, entry_id`, and struct(from, to) a named column.

    `kept` is a condition over `datetime`. Reading only the columns that are needed costs a fraction of reading all.
    """
    chosen = list(names)
    trimmed = _listed(
        _trimmed(allow_list, name, f"{name}['{side}']") + f" as {name}_{side}" for name in chosen for side in _SIDES
    )
    columns = _listed(
        f"case when {name} is not null then struct_pack("
        + ", ".join(f'"{side}" := ' + _present(allow_list, name, f"{name}_{side}") for side in _SIDES)
        + f") end as {name}"
        for name in chosen
    )
    return f"""with written as ({_written_changes_sql(allow_list, chosen, kept)}),
    trimmed as (select case_id, changed_at, entry_id, {", ".join(chosen)}, {trimmed} from written)
    select case_id, changed_at, entry_id, {columns} from trimmed"""


def malformed_change_sql(allow_list: AllowList) -> str:
    """A condition over `source_histories`: some listed key is present without being an object of `from` and `to`."""
    paths = _listed("'" + f"$.{_quoted(key)}".replace("'", "''") + "'" for key in allow_list.keys.values())
    return f"""(json_type(record_changes) <> 'OBJECT' or len(list_filter(
        json_type(record_changes, [{paths}]), lambda type: type is not null and type <> 'OBJECT')) > 0)"""


def known_sql(allow_list: AllowList) -> str:
    """`source_cases(id, data, duplicate_case_id)`, `source_histories`, `run` -> the documents as they were known then.

    One row a case: `case_id`, `duplicate_of` and every listed column as text; what is blank, or a word for nothing, is
    null; a list of codes is JSON, and so is a subform. A value changed later is taken back to the `from` of the
    earliest later entry: this needs no create entry, and a document changed by a script without history keeps the only
    value there is. `status_now` is not taken back.
    """
    undo = _listed(
        f"arg_min(struct_pack(v := {name}['from']), struct_pack(t := changed_at, i := entry_id))"
        f" filter (where {name} is not null) as {name}"
        for name in allow_list.keys
    )
    taken_back = {name: f"case when u.{name} is not null then u.{name}.v else d.{name} end" for name in allow_list.keys}
    trimmed = _listed(f"{_trimmed(allow_list, name, value)} as {name}" for name, value in taken_back.items())
    columns = _listed(f"{_present(allow_list, name, name)} as {name}" for name in allow_list.keys)
    later = _written_changes_sql(
        allow_list, allow_list.keys, "is_usable_moment(datetime) and datetime >= (select known_until from run)"
    )
    status_now = _present(allow_list, "status", "status_now")
    return f"""with document as ({_document_sql(allow_list)}),
    undo as (select case_id, {undo} from ({later}) group by case_id),
    trimmed as (
        select d.case_id, d.duplicate_of, trimmed(d.status) as status_now, {trimmed}
        from document as d left join undo as u on d.case_id = u.case_id)
    select case_id, duplicate_of, {status_now} as status_now, {columns} from trimmed"""


def faults_sql(allow_list: AllowList) -> str:
    """An expression over `known`: a list of struct(field, reason) of what is present and cannot be read, else nulls."""
    faults = {
        name: FAULTS[column.type].format(name) for name, column in allow_list.case.items() if column.type in FAULTS
    }
    faults |= {
        name: f"case when {name} is not null and row_list({name}) is null then 'BROKEN_TYPE' end"
        for name in allow_list.subforms
    }
    return "[" + _listed(f"lost_value('{name}', {fault})" for name, fault in faults.items()) + "]"


def subform_sql(allow_list: AllowList, table: str, row_id: str) -> str:
    """`known` -> one row a subform row of every case: `case_id`, the listed columns as text, and `is_repeated`.

    A row whose `row_id` comes again later in the list is repeated: the last one counts, as the latest to be written.
    """
    columns = allow_list.subforms[table].columns
    structure = json.dumps([{column.source: "VARCHAR" for column in columns.values()}])
    trimmed = _listed(f"trimmed(r.{_quoted(c.source)}) as {name}" for name, c in columns.items())
    selected = _listed(f"one_value({name}) as {name}" for name in columns)
    return f"""with listed as (
        select case_id, from_json(row_list({table}), '{structure}') as l
        from known where row_list({table}) is not null),
    unnested as (select case_id, unnest(l) as r, generate_subscripts(l, 1) as place from listed),
    trimmed as (select case_id, place, {trimmed} from unnested),
    read as (select case_id, place, {selected} from trimmed),
    doubled as (
        select case_id, {row_id}, max(place) as last_place from read
        where {row_id} is not null group by case_id, {row_id} having count(*) > 1)
    select read.* exclude (place), coalesce(place < last_place, false) as is_repeated
    from read left join doubled using (case_id, {row_id})"""


def _document_sql(allow_list: AllowList) -> str:
    structure = json.dumps({key: allow_list.json_type(name) for name, key in allow_list.keys.items()})
    columns = _listed(f"d.{_quoted(key)}::varchar as {name}" for name, key in allow_list.keys.items())
    return f"""with parsed as (
        select id, duplicate_case_id, from_json(data, '{structure}') as d from source_cases)
    select id as case_id, duplicate_case_id as duplicate_of, {columns} from parsed"""


def _written_changes_sql(allow_list: AllowList, names: Iterable[str], kept: str) -> str:
    keys = {name: allow_list.keys[name] for name in names}
    structure = json.dumps({key: dict.fromkeys(_SIDES, allow_list.json_type(n)) for n, key in keys.items()})
    columns = _listed(f"r.{_quoted(key)} as {name}" for name, key in keys.items())
    return f"""with parsed as (
        select record_id, datetime, id, from_json(record_changes, '{structure}') as r
        from source_histories where {kept})
    select record_id as case_id, datetime as changed_at, id as entry_id, {columns} from parsed"""


def _trimmed(allow_list: AllowList, name: str, expression: str) -> str:
    """JSON keeps its quotation marks, since they matter, unless all of it is a list written as a text."""
    return f"unwrapped(({expression})::varchar)" if allow_list.json_type(name) == "JSON" else f"trimmed({expression})"


def _present(allow_list: AllowList, name: str, expression: str) -> str:
    if name in allow_list.subforms:
        return f"subform_rows({expression})"
    return f"{'code_list' if allow_list.json_type(name) == 'JSON' else 'one_value'}({expression})"


def _quoted(key: str) -> str:
    return '"' + key.replace('"', '""') + '"'


def _listed(parts: Iterable[str]) -> str:
    return ",\n    ".join(parts)
