"""Expected time, the bound on it, advice on one dimension, and several files of cells as one."""

import pandas as pd
import pytest

from anonymization.disclosure.advice.advisor import advise
from anonymization.disclosure.advice.estimate import Estimate
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.disclosure.tool_files.cell_keys import cell_keys
from anonymization.disclosure.tool_files.several_cells import as_one
from anonymization.errors import DisclosureError
from pipelines.errors import RunError
from pipelines.tool.audit_findings import in_words_of
from pipelines.tool.time_bound import expected, seconds_in

AREA = Dimension("area", {"area": {code: code for code in "ABCDEF"}})
SEX = Dimension("sex", {"sex": {code: code for code in "FM"}})


def table(*dimensions: Dimension) -> Table:
    margins = {dimension.name: ("TOTAL", dimension.name) for dimension in dimensions}
    return Table("T", "records", dimensions, (margins,))


def test_durations_are_read_or_refused() -> None:
    assert [seconds_in(text) for text in ("90s", "10m", "2h", "45", "1.5 m")] == [90, 600, 7200, 45, 90]
    for wrong in ("", "0s", "soon", "-5m", "10d"):
        with pytest.raises(RunError, match="--at-most"):
            seconds_in(wrong)


def test_the_expected_time_grows_with_the_tables() -> None:
    small = expected(Estimate(903, 894, 125, 36, 1, 1), 600)
    large = expected(Estimate(76_500, 39_541, 18_463, 13_692, 1, 1), 600)
    assert "903 cells, 125 of them small" in small and "the bound is 10 min" in small
    assert " 3 s to 37 s" in small and "3 min to 36 min" in large


def test_a_table_of_one_dimension_is_never_told_to_drop_it() -> None:
    counts = pd.DataFrame({"area": list("ABCDEF"), "count": [1, 2, 3, 1, 2, 40]})
    release = Release(TableSet((table(AREA),)), {"records": counts})
    found = advise(release, ThresholdRule(threshold=5, width=4, knowledge="zeros_published"))
    assert found.is_too_fine and not found.proposals


KEYS = cell_keys(build_model(TableSet((table(AREA, SEX),))))


def test_several_files_are_one_and_contradictions_are_named() -> None:
    first = "area,count,status\nTotal,9,published\nA,9,published\n"
    second = "sex,area,count,status\nTotal,A,9,published\nF,A,,hidden\n"
    joined = as_one([("a.csv", first), ("b.csv", second)], KEYS).splitlines()
    assert joined == ["area,sex,count,status", "Total,Total,9,published", "A,Total,9,published", "A,F,,hidden"]
    for changed in (second.replace("A,9", "A,8"), second.replace("A,9,published", "A,,hidden")):
        with pytest.raises(DisclosureError, match="A / Total is not the same in a.csv and in b.csv"):  # noqa: RUF043
            as_one([("a.csv", first), ("b.csv", changed)], KEYS)
    with pytest.raises(DisclosureError, match="given twice"):
        as_one([("a.csv", first), ("a.csv", first)], KEYS)
    with pytest.raises(DisclosureError, match="stands in an earlier row"):
        as_one([("a.csv", first + "A,9,published\n"), ("b.csv", second)], KEYS)


def test_json_calls_totals_what_the_files_call_them() -> None:
    figures = {"findings": [{"place": "T: area=_T, sex=F"}], "cells": 3}
    assert in_words_of({"area": "I alt"}, figures)["findings"] == [{"place": "T: area=I alt, sex=F"}]
