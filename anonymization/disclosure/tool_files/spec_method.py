"""The keys of a SPEC that say how small counts are protected: by hiding, or by changing counts, and with which gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.errors import PolicyError

SUPPRESS = "suppress"
RULES: Mapping[str, type[PerturbationRule]] = {
    "controlled_rounding": ControlledRounding,
    "small_count_rounding": SmallCountRounding,
    "cell_key": CellKey,
}


@dataclass(frozen=True)
class Changing:
    """How counts are changed, and what must then stay unknown."""

    rule: PerturbationRule
    gate: Gate


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ControlledRoundingKeys(_Strict):
    """All counts become multiples of `base`."""

    base: int
    extra_steps: int = 0


class SmallCountRoundingKeys(_Strict):
    """Only small counts are rounded, and what holds them is added up again."""

    base: int
    most_change: int


class CellKeyKeys(_Strict):
    """Noise by the keys of the records."""

    largest: int
    variance: float
    never_shown: int = 0


class MethodKeys(_Strict):
    """One of the methods with its numbers; none of them is suppression."""

    controlled_rounding: ControlledRoundingKeys | None = None
    small_count_rounding: SmallCountRoundingKeys | None = None
    cell_key: CellKeyKeys | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "MethodKeys":
        try:
            _ = self.rule
        except PolicyError as error:
            raise ValueError(str(error).rstrip(".")) from None
        return self

    @property
    def rule(self) -> PerturbationRule | None:
        """How counts are changed; None where they are hidden instead."""
        chosen = self.model_dump(exclude_none=True)
        return next((RULES[name](**numbers) for name, numbers in chosen.items()), None)


class GateKeys(_Strict):
    """What must stay unknown of small counts when counts are changed."""

    least_width: int
    largest_certainty: float

    @model_validator(mode="after")
    def _makes_sense(self) -> "GateKeys":
        try:
            _ = self.gate
        except PolicyError as error:
            raise ValueError(str(error).rstrip(".")) from None
        return self

    @property
    def gate(self) -> Gate:
        """The same for the door."""
        return Gate(self.least_width, self.largest_certainty)


def _as_one_method(value: Any) -> Any:
    if value == SUPPRESS:
        return {}
    if isinstance(value, Mapping) and len(value) == 1:
        return value
    if isinstance(value, MethodKeys):
        return value
    raise ValueError(f"give {SUPPRESS}, or one of {', '.join(RULES)} with its numbers")


Method = Annotated[MethodKeys, BeforeValidator(_as_one_method)]
