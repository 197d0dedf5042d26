"""Before protection: what the design advisor says of the quarter's tables. It never stops a run."""

import json
from dataclasses import dataclass
from pathlib import Path

from anonymization.disclosure.advice.advisor import advise
from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.entry import canonical
from anonymization.errors import DisclosureError
from pipelines.errors import RunError
from pipelines.release.tabulation import release_in
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed

ADVICE_FILE = "design_advice.json"


@dataclass(frozen=True)
class Advised:
    """What the advisor said. is_too_fine: more would be hidden than is useful. hidden, cells: estimated, of those not
    0."""

    is_too_fine: bool
    hidden: int
    cells: int
    words: tuple[str, ...]


@sealed("the design advice")
def advise_on_tables(policy: DisclosurePolicy, build: Path, time: ReferenceTime) -> Advised:
    """Looks at the tables of the quarter as they are asked for, and leaves what the advisor says in `build`."""
    report("Looking at the design of the tables")
    said = _advised(policy, build, time)
    content = {"is_too_fine": said.is_too_fine, "words": list(said.words)}
    (build / ADVICE_FILE).write_bytes(canonical(content) + b"\n")
    return said


def words_of_advisor(build: Path) -> tuple[str, ...]:
    """The sentences that `advise_on_tables` left in `build`. Raises RunError when they cannot be read."""
    try:
        words = json.loads((build / ADVICE_FILE).read_bytes())["words"]
    except (ValueError, KeyError, TypeError):
        words = None
    if not isinstance(words, list) or not all(isinstance(sentence, str) for sentence in words):
        raise RunError(f"{ADVICE_FILE} of the build is broken: run again, which makes it anew")
    return tuple(words)


def _advised(policy: DisclosurePolicy, build: Path, time: ReferenceTime) -> Advised:
    keep = [one.cells for one in policy.keep]
    try:
        advice = advise(release_in(build, time.quarter), policy.rule, keep=keep)
    except DisclosureError as refusal:  # protection will refuse it too, with its own words
        return Advised(True, 0, 0, (str(refusal),))
    asked = advice.as_asked
    hidden, cells = (asked.primary + asked.secondary, asked.nonzero) if asked else (0, 0)
    return Advised(advice.is_too_fine, hidden, cells, advice.words)
