"""The typed policy: `policy.yml`, what a profile replaces of it, and the concepts that have the roles it names."""

from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.errors import PolicyError
from anonymization.policy_roles import Roles, resolved
from anonymization.pseudonyms.snapshot_policy import SnapshotPolicy
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Texts, refusal_of

POLICY_FILE = Path(__file__).with_name("policy.yml")


class Night(Strict):
    """How far a run may differ from the last accepted one, and its source from today, before it stops."""

    largest_fall_in_cases: float = Field(ge=0, le=1)
    largest_fall_in_filled: float = Field(ge=0, le=1)
    largest_relative_fall_in_filled: float = Field(ge=0, le=1)
    least_filled: int = Field(ge=1)
    largest_age_of_source: int = Field(ge=0)
    never_empty: Texts


class Policy(SnapshotPolicy):
    """All of `policy.yml`. `disclosure`: audience -> what it may learn."""

    night: Night
    disclosure: dict[str, DisclosurePolicy]

    @model_validator(mode="after")
    def _has_public_rule(self) -> "Policy":
        if "public" not in self.disclosure:
            raise ValueError("disclosure needs a rule for the audience 'public'")
        return self


def load_policy(roles: Roles, own: Traversable | None = None, shared: Path = POLICY_FILE) -> Policy:
    """The policy in force: that of all deployments, with the keys that the profile's `own` file replaces.

    Raises PolicyError naming the file and every wrong key, and a role that no concept of the profile has.
    """
    file = _file(shared if own is None else own)
    content = resolved(merged_policy(own, shared), roles, file)
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        raise refusal_of(file, error.errors()) from None


def merged_policy(own: Traversable | None = None, shared: Path = POLICY_FILE) -> dict[str, Any]:
    """The keys of `shared` with those of `own` in their place; a list is replaced whole."""
    return _merged(_file(shared).mapping(), _file(own).mapping() if own is not None else {})


def replaced_keys(own: Traversable, shared: Path = POLICY_FILE) -> Iterator[tuple[str, Any, Any]]:
    """Each key that `own` says, such as disclosure.public.threshold: its value there and the shared one (None: new)."""
    return _replaced(_file(own).mapping(), _file(shared).mapping())


def _replaced(own: Mapping[str, Any], shared: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key, value in own.items():
        before = shared.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            yield from _replaced(value, before, f"{place}{key}.")
        else:
            yield f"{place}{key}", value, before


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(shared)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = _merged(found[key], value) if both else value
    return found


def _file(path: Traversable) -> ConfigurationFile:
    return ConfigurationFile(path, PolicyError, path.name if path == POLICY_FILE else _called(path))


def _called(path: Traversable) -> str:
    folder = Path(str(path)).parent.name
    return f"{folder}/{path.name}"
