"""What `policy.yml` says of the way in: pseudonyms, the treatment of each column, and which records are taken."""

from typing import Literal

from pydantic import Field, model_validator

from anonymization.pseudonyms.policy_treatment import Treatment
from anonymization.pseudonyms.snapshot_columns import faults
from configuration.schema import Strict


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


class SnapshotPolicy(Strict):
    """All that the way in obeys. `snapshot`: table -> column -> treatment."""

    pseudonyms: Pseudonyms
    snapshot: dict[str, dict[str, Treatment]]
    intake: Intake

    @model_validator(mode="after")
    def _treats_each_column(self) -> "SnapshotPolicy":
        wrong = list(faults(self.snapshot))
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
