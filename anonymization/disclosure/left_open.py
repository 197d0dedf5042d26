"""What a policy or a SPEC leaves open by choice: counts that follow from the tables and are not protected, and why."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Followed = Literal["neighbours", "intersections", "differences"]


class LeftOpen(BaseModel):
    """One kind of count along one dimension.

    neighbours: unions of neighbouring codes. intersections: of groups of several levels. differences: of groups of
    which one contains the other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Followed
    dimension: Annotated[str, Field(min_length=1)]
    because: Annotated[str, Field(min_length=1, pattern=r"\S")]

    @property
    def sentence(self) -> str:
        """As a report tells it."""
        return f"Left open by choice: {self.quantity} of {self.dimension}, because {self.because}"


def not_left_open(quantity: Followed, names: Iterable[str], left_open: Sequence[LeftOpen]) -> tuple[str, ...]:
    """The dimensions of which this kind of count is protected.

    >>> of_sex = LeftOpen(quantity="differences", dimension="sex", because="a reason")
    >>> not_left_open("differences", ["area", "sex"], [of_sex])
    ('area',)
    """
    chosen = {one.dimension for one in left_open if one.quantity == quantity}
    return tuple(name for name in names if name not in chosen)
