"""Which column counts, whose codes are meant, and where groups come from: read right, or refused with the way out."""

import unicodedata
from pathlib import Path

import pytest

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tool_files.cell_keys import cell_keys
from anonymization.disclosure.tool_files.cells_file import read_cells
from anonymization.disclosure.tool_files.csv_rows import open_csv
from anonymization.disclosure.tool_files.microdata import read_release
from anonymization.disclosure.tool_files.spec_file import Spec, read_spec
from anonymization.disclosure.tool_files.spec_sources import Sources
from anonymization.disclosure.tool_files.spec_tables import POPULATION, table_set
from anonymization.disclosure.tool_files.spelling_notices import spelling_notices
from anonymization.errors import DisclosureError, PolicyError
from pipelines.tool.protect_file import protect_file

HEAD = "threshold: 5\nknowledge: zeros_published\ntables: [{dimensions: [region]}]\n"
ABCD = HEAD + "dimensions: {region: {codes: [A, B, C, D]}}\n"
COUNTED = "region,freq\nA,3\nB,9\nC,14\nD,210\n"


def counts(text: str, spec: str = ABCD) -> dict[str, int]:
    read = read_spec(spec, "SPEC.yml")
    frame = read_release(text, "data.csv", read, table_set(read, "SPEC.yml")).counts[POPULATION]
    return dict(zip(frame["region"], frame["count"], strict=True))


def refused(text: str, spec: str = ABCD) -> str:
    with pytest.raises((DisclosureError, PolicyError)) as refusal:
        counts(text, spec)
    return str(refusal.value)


@pytest.mark.parametrize("name", ["freq", "Count", "ant", "N_OBS", "weight", "antall barn"])
def test_a_column_of_numbers_that_the_spec_does_not_use_is_refused(name: str) -> None:
    message = refused(COUNTED.replace("freq", name))
    assert f"`count: {name}`" in message and "`rows: records`" in message
    assert counts(COUNTED.replace("freq", name), f"{ABCD}count: {name}\n") == {"A": 3, "B": 9, "C": 14, "D": 210}


@pytest.mark.parametrize("number", ["1 234", "1\u00a0234", '"1,234"', "1'234", "1.5", "2e3", '"""12"""', "-3"])
def test_numbers_are_seen_however_they_are_written(number: str) -> None:
    assert "`count: freq`" in refused(f"region,freq\nA,{number}\nA,{number}\nA,{number}\n")


@pytest.mark.parametrize(
    "text", ["region\nA\nB\nC\nD\n", "region,note\nA,few\nB,some\nC,many\nD,more\n"], ids=["alone", "with words"]
)
def test_rows_that_are_all_another_combination_are_refused(text: str) -> None:
    assert "another combination of region" in refused(text)
    assert sum(counts(text, ABCD + "rows: records\n").values()) == 4


def test_records_may_have_numbers_when_the_spec_says_so() -> None:
    assert counts("id,region\n1,A\n2,A\n3,B\n", ABCD + "rows: records\n") == {"A": 2, "B": 1}


@pytest.mark.parametrize(
    ("text", "spec", "part"),
    [
        (COUNTED, ABCD + "count: freqs\n", "column freqs is missing (region, freq): did you mean freq?"),
        (COUNTED, ABCD + "count: region\n", "region is one of the dimensions"),
        (COUNTED, ABCD + "count: freq\nrows: records\n", "take out one of the two"),
        (COUNTED, ABCD + "rows: counts\n", "which column holds the counts?"),
        (COUNTED.replace("9", "9.5"), ABCD + "count: freq\n", "weights are not supported"),
        (COUNTED.replace("9", "-9"), ABCD + "count: freq\n", "row 3, column freq: the count is negative"),
        (COUNTED.replace("9", ""), ABCD + "count: freq\n", "row 3, column freq: the count is empty"),
        (COUNTED.replace("9", "9e0"), ABCD + "count: freq\n", "it has an exponent"),
        (COUNTED.replace("9", "1 009"), ABCD + "count: freq\n", "written with signs between its digits"),
        ("region,count,weight\nA,9,1.5\nB,9,2\n", ABCD, "a weight beside count"),
        ("region,count, count \nA,9,1\n", ABCD, "column count is listed twice"),
        (COUNTED, ABCD + "weight: freq\n", "weights are not supported"),
    ],
)
def test_what_does_not_count_is_refused_with_the_way_out(text: str, spec: str, part: str) -> None:
    assert part in refused(text, spec)


def test_spaces_and_marks_around_the_name_do_not_matter() -> None:
    assert counts("\ufeffregion,\ufeff count \nA,9\n") == {"A": 9}


ROMANIAN = HEAD + "dimensions: {region: {codes: [Țăndărei, X, Y]}}\n"


