"""The typed policy: loads `policy.yml`, cross-checks it and says what is wrong and where."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from anonymization.disclosure_policy import DisclosurePolicy, Strict
from anonymization.errors import PolicyError

POLICY_FILE = Path(__file__).with_name("policy.yml")

Generalisation = Literal["month", "month_end", "listed_code", "county_or_listed_code"]


class Treatment(Strict):
    """How one snapshot column leaves the case store: exactly one of the three."""

    keep: bool = False
    pseudonymise: str | None = None
    generalise: Generalisation | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_word(cls, value: Any) -> Any:
        return {"keep": True} if value == "keep" else value

    @model_validator(mode="after")
    def _exactly_one(self) -> "Treatment":
        if sum((self.keep, self.pseudonymise is not None, self.generalise is not None)) != 1:
            raise ValueError("a column has exactly one of keep, pseudonymise, generalise")
        return self


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
    never_empty: list[str]


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


def load_policy(path: Path = POLICY_FILE) -> Policy:
    """The policy in `path`. Raises PolicyError naming the file and every wrong key."""
    try:
        return Policy.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(p) for p in e['loc']) or 'file'}: {e['msg']}" for e in error.errors())
        raise PolicyError(f"{path.name} cannot be used: {wrong}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path.name} is not valid YAML; mend it and start again") from error
