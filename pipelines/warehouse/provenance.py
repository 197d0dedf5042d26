"""What a run's records are, synthetic or real: counted in the snapshot, told by its build, never assumed."""

from dataclasses import dataclass
from pathlib import Path

from case_store.errors import CaseStoreError
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.phrases import Phrase
from publications.source import Source

NAMES = """select language, label from marts.dim_label inner join marts.dim_language using (language)
    where classification = 'source' and code = ? order by rank"""


@dataclass(frozen=True)
class RecordCount:
    """How many of the cases extracted say of themselves that they are synthetic, and how many children do not.

    What holds no registration date is no record of a child: it cannot carry a mark, and is never counted.
    odd: how many records of a child hold a mark that says neither.
    """

    synthetic: int
    real: int
    odd: int = 0

    @property
    def are_synthetic(self) -> bool:
        """Whether all say so; where nobody says anything, they are taken to be real."""
        return bool(self.synthetic) and not self.real

    def __add__(self, other: "RecordCount") -> "RecordCount":
        return RecordCount(self.synthetic + other.synthetic, self.real + other.real, self.odd + other.odd)


def refuse_mixture(records: RecordCount) -> None:
    """Raises CaseStoreError when there are records of both kinds, or of a kind that nobody can tell: what is made from
    them could not be named truly."""
    if records.odd:
        raise CaseStoreError(
            f"{records.odd:,} cases hold a synthetic mark that is neither true nor false, so nobody can tell what they "
            "are, and no snapshot was made. Set it to true in each synthetic record, and take it out of real ones."
        )
    if records.synthetic and records.real:
        raise CaseStoreError(
            f"The case store holds both kinds of records: {records.synthetic:,} cases carry the synthetic mark and "
            f"{records.real:,} do not, so no snapshot was made. Keep real and synthetic children in two databases."
        )


def source_of(build: Path) -> Source:
    """Where the records behind a build come from. Raises RunError when the build has no warehouse."""
    with open_warehouse(build) as warehouse:
        ((is_synthetic, code),) = warehouse.execute("select is_synthetic, source_code from marts.dim_run").fetchall()
        names = warehouse.execute(NAMES, [code]).fetchall()
    return Source(code=code, name=Phrase.model_validate(dict(names)), is_synthetic=is_synthetic)
