"""In which words of its own a deployment is published and shown."""

from importlib.resources.abc import Traversable

from case_store.profile import Profile


def own_texts(profile: Profile, room: str = "") -> Traversable | None:
    """The folder of a profile's own words, `texts/<language>.yml`; None when it has none.

    room: whose words: of the publications without any, else those of `texts/<room>/`, such as pages or report.
    """
    folder = profile.folder / "texts" / room if room else profile.folder / "texts"
    return folder if folder.is_dir() else None
