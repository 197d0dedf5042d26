"""Copies of Romania's profile whose codes meant something else, or could no longer be entered, from a day in 2023."""

import csv
import shutil
from importlib.resources import files
from pathlib import Path

from case_store.profile import Profile, read_profile

ENDS, BEGINS = "2023-05-31", "2023-06-01"
Row = tuple[str, str, str, str, str]  # dimension, code, concept, valid_from, valid_to


def profile_with(folder: Path, *rows: Row) -> Path:
    """A copy below `folder` in which the named codes have these rows, with their own labels."""
    copy = folder / "elsewhere"
    shutil.copytree(str(files("case_store") / "profiles" / "romania"), copy)
    path = copy / "codes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    own = {(row["dimension"], row["code"]): row for row in listed}
    kept = [row for key, row in own.items() if key not in {new[:2] for new in rows}]
    new = [
        own[name, code] | {"concept": concept, "valid_from": first, "valid_to": last}
        for name, code, concept, first, last in rows
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, *new])
    return copy


def recoded_folder(folder: Path, *codes: tuple[str, str, str, str]) -> Path:
    """Codes (dimension, code, old concept, new concept) in two rows: the second begins on 1 June 2023."""
    old = [(dimension, code, before, "2022-07-25", ENDS) for dimension, code, before, _ in codes]
    new = [(dimension, code, after, BEGINS, "") for dimension, code, _, after in codes]
    return profile_with(folder, *old, *new)


def recoded(folder: Path, *codes: tuple[str, str, str, str]) -> Profile:
    """The profile of `recoded_folder`, read."""
    return read_profile(recoded_folder(folder, *codes))


def ended(folder: Path, *codes: tuple[str, str, str]) -> Profile:
    """Codes (dimension, code, concept) that could not be entered after 31 May 2023."""
    return read_profile(profile_with(folder, *[(*code, "2022-07-25", ENDS) for code in codes]))
