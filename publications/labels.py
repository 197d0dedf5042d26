"""The names and the order of codes, from the label frames that the warehouse gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from publications.catalogue import Catalogue, read_catalogue
from publications.errors import PublicationError
from publications.public_tables import TOTAL, UNKNOWN
from publications.publication_texts import Texts

LABEL = "label_"  # begins the column of each language's names
FIRST, LAST = -1, 1_000_000  # totals stand before all codes, the unknown after them


@dataclass(frozen=True)
class Labels:
    """Names and order of the codes of each classification; level of each area; the dimensions and levels there are."""

    names: Mapping[tuple[str, str], Mapping[str, str]]
    orders: Mapping[tuple[str, str], int]
    area_levels: Mapping[str, str]
    catalogue: Catalogue

    @property
    def country(self) -> str:
        """The code of the country, the total of all areas."""
        countries = [area for area in self.area_levels if self._is_whole(area)]
        if len(countries) != 1:
            raise PublicationError(f"dim_area must hold one row of the level of the whole; it holds {len(countries)}.")
        return countries[0]

    def _is_whole(self, area: str) -> bool:
        return ("area", self.area_levels.get(area, "")) in self.catalogue.whole

    def name(self, classification: str, code: str, texts: Texts) -> str:
        """Return the code's name. Totals and unknowns that a classification leaves unnamed have a general name."""
        names = self.names.get((classification, code))
        if names is not None and texts.language in names:
            return names[texts.language]
        if code in (TOTAL, UNKNOWN):
            return texts("label_total" if code == TOTAL else "label_unknown")
        raise PublicationError(
            f"Code {code} of {classification} has no name in {texts.language}; add it to the labels of the profile."
        )

    def order(self, classification: str, code: str) -> tuple[int, str]:
        """Return the sort key of a code: totals first, the unknown last."""
        if code == UNKNOWN:
            return LAST, code
        if code == TOTAL or (classification == "area" and self._is_whole(code)):
            return FIRST, code
        return self.orders.get((classification, code), LAST), code


def read_labels(frames: Mapping[str, pd.DataFrame]) -> Labels:
    """Return the labels from these frames, one row per code each, with sort_order and a label_<language> each.

    dim_area(area, area_level), dim_age_band(age_system, age_band), dim_concept(dimension, code),
    dim_dimension(dimension); and the frames of `read_catalogue`.
    """
    areas, bands, concepts = frames["dim_area"], frames["dim_age_band"], frames["dim_concept"]
    dimensions = frames["dim_dimension"].assign(classification="dimension")
    keyed = pd.concat(
        [
            _keyed(areas.assign(classification="area"), "classification", "area"),
            _keyed(bands, "age_system", "age_band"),
            _keyed(concepts, "dimension", "code"),
            _keyed(dimensions, "classification", "dimension"),
        ]
    )
    keys = list(zip(keyed["classification"], keyed["code"], strict=True))
    languages = [name.removeprefix(LABEL) for name in keyed.columns if name.startswith(LABEL)]
    labels = keyed[[f"{LABEL}{language}" for language in languages]].itertuples(index=False, name=None)
    names = [dict(zip(languages, row, strict=True)) for row in labels]
    orders = [int(order) for order in keyed["sort_order"]]
    levels = dict(zip(areas["area"], areas["area_level"], strict=True))
    catalogue = read_catalogue(frames)
    return Labels(dict(zip(keys, names, strict=True)), dict(zip(keys, orders, strict=True)), levels, catalogue)


def _keyed(frame: pd.DataFrame, classification: str, code: str) -> pd.DataFrame:
    labels = [name for name in frame.columns if name.startswith(LABEL)]
    keyed = frame.rename(columns={classification: "classification", code: "code"})
    return keyed[["classification", "code", *labels, "sort_order"]]
