"""A SPEC says what it says, or is refused with the place."""

from pathlib import Path

import pytest

from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    SmallCountRounding,
)
from anonymization.disclosure.tables.table_set import TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.disclosure.tool_files.spec_file import Spec, read_spec
from anonymization.disclosure.tool_files.spec_method import Changing
from anonymization.disclosure.tool_files.spec_tables import table_set, threshold_rule
from anonymization.errors import PolicyError

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples" / "disclosure"
ROUNDED = "J1-small-count-rounding"

GOOD = """
threshold: 5
knowledge: zeros_published
dimensions:
  county:
    codes: [NO, ON, "010", 11]
    levels:
      region: {East: [NO, ON], West: ["010", 11]}
      coast: {Coast: [ON, "010"], Inland: [NO, 11]}
  age:
    numbers: {first: 0, last: 5, written: "y{:02d}"}
    levels: {band: {young: y00..y02, old: [y03, y04, y05]}}
  sex:
    codes: [F, M]
tables:
  - dimensions: [county, age, sex]
  - {name: narrow, dimensions: [county, sex], threshold: 10, levels: {county: [region, Total]}}
  - {dimensions: [age, sex], margins: [{age: [band]}, {sex: [sex]}]}
"""


def parsed(text: str) -> tuple[Spec, TableSet, ThresholdRule]:
    spec = read_spec(text, "SPEC.yml")
    return spec, table_set(spec, "SPEC.yml"), threshold_rule(spec, "SPEC.yml")


def test_codes_are_texts_whatever_yaml_thinks_of_them() -> None:
    spec, tables, _ = parsed(GOOD)
    assert spec.dimensions["county"].finest == ["NO", "ON", "010", "11"]
    assert tables.tables[0].dimensions[0].codes("coast") == ("Inland", "Coast")


def test_tables_show_all_levels_and_totals_unless_said() -> None:
    _, tables, _ = parsed(GOOD)
    first, narrow, third = tables.tables
    assert [first.table_id, narrow.table_id, third.table_id] == ["table1", "narrow", "table3"]
    assert len(first.groupings) == 4 * 3 * 2
    assert set(narrow.groupings) == {(c, s) for c in ("region", "TOTAL") for s in ("sex", "TOTAL")}
    assert third.groupings == (("band", "TOTAL"), ("TOTAL", "sex"))


def test_numbers_of_the_microdata_become_codes() -> None:
    spec, _, _ = parsed(GOOD)
    assert spec.dimensions["age"].code_of["3"] == "y03"
    assert spec.dimensions["age"].members("band", "young") == ["y00", "y01", "y02"]


def test_the_width_reaches_the_threshold_unless_said() -> None:
    assert parsed(GOOD)[2].width == 4
    assert parsed(GOOD.replace("zeros_published", "nonnegative"))[2].width == 5
    assert parsed(GOOD + "width: 6\n")[2].width == 6


def test_stricter_thresholds_stand_in_the_order_of_their_height() -> None:
    stricter = (
        GOOD + "stricter:\n  - {threshold: 20, codes: {sex: [F]}}\n  - {threshold: 8, levels: {county: county}}\n"
    )
    assert [rule.threshold for rule in parsed(stricter)[2].stricter] == [8, 10, 20]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_the_examples_say_what_their_names_say(path: Path) -> None:
    spec, tables, rule = parsed(path.read_text(encoding="utf-8"))
    assert (spec.changing is not None) == (path.stem == ROUNDED)
    assert spec.changing is not None or rule.knowledge == path.stem.partition("-")[2].replace("-", "_")
    assert (rule.threshold, rule.width) == (5, 5 if rule.knowledge == "nonnegative" else 4)
    assert len(tables.tables) == (5 if path.stem.startswith("J2") else 1)
    assert (spec.contributors, spec.group, spec.audiences) == ("none", [], [])


def test_there_are_three_jobs_for_two_kinds_of_knowledge_and_one_rounded() -> None:
    assert len(list(EXAMPLES.glob("*.yml"))) == 7
    spec, _, _ = parsed((EXAMPLES / f"{ROUNDED}.yml").read_text(encoding="utf-8"))
    assert spec.changing == Changing(SmallCountRounding(base=5, most_change=10), Gate(4, 0.4))


