"""Coverage: what became of every case record that was read. Printed with every release."""

from dataclasses import dataclass

import pandas as pd

from publications.errors import PublicationError

LEFT_OUT = ("quarantined", "excluded")


@dataclass(frozen=True)
class Coverage:
    """Case records read and used, and those left out: (outcome, reason, records)."""

    extracted: int
    loaded: int
    left_out: tuple[tuple[str, str, int], ...]


def read_coverage(frame: pd.DataFrame) -> Coverage:
    """Return the coverage of case records from coverage(table_name, outcome, reason, records).

    Raises PublicationError when the records do not add up: extracted = loaded + quarantined + excluded.
    """
    cases = frame[frame["table_name"].eq("cases")]
    sums = cases.groupby("outcome")["records"].sum()
    apart = cases[cases["outcome"].isin(LEFT_OUT) & cases["records"].gt(0)].sort_values(["outcome", "reason"])
    left_out = tuple(
        (str(outcome), str(reason), int(records))
        for outcome, reason, records in apart[["outcome", "reason", "records"]].itertuples(index=False, name=None)
    )
    coverage = Coverage(int(sums.get("extracted", 0)), int(sums.get("loaded", 0)), left_out)
    left = sum(records for _, _, records in left_out)
    if coverage.extracted != coverage.loaded + left:
        raise PublicationError(
            f"Coverage does not add up: {coverage.extracted} case records read, {coverage.loaded} used, "
            f"{left} left out; make the snapshot again before publishing."
        )
    return coverage
