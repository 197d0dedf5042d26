"""Roles in the policy, resolved: the concepts of the deployment that have them, so that no code is named there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from configuration.file import ConfigurationFile

KEY, CODES = "roles", "codes"


@dataclass(frozen=True)
class Roles:
    """(dimension, role) -> concepts; `not_asked`: dimensions of which this deployment has no records."""

    concepts: Mapping[tuple[str, str], Sequence[str]]
    not_asked: frozenset[str] = field(default_factory=frozenset)


def resolved(content: Any, roles: Roles, file: ConfigurationFile, place: str = "") -> Any:
    """The content with `codes` in place of each `roles`.

    An entry of a list that names roles of a dimension that is not asked is left out: it is about nothing. Raises the
    refusal of `file` for a role that no concept has, since what it protects would not be protected.
    """
    if isinstance(content, list):
        entries = [(number, one) for number, one in enumerate(content) if not _is_about_nothing(one, roles)]
        return [resolved(one, roles, file, f"{place}{number}.") for number, one in entries]
    if not isinstance(content, dict):
        return content
    found = {key: resolved(value, roles, file, f"{place}{key}.") for key, value in content.items() if key != KEY}
    named = content.get(KEY)
    if KEY in content and (not isinstance(named, dict) or not all(named.values())):
        raise file.wrong(f"{place}{KEY} must be a mapping of dimensions to roles; correct it.")
    if isinstance(named, dict) and not isinstance(found.get(CODES, {}), dict):
        raise file.wrong(f"{place}{CODES} must be a mapping; correct it.")
    if isinstance(named, dict):
        by_role = {name: _concepts(name, said, roles, file, f"{place}{KEY}.{name}") for name, said in named.items()}
        own = found.get(CODES, {})
        found[CODES] = {**own, **{name: [*_listed(own.get(name)), *codes] for name, codes in by_role.items()}}
    return found


def _concepts(dimension: str, said: Any, roles: Roles, file: ConfigurationFile, place: str) -> list[str]:
    found: list[str] = []
    for role in _listed(said):
        concepts = roles.concepts.get((dimension, str(role)))
        if not concepts:
            known = ", ".join(name for of, name in roles.concepts if of == dimension)
            raise file.wrong(
                f"{place}: no concept of the profile has the role {role}, so nothing would be protected by it; give "
                f"the role in concepts.csv, or take it out. Roles of {dimension}: {known or 'none'}."
            )
        found += concepts
    return found


def _is_about_nothing(entry: Any, roles: Roles) -> bool:
    named = entry.get(KEY) if isinstance(entry, dict) else None
    return isinstance(named, dict) and bool(roles.not_asked & {*named})


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [] if said is None else [said]