def method(text: str, rest: str = "gate: {least_width: 4, largest_certainty: 0.5}\n") -> str:
    return GOOD + f"method: {text}\n{rest}"


def test_every_method_is_read_with_its_numbers() -> None:
    found = parsed(method("{controlled_rounding: {base: 5}}"))[0].changing
    assert found == Changing(ControlledRounding(5), Gate(4, 0.5))
    noise = method("{cell_key: {largest: 5, variance: 3, never_shown: 2}}") + "record_id: child\n"
    assert parsed(noise)[0].changing == Changing(CellKey(5, 3.0, 2), Gate(4, 0.5))
    assert parsed(GOOD + "method: suppress\n")[0].changing is None


ROUNDING = "{controlled_rounding: {base: 5}}"
BAD_METHODS = {
    "an unknown method": (method("{rounding: {base: 5}}"), "method.rounding: no such key"),
    "an unknown word": (method("hide"), "method: give suppress, or one of controlled_rounding"),
    "two methods": (method("{controlled_rounding: {base: 5}, cell_key: {largest: 5, variance: 3}}"), "method: give"),
    "an unknown number": (
        method("{controlled_rounding: {base: 5, bass: 5}}"),
        "method.controlled_rounding.bass: no such",
    ),
    "a missing number": (method("{small_count_rounding: {base: 5}}"), "small_count_rounding.most_change: this key is"),
    "an odd base": (method("{controlled_rounding: {base: 1}}"), "method: base must be at least 2"),
    "an impossible variance": (method("{cell_key: {largest: 2, variance: 9}}"), "method: No unbiased noise"),
    "no gate": (method(ROUNDING, ""), "gate: a method that changes counts needs least_width"),
    "a gate without a method": (method("suppress"), "gate and record_id are for methods that change counts"),
    "an odd gate": (method(ROUNDING, "gate: {least_width: 4, largest_certainty: 2}\n"), "gate: least_width must be 1"),
    "noise without names": (method("{cell_key: {largest: 5, variance: 3}}"), "record_id: cell_key needs the column"),
    "names without noise": (method(ROUNDING) + "record_id: child\n", "record_id: cell_key needs the column"),
    "attackers": (method(ROUNDING) + "contributors: gate\n", "contributors: it is tried where counts are hidden"),
    "quantities": (method(ROUNDING) + "group: [sex]\n", "group: it is tried where counts are hidden"),
}


