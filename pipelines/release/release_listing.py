"""What stands in the register, in lines: every draft and publication, with the day, the reason and the event."""

from collections.abc import Iterator, Mapping

from pipelines.errors import RunError
from pipelines.release.ledger_folder import open_ledger
from pipelines.run.sealing import sealed
from pipelines.run.settings import Settings
from publications.publishing import Publication
from publications.register import Vintage, register, registered_quarters

NOTHING = "there is no draft or publication yet; run 'caselight publish QUARTER' first"


@sealed("the list")
def listed(settings: Settings, quarter: str = "") -> list[str]:
    """One line a draft or publication of the quarter, or of all. Raises RunError when there is none."""
    places = settings.drafts, settings.publications
    quarters = [quarter] if quarter else registered_quarters(*places)
    with open_ledger(settings) as record:
        kinds = {event.publication: event.kind for event in record.events}
        lines = [
            " ".join(_line(one, kinds, record.publications)) for each in quarters for one in register(*places, each)
        ]
    if not lines:
        raise RunError(NOTHING)
    return lines


def _line(one: Vintage, kinds: Mapping[str, str], published: Mapping[str, Publication]) -> Iterator[str]:
    yield f"{one.label}: {kinds.get(one.label, one.state.value)}"
    if one.label in published:
        record = published[one.label].record
        yield f"on {record['approved_on']} by {' and '.join(person['name'] for person in record['approvers'])};"
        yield f"known at {record['known_at']};"
        if record["note"]:
            yield f"{record['note']};"
    yield f"in {one.path}"
