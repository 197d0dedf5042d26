"""CPU seconds of the stages of a protection, taken from what it reports while it runs."""

import time
from collections.abc import Sequence

import numpy as np

from anonymization.disclosure.audit.attackers import Attacker
from anonymization.disclosure.tables.joint_model import JointModel

AUDIT = "audit"
STAGES = {
    "Hiding what would give small counts away": "first",
    "Bounding how cheap a safe pattern can be": "bound",
    "Looking for a cheaper pattern": "search",
    "Publishing again what can be": "clean_up",
    "Attacking what is shown": AUDIT,
}


class StageClock:
    """Notes when each stage is heard of first. `report` is for a `Budget`, `attackers` for `Terms`: an audit asks."""

    def __init__(self) -> None:
        self._began = time.process_time()
        self._heard: dict[str, float] = {}

    def report(self, what: str, done: int, total: int) -> None:
        """A stage tells how far it is."""
        self._note(STAGES.get(what, what))

    def attackers(self, model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> Sequence[Attacker]:
        """The pattern is found and an audit begins; nobody is added to the public."""
        self._note(AUDIT)
        return ()

    def seconds(self) -> dict[str, float]:
        """Stage -> CPU seconds until the next stage began, or until now; `all` is their sum with what came before."""
        ends = [*list(self._heard.values())[1:], time.process_time()]
        spent = {name: end - start for (name, start), end in zip(self._heard.items(), ends, strict=True)}
        whole = {"model": min(self._heard.values(), default=ends[-1]) - self._began, **spent}
        return {name: round(value, 2) for name, value in {**whole, "all": sum(whole.values())}.items()}

    def _note(self, stage: str) -> None:
        self._heard.setdefault(stage, time.process_time())
