"""The frames of a catalogue, as a release reads them: the dimensions and levels of the first profile."""

import pandas as pd

from case_store.profile import load_profile

LANGUAGES = ("en", "ro", "uk")


def catalogue_frames() -> dict[str, pd.DataFrame]:
    """dim_dimension, with its names in every language, and dim_level."""
    catalogue = load_profile().catalogue
    tables = catalogue.tables()
    dimensions = tables["ref_dimensions"].to_pandas()
    names = {
        f"label_{language}": [catalogue.labels["dimension", name][language] for name in dimensions["dimension"]]
        for language in LANGUAGES
    }
    return {"dim_dimension": dimensions.assign(**names), "dim_level": tables["ref_levels"].to_pandas()}
