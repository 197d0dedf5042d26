"""Whether the source's places still lie in the county in which the profile has them."""

import pyarrow as pa

from case_store.errors import CaseStoreError


def moved_places(places: pa.Table, ref_locations: pa.Table) -> list[str]:
    """Give the codes of the places whose path in the store leads to another county than the profile's.

    `places`: the contract's table of that name. `ref_locations`: location_code, county (null above it). A place that
    the store does not list cannot have moved; nor does one that lies below no place of which the profile knows the
    county.
    """
    county = {row["location_code"]: row["county"] for row in ref_locations.to_pylist()}
    rows = zip(places["location_code"].to_pylist(), places["hierarchy_path"].to_pylist(), strict=True)
    return sorted(code for code, path in rows if county.get(code) and _leads_elsewhere(code, path or "", county))


def _leads_elsewhere(code: str, path: str, county: dict[str, str | None]) -> bool:
    above = [county[place] for place in path.split(".") if place != code and county.get(place)]
    return bool(above) and any(found != county[code] for found in above)


def check_places(places: pa.Table, ref_locations: pa.Table) -> None:
    """Raise CaseStoreError naming every place that lies in another county now; a list of places is no secret."""
    moved = moved_places(places, ref_locations)
    if moved:
        raise CaseStoreError(
            f"In the case store, {', '.join(f'`{code}`' for code in moved[:10])}{' and others' * (len(moved) > 10)} "
            "lies in another county than in the profile: review the profile's locations.csv."
        )
