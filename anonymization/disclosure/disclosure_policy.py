"""What `policy.yml` says under `disclosure`, typed: what may be learnt, who attacks, what hiding costs."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from anonymization.disclosure.cells_by_name import CostKeys, NamedCellsKeys
from anonymization.disclosure.left_open import LeftOpen
from anonymization.disclosure.threshold_rules import Knowledge, Stricter, ThresholdRule
from anonymization.disclosure.tool_files.spec_independent import Independent
from anonymization.errors import PolicyError
from configuration.schema import Strict, Text, Texts

Answer = Literal["gate", "report"]


class StricterCells(Strict):
    """Cells with a higher threshold: those at all these levels, with one of these codes of each dimension named."""

    threshold: int
    because: Text
    tables: Texts = ()
    levels: dict[str, Text] = Field(default_factory=dict)
    codes: dict[str, Texts] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_some_cells(self) -> "StricterCells":
        if not (self.tables or self.levels or self.codes):
            raise ValueError("name tables, levels or codes, or raise the threshold of all cells")
        return self

    @property
    def cells(self) -> Stricter:
        """As the rule takes it."""
        return Stricter(self.threshold, self.tables, self.levels, self.codes)


class Attackers(Strict):
    """Who tries to compute hidden counts, knowing what. gate: success stops the release; report: it is only listed."""

    public: Literal["gate"]
    contributor: Answer
    siblings: Answer
    county_coordinator: Answer
    pattern_knower: Answer
    rule_knower: Answer


class SeenExactly(Strict):
    """What a further audience sees exactly: every cell with these codes (dimension -> codes), all if none is named."""

    sees: dict[str, Texts]
    answer: Answer = "gate"


class ProtectedQuantities(Strict):
    """Counts that follow from the tables without standing in them; gate or report as for an attacker."""

    contiguous_ages: Answer
    complements: Answer
    intersections: Answer
    differences: Answer
    first_differences: Answer
    flows: Answer
    homogeneity: Answer


class RevisionFigure(Strict):
    """How the published figures of revisions and removals are rounded."""

    multiple: Annotated[int, Field(ge=1)]


class HidingCosts(Strict):
    """Factors on the count of a cell, which is what hiding it costs."""

    country: Annotated[float, Field(ge=1)]
    headline: Annotated[float, Field(ge=1)]
    hidden_before: Annotated[float, Field(gt=0, le=1)]
    cells: Annotated[tuple[CostKeys, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _country_is_dearest(self) -> "HidingCosts":
        if self.country < self.headline:
            raise ValueError("country must cost at least as much as headline")
        return self


class DisclosurePolicy(Strict):
    """All that is said of one audience. `rule` is what the threshold, width and knowledge amount to."""

    threshold: int
    knowledge: Knowledge
    width: int
    narrower_because: str = ""
    stricter: Annotated[tuple[StricterCells, ...], Field(strict=False)]
    attackers: Attackers
    audiences: dict[str, SeenExactly]
    quantities: ProtectedQuantities
    left_open: Annotated[tuple[LeftOpen, ...], Field(strict=False)]
    independent: Annotated[tuple[Independent, ...], Field(strict=False)]
    sensitive: Texts
    revision: RevisionFigure
    keep: Annotated[tuple[NamedCellsKeys, ...], Field(strict=False)]
    hide: Annotated[tuple[NamedCellsKeys, ...], Field(strict=False)]
    costs: HidingCosts

    @model_validator(mode="after")
    def _rule_holds_together(self) -> "DisclosurePolicy":
        thresholds = [cells.threshold for cells in self.stricter]
        if thresholds != sorted(thresholds):
            raise ValueError("stricter must name the highest threshold last, since the last one that fits holds")
        try:
            self.rule  # noqa: B018  made to be checked
        except PolicyError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def rule(self) -> ThresholdRule:
        """As the protection takes it."""
        stricter = tuple(cells.cells for cells in self.stricter)
        return ThresholdRule(
            self.threshold,
            self.width,
            self.knowledge,
            stricter,
            narrower_because=self.narrower_because,
            hide=tuple(one.cells for one in self.hide),
        )
