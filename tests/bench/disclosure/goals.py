"""What the benchmark is held to: today's best, what must be reached, what is aimed at, and how figures are judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.disclosure.jobs import EVERY_SEED, PEER_SEEDS, SEED, SEEDS
from tests.bench.spread import median

Run = Mapping[str, Any]  # what one measurement found on one seed
Figures = Mapping[str, Mapping[str, Run]]  # measurement -> seed -> run
PEER_WEIGHT = dict(
    zip(PEER_SEEDS, (20_489, 22_617, 19_753), strict=True)
)  # GaussSuppression, extend0 = FALSE, J2 at R0
PEER_WEIGHT_J3, PEER_CHANGE = 578_527, 418
VERDICTS = ("exact", "narrow", "exact_integer", "narrow_integer")


@dataclass(frozen=True)
class Outcome:
    """measured: in words. must, aim: whether what was measured reaches them. of: seeds measured, and asked for."""

    measured: str
    must: bool
    aim: bool
    of: tuple[int, int] = (1, 1)

    @property
    def verdict(self) -> str:
        """In words, and where seeds are missing, on how many it rests."""
        words = "aim met" if self.must and self.aim else "met" if self.must else "**not met**"
        return words if self.of[0] >= self.of[1] else f"{words}, on {self.of[0]} of {self.of[1]} seeds"


@dataclass(frozen=True)
class Goal:
    """judge: gives None where nothing was measured yet."""

    what: str
    best: str
    must: str
    aim: str
    judge: Callable[[Figures], Outcome | None]


def runs(figures: Figures, name: str, seeds: Sequence[int]) -> dict[int, Run]:
    """The runs that there are, by seed; one that broke off or was refused is among them."""
    found = figures.get(name, {})
    return {seed: found[str(seed)] for seed in seeds if str(seed) in found}


def broken_off(of: Sequence[Run]) -> str:
    """Why a run has no result, if one has none."""
    return next((str(run[key]) for run in of for key in ("refused", "stopped") if key in run), "")


def pattern_seconds(run: Run) -> float:
    """CPU seconds until the clean-up has ended; a bound that was sought after it is not part of them."""
    stages = list(run["cpu"])
    return float(sum(run["cpu"][stage] for stage in stages[: stages.index("clean_up") + 1]))


def gap(figures: Figures, rule: str, seed: int) -> float | None:
    """(weight - bound) / bound, with the best bound that any measurement found for this seed."""
    pattern = runs(figures, f"j2-{rule}", [seed]).get(seed, {})
    bounded = runs(figures, f"bound-{rule}", [seed]).get(seed, {})
    best = max(pattern.get("bound", 0.0), bounded.get("bound", 0.0))
    return float((pattern["weight"] - best) / best) if "weight" in pattern and best > 0 else None


def _exact_and_narrow(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "j2-r1", EVERY_SEED).values())
    if not found or broken_off(found):
        return _failed(found)
    exact, narrow, exact_whole, narrow_whole = (sum(run[name] for run in found) for name in VERDICTS)
    words = f"{exact} / {narrow}; in whole numbers {exact_whole} / {narrow_whole}"
    good = not (exact or narrow or exact_whole or narrow_whole)
    return Outcome(words, good, good, (len(found), len(EVERY_SEED)))


def _beside_the_peer(figures: Figures) -> Outcome | None:
    found = runs(figures, "j2-r0", PEER_SEEDS)
    if not found or broken_off(list(found.values())):
        return _failed(list(found.values()))
    ratios = [run["weight"] / PEER_WEIGHT[seed] for seed, run in found.items()]
    mean, most = sum(ratios) / len(ratios), max(ratios)
    words = f"{', '.join(f'{ratio:.2f}' for ratio in ratios)}: mean {mean:.2f}, most {most:.2f}"
    return Outcome(words, mean <= 0.45 and most <= 0.55, mean <= 0.33, (len(ratios), len(PEER_SEEDS)))


def _weight_at_r1(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "j2-r1", [SEED]).values())
    if not found or broken_off(found):
        return _failed(found)
    weight = found[0]["weight"]
    return Outcome(f"{weight:,}", weight <= 9_000, weight <= 8_450)


def _first_pattern(figures: Figures) -> Outcome | None:
    found = [list(runs(figures, name, EVERY_SEED).values()) for name in ("j2-r0", "j2-r1")]
    both = [run for rule in found for run in rule]
    if not all(found) or broken_off(both):
        return _failed(both)
    seconds = [median([run["cpu"]["model"] + run["cpu"]["first"] for run in rule]) for rule in found]
    most = max(run["first_weight"] / run["weight"] for rule in found for run in rule)
    words = f"{seconds[0]:.1f} / {seconds[1]:.1f}; at most {most:.2f} of the final weight"
    must, aim = (most <= 1.15 and seconds[0] <= r0 and seconds[1] <= r1 for r0, r1 in ((8, 12), (4, 6)))
    return Outcome(words, must, aim, (min(map(len, found)), len(EVERY_SEED)))


def _after_clean_up(figures: Figures) -> Outcome | None:
    found = [list(runs(figures, name, EVERY_SEED).values()) for name in ("j2-r0", "j2-r1")]
    both = [run for rule in found for run in rule]
    if not all(found) or broken_off(both):
        return _failed(both)
    whole = [median([pattern_seconds(run) for run in rule]) for rule in found]
    bound = [median([run["cpu"].get("bound", 0.0) for run in rule]) for rule in found]
    words = f"{whole[0]:.0f} / {whole[1]:.0f}; the bound takes {bound[0]:.0f} / {bound[1]:.0f}"
    return Outcome(words, max(whole) <= 45, max(whole) <= 25, (min(map(len, found)), len(EVERY_SEED)))


def _j1_optimum(figures: Figures) -> Outcome | None:
    found = runs(figures, "j1", SEEDS)
    if not found or broken_off(list(found.values())):
        return _failed(list(found.values()))
    proven = [run["cpu"]["all"] for run in found.values() if run["proven"]]
    words = f"proven on {len(proven)} of {len(found)}, at most {max(proven, default=0.0):.1f}"
    must = len(proven) >= 0.8 * len(found) and max(proven, default=99) <= 30
    return Outcome(words, must, len(proven) == len(found) and max(proven) <= 10, (len(found), len(SEEDS)))


def _lower_bound(figures: Figures) -> Outcome | None:
    gaps = {rule: gap(figures, rule, SEED) for rule in ("r0", "r1")}
    stated = {rule.upper(): value for rule, value in gaps.items() if value is not None}
    if not stated:
        return None
    effort = {
        rule: "" if runs(figures, f"bound-{rule.lower()}", [SEED]) else " by the default effort" for rule in stated
    }
    words = ", ".join(f"gap {value:.0%} at {rule}{effort[rule]}" for rule, value in stated.items())
    return Outcome(words, True, max(stated.values()) <= 0.5)


def _audit(figures: Figures) -> Outcome | None:
    found = [run for name in ("audit-r0", "audit-r1") for run in runs(figures, name, [SEED]).values()]
    if not found or broken_off(found):
        return _failed(found)
    keys = ("yes_no_cpu", "certificates_cpu", "intervals_cpu")
    spent = [max(run[key] for run in found) for key in keys]
    complete = all(run["certified"] == run["primary"] and run["settled"] == run["hidden"] for run in found)
    words = "; ".join(f"{seconds:.1f}" for seconds in spent) + ("" if complete else ", not all decided")
    must, aim = (complete and all(map(float.__le__, spent, limit)) for limit in ((0.5, 10.0, 8.0), (0.2, 4.0, 3.0)))
    return Outcome(words, must, aim)


def _advisor(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "advisor", [SEED]).values())
    if not found or broken_off(found):
        return _failed(found)
    run = found[0]
    words = f"{run['cpu']:.0f}; {run['proposals']} proposals, {run['hidden_share']:.0%} hidden as asked"
    good = run["too_fine"] and run["proposals"] > 0
    return Outcome(words, good and run["cpu"] <= 30, good and run["cpu"] <= 10)


def _finest_pattern(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "j3", [SEED]).values())
    if not found or "weight" not in found[0]:
        return _failed(found)
    spent, weight = found[0]["cpu"]["all"], found[0]["weight"]
    must = spent <= 600 and weight <= PEER_WEIGHT_J3
    return Outcome(f"{spent:.0f}; weight {weight:,}", must, spent <= 120 and weight <= PEER_WEIGHT_J3 / 2)


def _finest_audit(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "j3", [SEED]).values())
    if not found or "undecided" not in found[0]:
        return _failed(found)
    run = found[0]
    words = f"{run['audit_cpu']:.0f}; {run['exact_integer']} exact, {run['narrow_integer']} narrow, "
    decided = run["undecided"] == 0
    told = f"{words}{run['undecided']} undecided, of {run['primary']:,}"
    return Outcome(told, decided and run["audit_cpu"] <= 1_800, decided and run["audit_cpu"] <= 300)


def _rounding(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "rounding", [SEED]).values())
    if not found or broken_off(found):
        return _failed(found)
    run = found[0]
    words = f"{run['total_change']}, {'proven the least' if run['proven'] else 'not proven the least'}"
    return Outcome(words, run["additive"] and run["total_change"] <= PEER_CHANGE, run["proven"])


def _ledger(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "ledger", [SEED]).values())
    if not found or "audit_cpu" not in found[0]:
        return _failed(found)
    run = found[0]
    protecting, auditing = sum(run["quarter_cpu"]), run["audit_cpu"]
    spent, safe = protecting + auditing, not any(run[name] for name in VERDICTS)
    words = f"{spent:.0f}: protecting {protecting:.0f}, auditing {auditing:.0f}; {run['peak_mib']:,} MiB"
    fits = safe and run["peak_mib"] <= 4_096
    return Outcome(words, fits and spent <= 600, fits and spent <= 120)


def _failed(found: Sequence[Run]) -> Outcome | None:
    why = broken_off(found)
    return Outcome(why, False, False) if why else None


def _next_quarter(figures: Figures) -> Outcome | None:
    found = list(runs(figures, "next-quarter", [SEED]).values())
    if not found or "begun" not in found[0]:
        return _failed(found)
    fresh, begun = found[0]["fresh"], found[0]["begun"]
    share = pattern_seconds(begun) / pattern_seconds(fresh)
    weights = f"weight {begun['weight']:,} beside {fresh['weight']:,}"
    told = f"{share:.2f}: {pattern_seconds(begun):.0f} beside {pattern_seconds(fresh):.0f} CPU s; {weights}"
    return Outcome(told, share <= 0.5, share <= 0.1)


GOALS = (
    Goal(
        "J2: exact / narrow primaries at R1, all seeds",
        "97 / 300 (a peer's default); 0 / 33 to 50 (its safest quick setting)",
        "0 / 0",
        "0 / 0",
        _exact_and_narrow,
    ),
    Goal(
        "J2: weight at R0 beside the peer's safe setting, seeds 20260401, 2, 3",
        "1.00; our experiments 0.29, 0.35, 0.51",
        "mean 0.45, most 0.55",
        "mean 0.33",
        _beside_the_peer,
    ),
    Goal("J2: weight at R1, seed 20260401", "8,974 (experiment)", "9,000", "8,450", _weight_at_r1),
    Goal(
        "J2: first safe pattern at R0 / R1, CPU s, and beside the final weight",
        "8.6 / 11.4 in experiments",
        "8 / 12, 1.15",
        "4 / 6",
        _first_pattern,
    ),
    Goal("J2: pattern after clean-up at R0 / R1, CPU s", "28 to 34 in experiments", "45", "25", _after_clean_up),
    Goal(
        "J1 at R0: proven optimum, CPU s of the whole protection",
        "36 cells, 263",
        "8 of 10 seeds, 30",
        "all, 10",
        _j1_optimum,
    ),
    Goal("J2: lower bound, 600 CPU s", "none states one", "stated", "gap 50%", _lower_bound),
    Goal(
        "J2: audit, CPU s: yes or no; whole-number certificates; every interval",
        "0.2; 4.2; 7.5 in experiments",
        "0.5; 10; 8",
        "0.2; 4; 3",
        _audit,
    ),
    Goal("J3: advisor, CPU s", "none", "30", "10", _advisor),
    Goal(
        "J3 at R0: pattern, CPU s, and its weight",
        "81% hidden, weight 578,527",
        "600; 578,527",
        "120; half",
        _finest_pattern,
    ),
    Goal("J3 at R0: every primary decided, CPU s", "none", "1,800", "300", _finest_audit),
    Goal("J1: small-count rounding to base 5, additive: total change", "418", "418", "proven", _rounding),
    Goal(
        "next quarter from last quarter's pattern (J2 at R1)",
        "none",
        "half the time of a fresh start",
        "a tenth",
        _next_quarter,
    ),
    Goal("ledger of 8 quarters of 12 tables, CPU s", "none", "600; 4 GiB", "120", _ledger),
)
