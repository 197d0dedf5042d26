"""Counts that a reader of a pattern cannot tell from small ones: they are protected too, where that is possible.

Whoever audits published cells without the counts behind them has to take a closely known count for a small one, if it
can be one. Whether any are left shows only when the pattern is there, so it is looked for again with these protected.
"""

from collections.abc import Callable
from typing import TypeVar

from anonymization.disclosure.tables.quantities import Quantities, with_wanted
from anonymization.errors import DisclosureError

MOST_ROUNDS = 1  # patterns in which doubtful counts are looked for: each takes as long as the first
Found = TypeVar("Found")


def without_doubts(
    small: Quantities, first: Found, hide: Callable[[Quantities], Found], doubtful_in: Callable[[Found], Quantities]
) -> Found:
    """A pattern in which the small quantities are protected, and those that would be doubtful.

    first: the pattern for the small ones alone. Where the doubtful cannot be protected, or not in the time there is,
    the last pattern found before.
    """
    found, protected = first, small
    for _ in range(MOST_ROUNDS):
        doubtful = doubtful_in(found)
        if not len(doubtful):
            return found
        protected = with_wanted(protected, doubtful)
        try:
            found = hide(protected)
        except DisclosureError:
            return found
    return found
