"""How one column leaves the case store, as `policy.yml` says it."""

from typing import Any, Literal

from pydantic import model_validator

from configuration.schema import Strict

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

    @property
    def words(self) -> str:
        """As the policy writes it."""
        if self.keep:
            return "keep"
        return f"{{pseudonymise: {self.pseudonymise}}}" if self.pseudonymise else f"{{generalise: {self.generalise}}}"