@pytest.mark.parametrize(("text", "why"), BAD_METHODS.values(), ids=list(BAD_METHODS))
def test_a_bad_method_is_refused_with_the_key(text: str, why: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        parsed(text)
    assert why in str(refusal.value)


BAD = {
    "overlapping bands": ("East: [NO, ON]", "East: [NO, ON, '010']", "dimensions.county: levels.region: 010 stands in"),
    "a code in no group": ("East: [NO, ON]", "East: [NO]", "dimensions.county: levels.region: ON stands in no group"),
    "an unknown code in a group": ("East: [NO, ON]", "East: [NO, ON, XX]", "levels.region: XX is not one of"),
    "an unknown end of a range": ("y00..y02", "y00..y09", "dimensions.age: levels.band.young: give a list"),
    "a range turned round": ("y00..y02", "y02..y00", "y00 stands in no group"),
    "a group named as another code": ("East: [NO, ON]", "'010': [NO, ON]", "Code 010 of dimension county means"),
    "a code twice": ("[F, M]", "[F, M, F]", "dimensions.sex: code F is listed twice"),
    "a code Total": ("[F, M]", "[F, M, Total]", "dimensions.sex.codes.2: Total is the mark of a total"),
    "a code _T": ("[F, M]", "[F, M, _T]", "dimensions.sex.codes.2: _T is the mark of a total"),
    "an empty code": ("[F, M]", "[F, '']", "dimensions.sex.codes.1: a code is a text"),
    "codes that are a mapping": ("[F, M]", "{F: M}", "dimensions.sex.codes"),
    "codes and numbers": ("[F, M]", "[F, M]\n    numbers: {first: 1, last: 2}", "dimensions.sex: give its"),
    "no codes": ("codes: [F, M]", "codes: []", "dimensions.sex: give its codes"),
    "numbers that run down": ("first: 0", "first: 9", "dimensions.age.numbers: last must not be below"),
    "numbers without a place": ("y{:02d}", "y", "dimensions.age.numbers: written holds one place"),
    "numbers with a trick": ("y{:02d}", "{.real}", "dimensions.age.numbers: written holds one place"),
    "a level of the dimension's own name": ("region: {", "county: {", "dimensions.county.levels.county: this name"),
    "an unknown dimension": ("[county, age, sex]", "[county, age, size]", "tables.0.dimensions: size is not one"),
    "a dimension twice": ("[county, age, sex]", "[county, age, age]", "tables.0: dimension age is listed twice"),
    "an unknown level": ("[region, Total]", "[shire, Total]", "tables.1.levels.county: shire is not a level"),
    "a level of another dimension": ("sex: [sex]", "county: [county]", "tables.2.margins.1.county: the table does not"),
    "two tables of one name": ("name: narrow", "name: table1", "tables: table table1 is listed twice"),
    "a lower threshold of a table": ("threshold: 10", "threshold: 3", "a stricter one higher still"),
    "an unknown key": ("threshold: 5", "threshold: 5\nthreshhold: 5", "threshhold: no such key"),
    "a key twice": ("threshold: 5", "threshold: 5\nthreshold: 3", "line 3: threshold is listed twice"),
    "a missing key": ("threshold: 5", "seed: 1", "threshold: this key is missing"),
    "a threshold that is no number": ("threshold: 5", "threshold: five", "threshold: Input should be a valid integer"),
    "a threshold of one": ("threshold: 5", "threshold: 1", "threshold must be at least 2"),
    "a width too small": ("threshold: 5", "threshold: 5\nwidth: 3", "width must be at least"),
    "an unknown knowledge": ("zeros_published", "all", "knowledge: Input should be"),
    "a name with a blank": ("  sex:", "  the sex:", "dimensions.the sex: a name is letters"),
    "a name of the files": ("  sex:", "  count:", "dimensions.count: this name has a meaning"),
    "not YAML": ("tables:", "tables: [", "SPEC.yml, line"),
    "a budget below nothing": ("threshold: 5", "threshold: 5\nbudget: {search: -1}", "budget.search: Input should be"),
    "a time limit of nothing": ("threshold: 5", "threshold: 5\ntime_limit: 0", "time_limit: Input should be"),
    "a negative seed": ("threshold: 5", "threshold: 5\nseed: -1", "seed: Input should be"),
    "an unknown dimension of a group": ("threshold: 5", "threshold: 5\ngroup: [size]", "group: size is not one"),
    "an unknown code of an audience": (
        "threshold: 5",
        "threshold: 5\naudiences: [{name: coast, codes: {county: [XX]}}]",
        "audiences.0.codes.county: XX is not one of its codes",
    ),
    "no tables": (GOOD[GOOD.index("tables:") :], "tables: []\n", "tables: List should have at least 1"),
    "an unused dimension": ("  sex:", "  idle: {codes: [a]}\n  sex:", "dimensions.idle: no table uses it"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_spec_is_refused_with_the_place(what: str) -> None:
    good, bad, place = BAD[what]
    assert good in GOOD
    with pytest.raises(PolicyError) as refusal:
        parsed(GOOD.replace(good, bad, 1))
    assert place in str(refusal.value) and str(refusal.value).startswith("SPEC.yml")


@pytest.mark.parametrize(
    "text", ["", "- a\n", "just words\n", "\x00", "a: &x [*x]\n", "{" * 2000, "? [a]\n: b\n", "? {a: b}\n: b\n"]
)
def test_what_is_no_spec_at_all_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match=r"SPEC\.yml"):
        parsed(text)


def test_a_stricter_rule_names_what_exists() -> None:
    for key, value in {"tables": "[none]", "levels": "{county: shire}", "codes": "{sex: [X]}"}.items():
        with pytest.raises(PolicyError, match=rf"stricter\.0\.{key}"):
            parsed(GOOD + f"stricter: [{{threshold: 9, {key}: {value}}}]\n")
