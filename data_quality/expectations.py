"""Great Expectations, and nothing else: shares in, verdicts out.

It sees one row with one column a rule, the share of failing rows. So its results cannot hold a value of a person, and
they cost the same for a thousand children as for a million. The library is imported on first use (3 CPU seconds).
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_quality.rule import Severity

if TYPE_CHECKING:
    import great_expectations as gx

GX_SEVERITY: dict[Severity, str] = {"error": "critical", "warning": "warning"}


@dataclass(frozen=True)
class Measure:
    """What one rule measured: the share of failing rows, and how much of it is allowed."""

    share: float
    allowed: float
    severity: Severity


def judge(measures: Mapping[str, Measure]) -> dict[str, bool | None]:
    """Say for each rule id whether its share is allowed; None where Great Expectations itself stumbled."""
    if not measures:
        return {}
    results = _batch(measures).validate(_suite(measures), result_format="BOOLEAN_ONLY").results
    verdicts = {result.expectation_config.meta["rule_id"]: _verdict(result) for result in results}
    return {rule_id: verdicts.get(rule_id) for rule_id in measures}


def _batch(measures: Mapping[str, Measure]) -> Any:
    import pandas as pd

    shares = pd.DataFrame([{rule_id: measure.share for rule_id, measure in measures.items()}])
    source = _context().data_sources.add_pandas("shares")
    whole = source.add_dataframe_asset("gate").add_batch_definition_whole_dataframe("whole")
    return whole.get_batch({"dataframe": shares})


def _context() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read at import
    import great_expectations as gx

    # it announces a temporary folder at every gate, on a logger whose level it sets itself: only a filter stays
    logging.getLogger("great_expectations.data_context.types.base").addFilter(_is_warning)
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _suite(measures: Mapping[str, Measure]) -> "gx.ExpectationSuite":
    import great_expectations as gx
    from great_expectations.expectations.metadata_types import FailureSeverity

    expectations = [
        gx.expectations.ExpectColumnMaxToBeBetween(
            column=rule_id,
            max_value=measure.allowed,
            severity=FailureSeverity(GX_SEVERITY[measure.severity]),
            meta={"rule_id": rule_id},
        )
        for rule_id, measure in measures.items()
    ]
    return gx.ExpectationSuite(name="gate", expectations=expectations)


def _verdict(result: Any) -> bool | None:
    """None if the check raised: a raised check reports success False, and its message is nobody's to read."""
    return None if any(_raised(result.exception_info)) else bool(result.success)


def _raised(exception_info: Mapping[str, Any]) -> Iterator[bool]:
    """Flat for a check that ran, nested by metric for one that did not."""
    yield bool(exception_info.get("raised_exception"))
    yield from (bool(info.get("raised_exception")) for info in exception_info.values() if isinstance(info, Mapping))
