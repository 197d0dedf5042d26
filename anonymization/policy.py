"""The typed policy: loads `policy.yml`, cross-checks it and says what is wrong and where."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from anonymization.disclosure_policy import DisclosurePolicy
from anonymization.errors import PolicyError
from anonymization.policy_treatment import Treatment
from anonymization.snapshot_columns import faults
from configuration.file import ConfigurationFile
from configuration.schema import Strict, Texts, read_model

POLICY_FILE = Path(__file__).with_name("policy.yml")


class Pseudonyms(Strict):
    """How ids become pseudonyms."""

    algorithm: Literal["HMAC-SHA-256"]
    hexadecimal_digits: int = Field(ge=32, le=64)


class Intake(Strict):
    """Which records are taken in, and how many records, or values of a field, may be lost before a run stops."""

    adult_age: int = Field(ge=1)
    oldest_age: int = Field(ge=18, le=130)
    consent_withheld: Literal["load", "exclude"]
    consent_unknown: Literal["load", "exclude"]
    age_unknown: Literal["load", "exclude"]
    unknown_status: Literal["open", "closed", "exclude"]
    largest_quarantined_share: float = Field(ge=0, le=1)
    largest_lost_value_share: float = Field(ge=0, le=1)


class Night(Strict):
    """How far a run may differ from the last accepted one, and its source from today, before it stops."""

    largest_fall_in_cases: float = Field(ge=0, le=1)
    largest_fall_in_filled: float = Field(ge=0, le=1)
    largest_age_of_source: int = Field(ge=0)
    never_empty: Texts


class Policy(Strict):
    """All of `policy.yml`. `snapshot`: table -> column -> treatment; `disclosure`: audience -> what it may learn."""

    pseudonyms: Pseudonyms
    snapshot: dict[str, dict[str, Treatment]]
    intake: Intake
    night: Night
    disclosure: dict[str, DisclosurePolicy]

    @model_validator(mode="after")
    def _has_public_rule(self) -> "Policy":
        if "public" not in self.disclosure:
            raise ValueError("disclosure needs a rule for the audience 'public'")
        return self

    @model_validator(mode="after")
    def _treats_each_column(self) -> "Policy":
        wrong = list(faults(self.snapshot))
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def load_policy(path: Path = POLICY_FILE) -> Policy:
    """The policy in `path`. Raises PolicyError naming the file and every wrong key."""
    return read_model(ConfigurationFile(path, PolicyError), Policy)
