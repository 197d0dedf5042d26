"""Reference data against an independent list, as published: generator and line read the same files, so they agree.

Regions and counties: NUTS 2021 (Commission Delegated Regulation (EU) 2019/1755). Letters of a county: ISO 3166-2:RO, as
on number plates. Bands: completed years as each publisher gives them.
"""

import csv
from collections import Counter

from case_store.profile import load_profile

REGIONS = {
    "RO11": "BH BN CJ MM SM SJ",
    "RO12": "AB BV CV HR MS SB",
    "RO21": "BC BT IS NT SV VS",
    "RO22": "BR BZ CT GL TL VN",
    "RO31": "AG CL DB GR IL PH TR",
    "RO32": "B IF",
    "RO41": "DJ GJ MH OT VL",
    "RO42": "AR CS HD TM",
}
SEATS = """
AB Alba Iulia, AR Arad, AG Pitești, BC Bacău, BH Oradea, BN Bistrița, BT Botoșani, BR Brăila, BV Brașov, BZ Buzău, CL
Călărași, CS Reșița, CJ Cluj-Napoca, CT Constanța, CV Sfântu Gheorghe, DB Târgoviște, DJ Craiova, GL Galați, GR
Giurgiu, GJ Târgu Jiu, HR Miercurea Ciuc, HD Deva, IL Slobozia, IS Iași, MM Baia Mare, MH Drobeta-Turnu Severin, MS
Târgu Mureș, NT Piatra Neamț, OT Slatina, PH Ploiești, SJ Zalău, SM Satu Mare, SB Sibiu, SV Suceava, TR Alexandria, TM
Timișoara, TL Tulcea, VL Râmnicu Vâlcea, VS Vaslui, VN Focșani
"""
NAMES = """
AB Alba, AR Arad, AG Argeș, BC Bacău, BH Bihor, BN Bistrița-Năsăud, BT Botoșani, BR Brăila, BV Brașov, B București, BZ
Buzău, CL Călărași, CS Caraș-Severin, CJ Cluj, CT Constanța, CV Covasna, DB Dâmbovița, DJ Dolj, GL Galați, GR Giurgiu,
GJ Gorj, HR Harghita, HD Hunedoara, IL Ialomița, IS Iași, IF Ilfov, MM Maramureș, MH Mehedinți, MS Mureș, NT Neamț, OT
Olt, PH Prahova, SJ Sălaj, SM Satu Mare, SB Sibiu, SV Suceava, TR Teleorman, TM Timiș, TL Tulcea, VL Vâlcea, VS
Vaslui, VN Vrancea
"""
BANDS = {
    "seed3": [(0, 5), (6, 13), (14, 17)],  # the authority's own tables
    "napcra4": [(0, 2), (3, 6), (7, 13), (14, 17)],  # the authority's child protection statistics
    "unhcr3": [(0, 4), (5, 11), (12, 17)],  # UNHCR's population statistics
    "estat_uam": [(0, 13), (14, 15), (16, 17)],  # Eurostat, unaccompanied minors
    "estat_tp": [(0, 13), (14, 17)],  # Eurostat, temporary protection
    "un5": [(0, 4), (5, 9), (10, 14), (15, 17)],  # five-year groups
    "single": [(year, year) for year in range(18)],
}


def pairs(text: str) -> dict[str, str]:
    """`AB Alba, AR Arad` -> {"AB": "Alba", "AR": "Arad"}."""
    split = (entry.strip().partition(" ")[::2] for entry in " ".join(text.split()).split(","))
    return dict(split)


def areas(level: str) -> list[dict[str, str]]:
    return [dict(row) for row in load_profile().catalogue.areas if row["level"] == level]


def expected_counties() -> dict[str, str]:
    """The letters of every county -> its NUTS 3 code: a region's counties are numbered in this order."""
    return {
        letters: f"{region}{number}"
        for region, counties in REGIONS.items()
        for number, letters in enumerate(counties.split(), start=1)
    }


def locations() -> list[dict[str, str]]:
    text = (load_profile().folder / "locations.csv").read_text("utf-8")
    names = load_profile().source_labels
    rows = csv.DictReader(text.splitlines())
    return [row | {"name": names["locations", row["location_code"]]["ro"]} for row in rows]


def test_every_county_has_its_published_code_name_and_region() -> None:
    labels = load_profile().catalogue.labels
    found = {
        row["iso_3166_2"]: (row["area"], row["parent"], labels["area", row["area"]]["ro"]) for row in areas("COUNTY")
    }
    names = pairs(NAMES)
    assert len(names) == 42
    assert found == {f"RO-{letters}": (area, area[:4], names[letters]) for letters, area in expected_counties().items()}
    assert {row["area"] for row in areas("REGION")} == set(REGIONS)


def test_every_place_lies_in_the_county_whose_letters_it_carries() -> None:
    counties = expected_counties()
    places = [row for row in locations() if row["county"]]
    assert len(places) > 42
    wrong = {
        row["location_code"]
        for row in places
        if row["county"] != counties[row["location_code"][2:].rstrip("0123456789")]
    }
    assert not wrong


def test_every_seat_is_a_place_of_its_county() -> None:
    counties, seats = expected_counties(), pairs(SEATS)
    county_of = {(row["name"], row["county"]) for row in locations() if row["admin_level"] == "2"}
    assert len(seats) == 40  # Bucharest is its own; Ilfov's is no city of its own list
    assert {(seat, counties[letters]) for letters, seat in seats.items()} <= county_of


def test_every_county_on_the_form_is_named_as_published() -> None:
    names = {row["location_code"][2:]: row["name"] for row in locations() if row["admin_level"] == "1"}
    assert names == pairs(NAMES)


def test_every_group_of_workers_belongs_to_the_county_of_its_letters() -> None:
    groups = load_profile().reference_tables()["ref_groups"].to_pylist()
    counties = expected_counties()
    named = {row["group_id"].removeprefix("usergroup-").split("-")[0].upper(): row["county"] for row in groups}
    assert len({(row["group_id"].split("-")[1], row["county"]) for row in groups}) == len(counties)  # sectors agree
    assert named == counties


def test_every_age_band_begins_and_ends_as_published() -> None:
    bands: dict[str, list[tuple[int, int]]] = {}
    catalogue = load_profile().catalogue
    for row in catalogue.age_bands:
        bands.setdefault(row["age_system"], []).append((int(row["age_from"]), int(row["age_to"])))
    assert bands == BANDS
    for row in catalogue.age_bands:
        if row["age_system"] != "single":
            assert row["age_band"] == f"Y{row['age_from']}T{row['age_to']}"
            for label in catalogue.labels[row["age_system"], row["age_band"]].values():
                numbers = "".join(c if c.isdigit() else " " for c in label).split()
                assert numbers == [row["age_from"], row["age_to"]]


def test_every_child_has_one_band_in_every_system() -> None:
    for bands in BANDS.values():
        assert Counter(year for start, end in bands for year in range(start, end + 1)) == Counter(range(18))