@pytest.mark.parametrize(
    "code",
    ["Ţăndărei", "Țăndărei", unicodedata.normalize("NFD", "Ţăndărei"), "\u00a0Ț\u200băndărei"],
    ids=["cedilla", "comma", "decomposed", "invisible"],
)
def test_the_same_letters_are_the_same_code(code: str) -> None:
    text = f"region,count\n{code},3\nX,8\nY,9\n"
    assert counts(text, ROMANIAN) == {"Țăndărei": 3, "X": 8, "Y": 9}
    told = spelling_notices(text, "data.csv", read_spec(ROMANIAN, "SPEC.yml"))
    assert bool(told) == (code != "Țăndărei") and code not in "".join(told).replace("Țăndărei", "")


def test_two_codes_of_the_same_letters_are_refused() -> None:
    with pytest.raises(PolicyError, match="the same letters"):
        read_spec(ROMANIAN.replace("X", "Ţăndărei"), "SPEC.yml")


def test_an_unknown_code_suggests_the_nearest() -> None:
    assert "did you mean Țăndărei?" in refused("region,count\nTandarei,3\n", ROMANIAN)


TOTALLED = ABCD + "total: I alt\n"


def test_totals_may_have_another_name() -> None:
    spec = read_spec(TOTALLED + "rows: counts\n", "SPEC.yml")
    keys = cell_keys(build_model(table_set(spec, "SPEC.yml")), spec.total_of)
    cells = "region,count,status\nI alt,20,published\n" + "".join(f"{code},5,published\n" for code in "ABCD")
    assert sorted(read_cells(cells, "cells.csv", keys, None).counts) == [5, 5, 5, 5, 20]
    assert counts("region,count\nI alt,12\nA,12\n", TOTALLED) == {"A": 12}
    assert "one of its codes" in refused(COUNTED, ABCD + "total: A\n")


FROM_LIST = HEAD + "dimensions: {region: {correspondence: regions.csv}}\n"
FROM_DATA = HEAD + "dimensions: {region: {codes: microdata, levels: {county: county}}}\n"
LIST = "region,county\nA,North\nB,North\nC,South\n"


def with_list(text: str, spec: str = FROM_LIST) -> Spec:
    return read_spec(spec, "SPEC.yml", Sources(correspondences={"regions.csv": open_csv(text, "regions.csv", [])}))


def with_data(text: str, spec: str = FROM_DATA) -> Spec:
    return read_spec(spec, "SPEC.yml", Sources(microdata=open_csv(text, "data.csv", [])))


def test_codes_and_groups_come_from_a_correspondence_or_from_columns() -> None:
    written = {"county": {"North": ["A", "B"], "South": ["C"]}}
    listed, found = with_list(LIST), with_data("county,region\nSouth,C\nNorth,B\nNorth,A\nNorth,A\n")
    for spec in (listed, found):
        assert spec.dimensions["region"].codes == ["A", "B", "C"]
        assert spec.dimensions["region"].levels == written


def test_margins_in_the_counts_are_no_codes() -> None:
    spec = with_data("region,county,count\nTotal,Total,9\nNorth,,4\nA,North,4\nB,South,5\n")
    assert spec.dimensions["region"].codes == ["A", "B"]


@pytest.mark.parametrize("read", [with_list, with_data])
@pytest.mark.parametrize(
    ("text", "part"),
    [
        (LIST + "A,South\n", "A is in two groups, North and South"),
        (LIST + "D,\n", "D has no group"),
        (LIST.replace("county", "contee"), "county"),
        (LIST + ",South\n", "the code is empty"),
    ],
)
def test_groups_that_are_no_groups_are_refused_with_the_code(read: object, text: str, part: str) -> None:
    spec = FROM_DATA if read is with_data else FROM_LIST.replace(".csv}", ".csv, levels: [county]}")
    with pytest.raises(PolicyError, match=part):
        (with_data if read is with_data else with_list)(text, spec)


def test_a_listed_code_without_a_group_is_named() -> None:
    spec = FROM_LIST.replace("correspondence", "codes: [A, B, C, E], correspondence")
    with pytest.raises(PolicyError, match=r"E has no row in regions\.csv"):
        with_list(LIST, spec)


def test_codes_from_microdata_need_microdata() -> None:
    with pytest.raises(PolicyError, match="taken from the microdata, which were not given"):
        read_spec(FROM_DATA, "SPEC.yml")


@pytest.mark.parametrize("word", ["All", "TOTAL", "Ensemble", "Grand total", "_T", "I alt", "усього"])
def test_an_unknown_code_that_looks_like_a_total_gives_the_key_to_add(tmp_path: Path, word: str) -> None:
    (tmp_path / "spec.yml").write_text(
        "threshold: 5\nknowledge: zeros_published\ndimensions:\n  region: {codes: [A, B, C]}\n"
        "tables: [{dimensions: [region]}]\n"
    )
    data = tmp_path / "data.csv"
    data.write_text(f"region,count\nA,3\nB,9\nC,20\n{word},32\n")
    asked = data, tmp_path / "spec.yml", tmp_path / "cells.csv"
    with pytest.raises(DisclosureError, match=f"If the file calls a total so, add to the SPEC `total: {word}`"):
        protect_file(*asked, False, None)
    (tmp_path / "spec.yml").write_text(f"total: {word}\n" + (tmp_path / "spec.yml").read_text())
    protect_file(*asked, False, None)
    assert f"\n{word},32,published" in asked[2].read_text()
