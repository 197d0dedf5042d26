"""Whether what a night found can be believed: held against the last accepted run and the policy's limits.

Every rule stops the run in a sentence, unless somebody accepted it by name and said why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from anonymization.policy import Night
from pipelines.errors import RunError
from pipelines.snapshot.accepted_runs import Acceptance, AcceptedRun


@dataclass(frozen=True)
class Found:
    """What a run found before anything was kept: its counts, and the last change of the source (None: unknown)."""

    run: AcceptedRun
    last_change: date | None
    is_synthetic: bool
    key_in_use: str


# rule -> whether and why it fails, as a sentence; empty when it holds
Rule = Callable[[Found, AcceptedRun | None, Night], str]


def refuse_wrong_night(found: Found, before: Sequence[AcceptedRun], limits: Night) -> None:
    """Raises RunError with the sentence of every rule that fails and was not accepted, and how to accept it."""
    told = {name: rule(found, last_before(before, found.run), limits) for name, rule in RULES.items()}
    accepted = {acceptance.rule for acceptance in found.run.accepted}
    failed = {name: sentence for name, sentence in told.items() if sentence and name not in accepted}
    if failed:
        ways = " ".join(f"--accept {name}" for name in failed)
        raise RunError(
            "\n".join(failed.values()) + "\nNothing was kept. If this is right, run again with "
            f"{ways} --accepted-by NAME --because TEXT; who accepted it, and why, is kept with the run."
        )


def check_acceptances(rules: Sequence[str], by: str, because: str) -> tuple[Acceptance, ...]:
    """The acceptances as asked for. Raises RunError for an unknown rule, or without a name and a reason."""
    known = (*BEFORE_READING, *RULES)
    unknown = sorted(set(rules) - set(known))
    if unknown:
        raise RunError(f"there is no rule called {', '.join(unknown)} to accept; the rules are {', '.join(known)}")
    if rules and not (by.strip() and because.strip()):
        raise RunError("whoever accepts a rule says who they are and why: give --accepted-by and --because")
    return tuple(Acceptance(rule, by.strip(), because.strip()) for rule in dict.fromkeys(rules))


def last_before(runs: Sequence[AcceptedRun], now: AcceptedRun) -> AcceptedRun | None:
    """The last accepted run of the profile with an equal or earlier known_at."""
    earlier = [run for run in runs if run.profile == now.profile and run.known_at <= now.known_at]
    return earlier[-1] if earlier else None


def _fewer_cases(found: Found, last: AcceptedRun | None, limits: Night) -> str:
    if last is None or found.run.cases >= last.cases * (1 - limits.largest_fall_in_cases):
        return ""
    return (
        f"The case store holds {found.run.cases} cases, and held {last.cases} as known at {last.known_at}: cases are "
        "missing, or the role that reads them sees fewer."
    )


def _emptied_fields(found: Found, last: AcceptedRun | None, limits: Night) -> str:
    never = [name for name in limits.never_empty if name in found.run.filled]
    empty = [name for name in never if found.run.cases and not found.run.filled[name]]
    if last is not None and last.cases:
        empty += [name for name in found.run.filled if name not in empty and _fell(found.run, last, name, limits)]
    if not empty:
        return ""
    return (
        f"Hardly any case has {', '.join(sorted(empty))} any more: the field was renamed or hidden in the case store, "
        "or the profile maps another one."
    )


def _fell(now: AcceptedRun, last: AcceptedRun, name: str, limits: Night) -> bool:
    share, before = now.filled[name] / max(now.cases, 1), last.filled.get(name, 0) / last.cases
    is_judged = last.filled.get(name, 0) >= limits.least_filled  # of a few records a half may vanish by chance
    return before - share > limits.largest_fall_in_filled or (
        is_judged and share < before * (1 - limits.largest_relative_fall_in_filled)
    )


def _old_source(found: Found, last: AcceptedRun | None, limits: Night) -> str:
    if found.is_synthetic or found.last_change is None:
        return ""
    age = (date.fromisoformat(found.run.known_at) - found.last_change).days
    if age <= limits.largest_age_of_source:
        return ""
    return (
        f"The case store last changed on {found.last_change}, {age} days before known_at {found.run.known_at}: it is "
        "an old copy, or the replica has stopped."
    )


def _other_key(found: Found, last: AcceptedRun | None, limits: Night) -> str:
    if found.key_in_use in ("", found.run.key_id):
        return ""
    return (
        f"The pseudonym key is {found.run.key_id}, but {found.key_in_use} is in use in this data folder: a child would "
        "get another pseudonym. Put the key back (CASELIGHT_KEY_FILE)."
    )


# held by the case store's own checks, before a case is read
BEFORE_READING = ("changed_labels", "moved_places")
RULES: Mapping[str, Rule] = {
    "fewer_cases": _fewer_cases,
    "emptied_fields": _emptied_fields,
    "old_source": _old_source,
    "other_key": _other_key,
}
