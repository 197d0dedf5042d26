"""Columns that nest are refused with the lines that would be right, wherever a file tells; synthetic records."""

from pathlib import Path

import pytest
import yaml

from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.errors import DisclosureError, PolicyError
from pipelines.tool.audit_cells import audit_file
from pipelines.tool.protect_file import protect_file

HEAD = "threshold: 5\nknowledge: zeros_published\nbudget: {search: 0, bound: 0}\n"
TWO_TABLES = """
dimensions:
  county: {codes: [a, b, c, d, e]}
  region: {codes: [R1, R2]}
  sex: {codes: [F, M]}
tables:
  - dimensions: [county, sex]
  - dimensions: [region, sex]
"""
REGION = {"a": "R1", "b": "R1", "c": "R1", "d": "R2", "e": "R2"}
COUNTS = {"a": (3, 9), "b": (12, 20), "c": (30, 31), "d": (6, 8), "e": (15, 7)}
PEOPLE = [
    (county, REGION[county], sex)
    for county, counts in COUNTS.items()
    for sex, n in zip("FM", counts, strict=True)
    for _ in range(n)
]


def written(
    folder: Path, spec: str, rows: list[tuple[str, ...]], header: str = "county,region,sex"
) -> tuple[Path, Path]:
    (folder / "SPEC.yml").write_text(HEAD + spec)
    (folder / "data.csv").write_text("\n".join([header, *map(",".join, rows)]) + "\n")
    return folder / "data.csv", folder / "SPEC.yml"


def refusal(folder: Path, spec: str, rows: list[tuple[str, ...]], header: str = "county,region,sex") -> str:
    data, path = written(folder, spec, rows, header)
    with pytest.raises(DisclosureError) as refused:
        protect_file(data, path, folder / "cells.csv", False, None)
    assert not (folder / "cells.csv").exists()
    return str(refused.value)


def lines_of(message: str) -> str:
    """The lines of the SPEC that a refusal gives."""
    start = message.index("\ndimensions:")
    return message[start : message.index("\n\n", start + 1)] + "\n"


def test_two_columns_of_one_fact_are_refused_with_a_spec_that_is_right(tmp_path: Path) -> None:
    message = refusal(tmp_path, TWO_TABLES, PEOPLE)
    assert "Every code of county lies within one code of region." in message
    lines = yaml.safe_load(lines_of(message))
    assert lines == {
        "dimensions": {
            "county": {"codes": [*"abcde"], "levels": {"region": {"R1": [*"abc"], "R2": [*"de"]}}},
            "sex": {"codes": ["F", "M"]},
        },
        "tables": [{"dimensions": ["county", "sex"]}],
    }  # fmt: skip
    data, spec = written(tmp_path, lines_of(message), PEOPLE)
    assert "Safe" in protect_file(data, spec, tmp_path / "cells.csv", False, None).sentence


def test_the_pattern_that_was_called_safe_is_unsafe_by_the_right_spec(tmp_path: Path) -> None:
    data, naive = written(tmp_path, TWO_TABLES, PEOPLE)
    right = tmp_path / "right.yml"
    right.write_text(HEAD + lines_of(refusal(tmp_path, TWO_TABLES, PEOPLE)))
    cells, hidden = ["county,sex,count,status"], {("a", "F"), ("a", "M"), ("d", "F"), ("d", "M")}
    for area in ("Total", *COUNTS, "R1", "R2"):
        for sex in ("Total", "F", "M"):
            count = sum(area in ("Total", c, r) and sex in ("Total", s) for c, r, s in PEOPLE)
            is_hidden = (area, sex) in hidden
            cells.append(f"{area},{sex},{'' if is_hidden else count},{'hidden' if is_hidden else 'published'}")
    (tmp_path / "cells.csv").write_text("\n".join(cells) + "\n")
    found = audit_file([tmp_path / "cells.csv"], right, data)
    assert (found.verdict, found.report.exact_integer) == ("unsafe", 1)
    with pytest.raises(DisclosureError, match="county lies within one code of region"):
        audit_file([tmp_path / "cells.csv"], naive, data)


CROSSED = """
dimensions:
  county: {codes: [a, b, c, d, e]}
  region: {codes: [R1, R2]}
tables:
  - dimensions: [county, region]
"""


