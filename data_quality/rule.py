"""What a rule is: an id, a sentence, and one query that counts failing rows."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
Gate = Literal["snapshot", "marts"]
GATES: dict[str, Gate] = {"SNP": "snapshot", "MRT": "marts"}


@dataclass(frozen=True)
class Rule:
    """One thing that must hold before the pipeline goes on.

    `sql` returns one row of two whole numbers, failing and total, and perhaps the table and field where most fail. It
    names tables as `snapshot.<table>` and `marts.<table>`, and never selects a value of a record. The rule holds while
    failing / total is at most `allowed_share`, or at most the share that the caller gives under the name `limit`.
    `about` is the column (`table.column`) whose answers it judges: it has nothing to judge where they are not asked.
    `by_field`, where there is one, says what was found in more detail: rows of table_name, field, reason, records.
    """

    rule_id: str
    title: str
    severity: Severity
    table: str
    sentence: str
    sql: str
    allowed_share: float = 0.0
    limit: str | None = None
    by_field: str | None = None
    about: str = ""

    @property
    def gate(self) -> Gate:
        """The gate at which the rule is checked; the id says it."""
        return GATES[self.rule_id.split("-")[0]]


def failing_rows(source: str, failing: str) -> str:
    """Query that counts the rows of `source` (a table or `(subquery)`) for which the condition `failing` is true."""
    return f"select count(*) filter (where {failing}) as failing, count(*) as total from {source}"


def with_role(column: str, *roles: str) -> str:
    """Condition that the concept of `column`, a dimension of the marts, has one of these roles."""
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"{column} in (select code from marts.dim_concept where dimension = '{column}' and role in ({listed}))"


def difference(left: str, right: str) -> str:
    """Query that counts as failing the difference between two scalars, out of the larger."""
    return f"""
        select abs(l.n - r.n) as failing, greatest(l.n, r.n) as total
        from (select coalesce(({left}), 0)::bigint as n) as l, (select coalesce(({right}), 0)::bigint as n) as r
    """


def excess(part: str, whole: str) -> str:
    """Query whose failing is by how much the scalar query `part` is above the scalar query `whole`."""
    return f"""
        select greatest(p.n - w.n, 0) as failing, p.n as total
        from (select coalesce(({part}), 0)::bigint as n) as p, (select coalesce(({whole}), 0)::bigint as n) as w
    """
