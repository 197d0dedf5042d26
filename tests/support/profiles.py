"""The profiles that ship with the program: tests ask for the first and for the other one, and never by name."""

from case_store.profile import PROFILES, Profile, load_profile

FIRST: Profile = load_profile()
NAMES = tuple(sorted(folder.name for folder in PROFILES.iterdir() if folder.is_dir()))
(SECOND,) = (load_profile(name) for name in NAMES if name != FIRST.name)
