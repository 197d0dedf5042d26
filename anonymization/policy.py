"""The typed policy: loads `policy.yml`, cross-checks it and says what is wrong and where."""

from pathlib import Path

from pydantic import Field, model_validator

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.errors import PolicyError
from anonymization.pseudonyms.snapshot_policy import SnapshotPolicy
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Texts, read_model

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


def load_policy(path: Path = POLICY_FILE) -> Policy:
    """The policy in `path`. Raises PolicyError naming the file and every wrong key."""
    return read_model(ConfigurationFile(path, PolicyError), Policy)
