"""Every key of the policy's disclosure part has an effect on what is asked, and the words gate and report theirs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.chain import Ledger
from anonymization.disclosure.ledger.editions import LedgerEdition
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.errors import DisclosureError
from case_store.profile import load_profile
from pipelines.release.ledger_folder import Record
from pipelines.release.nested_columns import refuse_nested_columns
from pipelines.release.protect_release import history_before
from pipelines.release.protection_terms import terms_of
from pipelines.run.policy_in_force import policy_of

POLICY = policy_of(load_profile()).disclosure["public"]
COUNTIES = ("RO421", "RO422", "RO423", "RO424")
AREA = Dimension("area", {"COUNTY": {county: county for county in COUNTIES}})
CARE = Dimension("care_status", {"CARE_STATUS": {"SEP": "SEP", "UNACC": "UNACC"}})
AGES = ["Y0", "Y1", "Y2", "Y3"]
BY_COUNTY = Table("T1", "children", (AREA,), ({"area": ("TOTAL", "COUNTY")},))
CROSSED = {"area": ("TOTAL", "COUNTY"), "care_status": ("TOTAL", "CARE_STATUS")}
BY_CARE = Table("T1", "children", (AREA, CARE), (CROSSED,))


def by_county(*counts: int) -> Release:
    return Release(TableSet((BY_COUNTY,)), {"children": pd.DataFrame({"area": COUNTIES, "count": counts})})


def by_care(*counts: int) -> Release:
    """Counts: SEP and UNACC of each county in turn."""
    leaves = pd.DataFrame([(a, c) for a in COUNTIES for c in CARE.leaves], columns=["area", "care_status"])
    return Release(TableSet((BY_CARE,)), {"children": leaves.assign(count=counts)})


def changed(**parts: Any) -> DisclosurePolicy:
    """The policy with some keys changed: part -> key -> value, or a key of its own -> value."""
    content = POLICY.model_dump()
    for part, change in parts.items():
        content[part] = content[part] | change if isinstance(content[part], dict) and part != "audiences" else change
    return DisclosurePolicy.model_validate(content)


def only(keep: Any = POLICY.keep, **answers: str) -> DisclosurePolicy:
    """A policy in which nothing is a gate but the public and what is named here."""
    attackers = {name: answers.get(name, "report") for name in POLICY.attackers.model_dump() if name != "public"}
    quantities = {name: answers.get(name, "report") for name in POLICY.quantities.model_dump()}
    return changed(attackers=attackers, quantities=quantities, keep=keep)


def protected(release: Release, policy: DisclosurePolicy) -> ProtectedRelease:
    return protect(release, History(), policy.rule, terms_of(policy, release.table_set))


def is_refused_for_nesting(policy: DisclosurePolicy) -> bool:
    """Whether a release is refused in which the county tells the care status."""
    try:
        refuse_nested_columns(by_care(30, 0, 30, 0, 0, 30, 0, 30), policy, "public", ())
    except DisclosureError:
        return True
    return False


def asked(policy: DisclosurePolicy) -> Iterator[object]:
    """All that a policy asks of a release in which each attacker finds something to know, and of the ledger."""
    release = by_care(1, 1, 2, 9, 30, 40, 50, 60)
    model, terms = build_model(release.table_set), terms_of(policy, release.table_set)
    truth = model.tabulate(release)
    yield policy.rule
    yield sorted({(one.kind, one.name.split()[0], one.gate, len(one.known)) for one in
                  terms.attackers(model, truth, np.ones(model.cells.shape[0], dtype=bool))})  # fmt: skip
    yield (terms.quantities, terms.only_told, terms.sensitive, terms.keep, terms.costs, terms.pattern_knower)
    yield history_before(Record(Ledger(), ()), LedgerEdition("2023-Q4", 1, "2023-12-31"), policy, ()).multiple
    yield is_refused_for_nesting(policy)


OTHERWISE: dict[str, list[dict[str, Any]]] = {
    "threshold": [{"threshold": 6, "width": 5}],
    "knowledge": [{"knowledge": "nonnegative", "width": 5}],
    "width": [{"width": 6}],
    "narrower_because": [{"narrower_because": "a reason"}],
    "stricter": [{"stricter": ()}],
    "attackers": [
        {"attackers": {name: "report" if answer == "gate" else "gate"}}
        for name, answer in POLICY.attackers.model_dump().items()
        if name != "public"
    ],
    "audiences": [{"audiences": {}}, {"audiences": {"partners": {"sees": {"area": ["RO421"]}}}}],
    "quantities": [
        {"quantities": {name: "report" if answer == "gate" else "gate"}}
        for name, answer in POLICY.quantities.model_dump().items()
    ],
    "left_open": [
        {"left_open": [{"quantity": "intersections", "dimension": "area", "because": "a reason"}]},
        {"left_open": [{"quantity": "differences", "dimension": "area", "because": "a reason"}]},
    ],
    "independent": [{"independent": ()}],
    "sensitive": [{"sensitive": ()}],
    "revision": [{"revision": {"multiple": 10}}],
    "keep": [{"keep": ({"levels": {"area": "TOTAL"}},)}],
    "hide": [{"hide": ({"codes": {"area": "RO421"}},)}],
    "costs": [
        {"costs": {name: value}}
        for name, value in {
            "country": 2e3,
            "headline": 51,
            "hidden_before": 1,
            "cells": ({"codes": {"area": "RO421"}, "times": 2},),
        }.items()
    ],
}


def test_every_key_is_tried() -> None:
    assert set(OTHERWISE) == set(DisclosurePolicy.model_fields)
    inside = {"attackers": 1, "quantities": 0, "costs": 0, "revision": 0}  # the public is always a gate
    for part, fixed in inside.items():
        assert len(OTHERWISE[part]) == len(getattr(POLICY, part).model_dump()) - fixed


@pytest.mark.parametrize("change", [change for changes in OTHERWISE.values() for change in changes], ids=str)
def test_every_key_changes_what_is_asked(change: dict[str, Any]) -> None:
    assert [*asked(changed(**change))] != [*asked(POLICY)]


def test_as_it_stands_everybody_is_tried() -> None:
    kinds = {attack.kind for attack in protected(by_care(1, 20, 20, 2, 30, 40, 50, 60), POLICY).audit.attacks}
    assert kinds == {"contributor", "siblings", "rule_knower", "pattern_knower", "audience"}


def test_an_audience_that_nothing_binds_is_a_gate_by_itself() -> None:
    policy = changed(audiences={"partners": {"sees": {"area": ["RO421"]}}})
    attacks = protected(by_county(3, 20, 30, 40), policy).audit.attacks
    assert [attack.gate for attack in attacks if attack.name == "partners"] == [True]


# Gate and report -----------------------------------------------------------------------------------------------------


def failing(release: ProtectedRelease, kind: str) -> int:
    return sum(len(attack.failing) for attack in release.audit.attacks if attack.kind == kind)


@pytest.mark.parametrize(
    ("key", "kind"), [("contributor", "contributor"), ("siblings", "siblings"), ("county_coordinator", "audience")]
)
def test_what_an_attacker_finds_is_told_or_hidden(key: str, kind: str) -> None:
    """Two counties hide for each other: who knows one count of the four subtracts the others, unless more is hidden."""
    release = by_care(2 if key == "siblings" else 1, 20, 20, 3, 30, 40, 50, 60)
    told, held = protected(release, only()), protected(release, only(**{key: "gate"}))
    assert failing(told, kind) > 0 and told.audit.hidden == 4
    assert held.audit.hidden > 4 and failing(held, kind) == 0


def test_coordinators_are_those_of_the_level_at_which_they_work() -> None:
    regions = {area: f"R{place // 2}" for place, area in enumerate(COUNTIES)}
    area = Dimension("area", {"COUNTY": {code: code for code in COUNTIES}, "REGION": regions})
    table_set = TableSet((Table("T1", "children", (area,), ({"area": ("TOTAL", "REGION", "COUNTY")},)),))
    release = Release(table_set, {"children": pd.DataFrame({"area": COUNTIES, "count": range(10, 10 + len(COUNTIES))})})
    model = build_model(table_set)

    def tried(level: str) -> set[str]:
        terms = terms_of(only(), table_set, coordinated=level)
        attackers = terms.attackers(model, model.tabulate(release), np.ones(model.cells.shape[0], dtype=bool))
        return {one.name for one in attackers if one.name.startswith("coordinator")}

    assert tried("") == tried("COUNTY") == {f"coordinator of {code}" for code in COUNTIES}
    assert tried("REGION") == {f"coordinator of {code}" for code in set(regions.values())}


def test_the_one_who_knows_the_rule_is_tried_as_said() -> None:
    for answer in ("gate", "report"):
        attacks = protected(by_county(3, 2, 20, 30), only(rule_knower=answer)).audit.attacks
        assert [one.gate for one in attacks if one.kind == "rule_knower"] == [answer == "gate"]


def test_a_quantity_is_told_or_protected() -> None:
    """The first three ages less the first two are 3 children, and no table shows that age alone."""
    bands = {"HALVES": dict(zip(AGES, "AABB", strict=True)), "ENDS": dict(zip(AGES, "CDDE", strict=True))}
    table = Table("T1", "children", (Dimension("age", bands),), ({"age": ("TOTAL", "HALVES", "ENDS")},))
    release = Release(TableSet((table,)), {"children": pd.DataFrame({"age": AGES, "count": [20, 3, 30, 40]})})
    told, held = (protected(release, asked_of) for asked_of in (only(keep=()), only(keep=(), contiguous_ages="gate")))
    assert (told.audit.quantities, held.audit.quantities, told.audit.hidden) == (1, 1, 0)
    assert [finding.gate for finding in told.audit.findings] == [False]
    assert not held.audit.findings and held.audit.hidden > 0


def test_a_group_in_one_category_is_told_or_refused() -> None:
    """Of the first county everybody sees that all are separated, since the zero beside them is shown."""
    release = by_care(40, 0, 30, 20, 30, 40, 50, 60)
    assert [group.dimension for group in protected(release, only()).audit.groups] == ["care_status"]
    assert not protected(release, changed(sensitive=())).audit.groups
    with pytest.raises(DisclosureError, match="not safe"):
        protected(release, only(homogeneity="gate"))