def test_cells_alone_are_refused_where_a_table_crosses_the_columns(tmp_path: Path) -> None:
    _, spec = written(tmp_path, CROSSED, PEOPLE)
    rows = ["county,region,count,status"]
    for county in ("Total", *COUNTS):
        for region in ("Total", "R1", "R2"):
            count = sum(county in ("Total", c) and region in ("Total", r) for c, r, _ in PEOPLE)
            rows.append(f"{county},{region},{count},published")
    (tmp_path / "cells.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(DisclosureError, match=r"region: \{R1: \[a, b, c\], R2: \[d, e\]\}"):
        audit_file([tmp_path / "cells.csv"], spec, None)


def test_cells_that_cannot_tell_are_audited_and_the_verdict_says_so(tmp_path: Path) -> None:
    data, spec = written(tmp_path, TWO_TABLES + STATED, PEOPLE)
    protect_file(data, spec, tmp_path / "cells.csv", False, None)
    assert not any("groups the other" in one for one in audit_file([tmp_path / "cells.csv"], spec, None).not_tried)
    _, spec = written(tmp_path, TWO_TABLES, PEOPLE)
    found = audit_file([tmp_path / "cells.csv"], spec, None)
    assert "Not tried: whether one of county and region groups the other: no table crosses them" in found.sentence
    assert any("county and region" in one for one in found.as_json()["not_tried"])


STATED = "independent:\n  - {dimensions: [county, region], because: region is where the child was born}\n"


def test_a_reason_lets_them_pass_and_is_told(tmp_path: Path) -> None:
    data, spec = written(tmp_path, TWO_TABLES + STATED, PEOPLE)
    told = protect_file(data, spec, tmp_path / "cells.csv", False, None).warnings
    assert any("independent: region is where the child was born" in one for one in told)
    assert audit_file([tmp_path / "cells.csv"], spec, data).is_safe


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("independent: [county, region]", "reason"),
        ("independent: [{dimensions: [county, region]}]", "independent.0.because"),
        ("independent: [{dimensions: [county, region], because: ' '}]", "because"),
        (
            "independent: [{dimensions: [county, town], because: no}]",
            "town is not one of the dimensions; known: county",
        ),
        ("independent: [{dimensions: [county], because: no}]", "independent.0.dimensions"),
    ],
)
def test_a_reason_is_needed_and_names_must_be_known(wrong: str, named: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_spec(f"{HEAD}{TWO_TABLES}{wrong}\n", "SPEC.yml")
    assert named in str(refused.value)


def test_one_fact_under_two_codes_is_one_dimension(tmp_path: Path) -> None:
    spec = """
dimensions:
  sex: {codes: [F, M]}
  gender: {codes: [girl, boy]}
  county: {codes: [a, b, c, d, e]}
tables: [{dimensions: [county, sex]}, {name: second, dimensions: [county, gender], levels: {county: [Total]}}]
"""
    rows = [(c, s, {"F": "girl", "M": "boy"}[s]) for c, _, s in PEOPLE]
    lines = yaml.safe_load(lines_of(refusal(tmp_path, spec, rows, "county,sex,gender")))
    assert lines["dimensions"]["sex"] == {"codes": ["F", "M"], "levels": {"gender": {"girl": ["F"], "boy": ["M"]}}}
    assert lines["tables"] == [
        {"dimensions": ["county", "sex"], "levels": {"sex": ["sex", "Total"]}},
        {
            "name": "second",
            "dimensions": ["county", "sex"],
            "levels": {"county": ["Total"], "sex": ["gender", "Total"]},
        },
    ]


def test_three_columns_become_two_levels_of_one(tmp_path: Path) -> None:
    spec = """
dimensions:
  land: {codes: [N, S]}
  region: {codes: [R1, R2, R3], levels: {half: {upper: [R1, R2], lower: [R3]}}}
  county: {codes: [a, b, c, d, e, f, g]}
tables: [{dimensions: [county]}, {dimensions: [region]}, {dimensions: [land]}]
"""
    region = {"a": "R1", "b": "R1", "c": "R2", "d": "R2", "e": "R3", "f": "R3"}
    rows = [(c, r, "S" if r == "R3" else "N") for c, r in region.items() for _ in range(12)]
    message = refusal(tmp_path, spec, rows, "county,region,land")
    lines = yaml.safe_load(lines_of(message))
    assert lines["dimensions"] == {
        "county": {
            "codes": list("abcdefg"),
            "levels": {
                "land": {"N": ["a", "b", "c", "d"], "S": ["e", "f"]},
                "region": {"R1": ["a", "b"], "R2": ["c", "d"], "R3": ["e", "f"]},
                "half": {"upper": ["a", "b", "c", "d"], "lower": ["e", "f"]},
            },
        }
    }
    assert lines["tables"] == [{"dimensions": ["county"]}]
    assert "Not in the data, so put each into its group of region: g." in message


def test_an_age_and_its_band_are_one_dimension(tmp_path: Path) -> None:
    spec = """
dimensions:
  age: {numbers: {first: 0, last: 5}}
  band: {codes: ["0", "1-3", 4+]}
tables: [{dimensions: [age]}, {dimensions: [band]}]
"""
    rows = [(str(age), "0" if not age else "1-3" if age < 4 else "4+") for age in range(6) for _ in range(9)]
    lines = lines_of(refusal(tmp_path, spec, rows, "age,band"))
    assert "band: {'0': ['0'], 1-3: ['1', '2', '3'], 4+: ['4', '5']}" in lines
    data, path = written(tmp_path, lines, rows, "age,band")
    protect_file(data, path, tmp_path / "cells.csv", False, None)


@pytest.mark.parametrize(
    "odd",
    [
        [("a", "R2", "F")],
        [(c, "R_unknown", "F") for c in "abcde" for _ in range(4)],
        [("unknown", r, "F") for r in ("R1", "R2") for _ in range(9)],
    ],
    ids=["a mistake", "an unknown region", "an unknown county"],
)
def test_a_few_exceptions_and_an_unknown_code_do_not_make_it_two_facts(
    odd: list[tuple[str, ...]], tmp_path: Path
) -> None:
    spec = TWO_TABLES.replace("d, e]", "d, e, unknown]").replace("R1, R2]", "R1, R2, R_unknown]")
    message = refusal(tmp_path, spec, [*PEOPLE, *odd])
    assert "Nearly every record has the code of region that belongs to its code of county" in message
    assert "records do not fit" in message and "R1: [a, b, c" in message


def test_many_exceptions_are_told_and_two_facts_are_not(tmp_path: Path) -> None:
    twenty = [("abcde"[n % 5], "R1" if n % 2 else "R2", "FM"[n // 2 % 2]) for n in range(14)]
    data, spec = written(tmp_path, TWO_TABLES, [*PEOPLE, *twenty])
    told = protect_file(data, spec, tmp_path / "cells.csv", False, None).warnings
    assert any(one.startswith("Look at county and region") for one in told)
    data, spec = written(tmp_path, TWO_TABLES, [(c, ("R1", "R2")[n % 2], s) for n, (c, _, s) in enumerate(PEOPLE)])
    assert protect_file(data, spec, tmp_path / "cells.csv", False, None).warnings == ()


def test_a_column_that_lies_within_a_level_of_another_is_refused(tmp_path: Path) -> None:
    spec = """
dimensions:
  town: {codes: [t1, t2, t3, t4], levels: {county: {A: [t1, t2], B: [t3, t4]}}}
  district: {codes: [d1, d2, d3, d4]}
tables: [{dimensions: [town]}, {dimensions: [district]}]
"""
    pairs = [("t1", "d1"), ("t1", "d2"), ("t2", "d2"), ("t3", "d3"), ("t4", "d3"), ("t4", "d4")]
    message = refusal(tmp_path, spec, [pair for pair in pairs for _ in range(8)], "town,district")
    assert "Every code of district lies within one code of town, level county." in message
    assert "give the file one column" in message and "dimensions:\n" not in message


def test_linked_margins_tell_only_of_columns_that_a_table_crosses(tmp_path: Path) -> None:
    spec = """
dimensions:
  county: {codes: [a, b]}
  sex: {codes: [F, M]}
tables: [{dimensions: [county]}, {dimensions: [sex]}]
"""
    rows = [
        ("a", "Total", "40"),
        ("b", "Total", "50"),
        ("Total", "F", "40"),
        ("Total", "M", "50"),
        ("Total", "Total", "90"),
    ]
    data, path = written(tmp_path, spec, rows, "county,sex,count")
    told = protect_file(data, path, tmp_path / "cells.csv", False, None).warnings
    assert any("Not tried: whether one of county and sex groups the other" in one for one in told)


def many_codes() -> tuple[str, list[tuple[str, ...]]]:
    """A SPEC with twenty codes of a county in five regions, and its records."""
    region_of = {f"c{n:02d}": f"R{n % 5}" for n in range(20)}
    people = [(county, region, "FM"[n % 2]) for county, region in region_of.items() for n in range(12)]
    spec = TWO_TABLES.replace("[a, b, c, d, e]", f"[{', '.join(region_of)}]").replace(
        "[R1, R2]", "[R0, R1, R2, R3, R4]"
    )
    return spec, people


def test_many_codes_are_taken_from_the_microdata_and_these_lines_are_accepted(tmp_path: Path) -> None:
    spec, people = many_codes()
    lines = lines_of(refusal(tmp_path, spec, people))
    assert yaml.safe_load(lines)["dimensions"]["county"] == {"codes": "microdata", "levels": {"region": "region"}}
    data, path = written(tmp_path, lines, people)
    protect_file(data, path, tmp_path / "cells.csv", False, None)
    listed = (tmp_path / "cells.csv").read_text()
    assert "\nc19,F," in listed and "\nR4,Total," in listed


def test_many_codes_are_listed_where_the_microdata_would_not_give_them(tmp_path: Path) -> None:
    spec, people = many_codes()
    unseen = refusal(tmp_path, spec.replace("c19]", "c19, c20]"), people)
    assert "c20" in lines_of(unseen) and "codes: microdata" not in unseen
