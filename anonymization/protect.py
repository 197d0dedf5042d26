"""The one door out: threshold, complementary suppression, audit, in that order, for a whole release.

Nothing leaves without a safe audit: `ProtectedRelease` itself refuses any other.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anonymization.audit import AuditReport, audit, refuse_contradictions
from anonymization.errors import DisclosureError
from anonymization.linear_model import JointModel, build_models
from anonymization.rules import PublicRule
from anonymization.suppress import primary_cells, suppress
from anonymization.tables import Release


@dataclass(frozen=True, eq=False)
class ProtectedRelease:
    """Cells that may be published, with the audit that says so.

    cells: one row per table and cell: table_id, a column per dimension of the release (`_T` where totalled or absent),
    count (Int64, missing when hidden), status (published, primary or secondary; inside only: the public mark is one).

    Raises DisclosureError when the audit is not safe.
    """

    cells: pd.DataFrame
    audit: AuditReport

    def __post_init__(self) -> None:
        if self.audit.verdict != "safe":
            raise DisclosureError(
                f"The release is not safe: small counts shown: {self.audit.shown_small}, computable exactly: "
                f"{self.audit.exact_primary}, too closely: {self.audit.narrow_primary}. Publish coarser tables."
            )


def protect(release: Release, history: tuple[ProtectedRelease, ...], rule: PublicRule) -> ProtectedRelease:
    """Hide small counts and what would give them away, over all tables of the release jointly, and prove it.

    history: everything published before; must be empty, since earlier releases are not modelled yet.
    Raises DisclosureError for a history, for tables that cannot be modelled jointly, and when safety is not proven.

    >>> from anonymization.tables import Dimension, Table
    >>> area = Dimension("area", {"COUNTY": {code: code for code in ("RO421", "RO422", "RO424")}})
    >>> counts = pd.DataFrame({"area": ["RO421", "RO422", "RO424"], "count": [3, 10, 20]})
    >>> table = Table("T0", "children", (area,), ({"area": ("TOTAL", "COUNTY")},), counts)
    >>> protected = protect(Release((table,)), (), PublicRule(threshold=5, width=4, zeros="shown"))
    >>> print(protected.cells.to_string(index=False))
    table_id  area  count    status
          T0    _T     33 published
          T0 RO421   <NA>   primary
          T0 RO422   <NA> secondary
          T0 RO424     20 published
    """
    if history:
        raise DisclosureError("Earlier releases cannot be modelled yet: only a first release can be protected.")
    models = build_models(release)
    refuse_contradictions(models)
    parts = [_protected_rows(model, suppress(model, rule), rule) for model in models]
    cells = _in_table_order(pd.concat(parts, ignore_index=True), release)
    return ProtectedRelease(cells, audit(release, cells, rule))


def _protected_rows(model: JointModel, hidden: np.ndarray, rule: PublicRule) -> pd.DataFrame:
    status = np.select([~hidden, primary_cells(model.counts, rule)], ["published", "primary"], "secondary")
    cell = model.rows["cell"].to_numpy()
    rows = model.rows.drop(columns="cell")
    rows["count"] = pd.Series(model.counts[cell], dtype="Int64").mask(hidden[cell])
    rows["status"] = status[cell]
    return rows


def _in_table_order(cells: pd.DataFrame, release: Release) -> pd.DataFrame:
    place = {table.table_id: position for position, table in enumerate(release.tables)}
    return cells.sort_values("table_id", key=lambda ids: ids.map(place), kind="stable", ignore_index=True)
