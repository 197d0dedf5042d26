"""Which keys a document may hold without anybody being told: the form's, and those that Primero writes itself."""

from pathlib import Path

from case_store.profile import Profile

PRIMERO_KEYS = Path(__file__).with_name("primero_keys.txt")


def known_fields(profile: Profile) -> frozenset[str]:
    """Top-level keys of a case document: the profile's form and mapping, and Primero's own (v2.15, `cases.data`)."""
    form = profile.table("form")
    mapped = [column.source for column in profile.fields["case"].columns.values()]
    mapped += [str(section.source) for section in profile.fields.values() if section.source]
    own = PRIMERO_KEYS.read_text("utf-8").split()
    return frozenset(form["field"].to_pylist()) | frozenset(form["subform"].to_pylist()) | {*mapped, *own}
