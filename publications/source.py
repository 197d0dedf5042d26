"""Where a release's figures come from: real records of a named source, or records that a program made up."""

from pydantic import Field

from configuration.schema import Strict
from publications.phrases import Phrase

SYNTHETIC = "SYNTHETIC"


class Source(Strict):
    """The source of a release: code and name of the deployment's records, and whether they were made up."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: Phrase
    is_synthetic: bool

    @property
    def stated_code(self) -> str:
        """The code that is published beside the figures: a file that travels alone must say what it holds."""
        return SYNTHETIC if self.is_synthetic else self.code

    @property
    def kind(self) -> str:
        """The prefix of the phrases that hold for this source only: `synthetic_banner`, `real_banner`."""
        return "synthetic" if self.is_synthetic else "real"
