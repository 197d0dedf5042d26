"""The first safe pattern: every small count is pushed once, the smallest first, unless earlier pushes made it wide.

One push can take a very dear cell that a later one makes needless, so the dearest are looked at once more.
"""

from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.local_search import go_round_dearest
from anonymization.disclosure.suppression.pattern_search import Search

DEAREST = 5  # a few per cent of the time, and most of what a first pattern wastes (measured on J2)


def make_wide(search: Search, budget: Budget) -> None:
    """Make every target of the search wide.

    The budget cannot stop it, for half a pattern is no pattern; only an emergency does (`Budget.refuse_if_late`).
    Raises DisclosureError when a target cannot be made wide, or when time is out before there is a pattern.
    """
    for done, target in enumerate(narrow := search.narrow_targets()):
        budget.report("Hiding what would give small counts away", done, len(narrow))
        if not search.is_wide(target):
            budget.refuse_if_late()
            search.widen(target)
    search.drop_needless()
    search.forget_usual()
    go_round_dearest(search, budget, DEAREST)
