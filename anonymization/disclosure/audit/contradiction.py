"""Where published values contradict each other: a few rows that no table can satisfy together."""

from anonymization.disclosure.audit.program import conflicting_rows
from anonymization.disclosure.audit.reduction import Contradiction, reduce
from anonymization.disclosure.audit.system import System
from anonymization.errors import DisclosureError

NAMED = 5  # rows in the message


def refusal(system: System, contradiction: Contradiction) -> DisclosureError:
    """The refusal that names rows which cannot hold together, up to five of them."""
    rows = contradiction.rows or _conflict(system)
    named = list(dict.fromkeys(system.describe(row) for row in rows))
    more = f" (and {len(named) - NAMED} more)" if len(named) > NAMED else ""
    where = f" Look at {'; '.join(named[:NAMED])}{more}." if named else " Only fractions of children would fit."
    return DisclosureError(f"The tables contradict each other: no whole counts fit all that is shown.{where}")


def _conflict(system: System) -> list[int]:
    reduced = reduce(system)
    return [int(row) for row in reduced.rows_behind(conflicting_rows(reduced))]
