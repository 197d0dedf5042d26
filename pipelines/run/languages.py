"""In which languages, and in which words of its own, a deployment is published."""

from importlib.resources.abc import Traversable

from case_store.profile import Profile

LANGUAGES = ("en", "ro", "uk")  # of what does not yet take them from the profile


def own_texts(profile: Profile) -> Traversable | None:
    """The folder of a profile's own words of the publications, `texts/<language>.yml`; None when it has none."""
    folder = profile.folder / "texts"
    return folder if folder.is_dir() else None
