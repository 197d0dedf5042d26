"""A SPEC as the tool by itself is asked it, and what the files that belong to it say of codes and of nesting."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.headline import Costs
from anonymization.disclosure.suppression.budget import Budget, Effort
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.table_set import Release, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.disclosure.tool_files.csv_rows import open_csv
from anonymization.disclosure.tool_files.file_audit import doubtful_of
from anonymization.disclosure.tool_files.microdata import is_of_margins_only, read_release
from anonymization.disclosure.tool_files.nesting import nestings
from anonymization.disclosure.tool_files.nesting_in_cells import nestings_in_cells, uncrossed
from anonymization.disclosure.tool_files.nesting_rule import refuse_nesting, unseen_pairs
from anonymization.disclosure.tool_files.spec_attackers import attackers_of, quantities_of
from anonymization.disclosure.tool_files.spec_file import Spec, read_spec
from anonymization.disclosure.tool_files.spec_sources import Sources, correspondence_files
from anonymization.disclosure.tool_files.spec_tables import (
    POPULATION,
    costs_of_cells,
    kept_cells,
    refuse_unknown_cells,
    table_set,
    threshold_rule,
)
from anonymization.disclosure.tool_files.spec_yaml import read_yaml
from anonymization.disclosure.tool_files.spelling_notices import spelling_notices
from pipelines.run.progress import report
from pipelines.tool.text_files import read_text

WEAKER = (
    "knowledge is nonnegative, weaker than the truth where zeros are always shown: whoever knows that they are can "
    "compute more than this says. Use zeros_published for anything that is given away."
)


@dataclass(frozen=True, eq=False)
class Asked:
    """A SPEC, read: its file's name, what it says, and what that amounts to."""

    file: str
    spec: Spec
    tables: TableSet
    rule: ThresholdRule

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever asked should know."""
        return (WEAKER,) if self.rule.knowledge == "nonnegative" and self.spec.changing is None else ()

    @property
    def left_open(self) -> tuple[str, ...]:
        """What the SPEC leaves open by choice, in sentences."""
        return tuple(one.sentence for one in self.spec.left_open)

    @property
    def width(self) -> int:
        """What must stay open of a small count."""
        return self.spec.gate.least_width if self.spec.gate else self.rule.width


def read_asked(path: Path, microdata: Path | None = None) -> Asked:
    """A SPEC from its file, with the codes that it takes from microdata or from correspondence files beside it.

    Raises PolicyError with the key, RunError when a file cannot be read.
    """
    text = read_text(path)
    named = correspondence_files(read_yaml(text, path.name))
    lists = {name: open_csv(read_text(path.parent / name), name, []) for name in named}
    records = open_csv(read_text(microdata), microdata.name, []) if microdata else None
    spec = read_spec(text, path.name, Sources(records, lists))
    tables = table_set(spec, path.name)
    refuse_unknown_cells(spec, tables, path.name)
    return Asked(path.name, spec, tables, threshold_rule(spec, path.name))


def read_counts(path: Path, asked: Asked) -> Release:
    """The release of a file of microdata or counts. Raises DisclosureError with the place."""
    report("Read the microdata")
    return read_release(read_text(path), path.name, asked.spec, asked.tables)


def notices_of_spelling(files: Sequence[Path], asked: Asked) -> list[str]:
    """What to tell of codes that are spelt differently from the SPEC."""
    return [notice for path in files for notice in spelling_notices(read_text(path), path.name, asked.spec)]


def nesting_not_tried(asked: Asked, microdata: Path | None) -> list[str]:
    """Of which columns nothing that is given tells whether they nest, in words."""
    if microdata is not None and not _has_margins_only(asked, microdata):
        return []
    return unseen_pairs(asked.spec, uncrossed(asked.tables))


def _has_margins_only(asked: Asked, microdata: Path) -> bool:
    return is_of_margins_only(read_text(microdata), microdata.name, asked.spec, asked.tables)


def notices_of_nesting(asked: Asked, microdata: Path, release: Release) -> list[str]:
    """What to tell of columns that may nest. Raises DisclosureError with the right lines for those that do."""
    if _has_margins_only(asked, microdata):
        model = build_model(asked.tables)
        return notices_by_cells(asked, model, model.cells @ model.tabulate(release))
    dimensions = asked.tables.dimensions_of(POPULATION)
    return refuse_nesting(asked.spec, nestings(release.counts[POPULATION], dimensions), asked.file, has_records=True)


def notices_by_cells(asked: Asked, model: JointModel, counts: np.ndarray) -> list[str]:
    """The same where nothing but the cells is known; `counts`: of each distinct cell, nan where hidden."""
    return refuse_nesting(asked.spec, nestings_in_cells(model, counts), asked.file)


def terms_of(asked: Asked, budget: Budget) -> Terms:
    """What a SPEC asks of protection beyond its rule; `budget`: the time that there is for it."""
    spec = asked.spec
    given = spec.budget.model_dump(exclude_none=True)
    return Terms(
        quantities=quantities_of(spec),
        doubtful=doubtful_of(spec, asked.rule, Limits(budget.has_enough)),
        attackers=attackers_of(spec),
        keep=kept_cells(spec),
        costs=Costs(named=costs_of_cells(spec)),
        pattern_knower=spec.pattern_knower,
        effort=Effort(**given),
    )
