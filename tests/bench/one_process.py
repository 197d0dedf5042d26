"""Runs for several reference times in this one process, as the command line does; writes the CPU of every stage."""

import json
import os
import sys
from pathlib import Path


def cpu() -> float:
    """CPU seconds of this process and its children until now."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main(file: Path, days: list[str]) -> None:
    """Run for each day as known on that day; `file` gets run -> stage -> CPU seconds."""
    import pipelines.commands.cli  # noqa: F401  with the settings of the command line
    from pipelines.commands.runner import run_job
    from pipelines.run.progress import shown_by
    from pipelines.run.reference_time import ReferenceTime, day
    from pipelines.run.settings import Settings

    marks = [("Python, libraries and definitions", 0.0)]

    def show(what: str, done: int, total: int) -> None:
        if marks[-1][0] != what:
            marks.append((what, cpu()))

    stages = {}
    for as_of in days:
        with shown_by(show):
            run_job(Settings.from_environment(), ReferenceTime(day(as_of), day(as_of), "Europe/Bucharest"))
        ends = [at for _, at in marks[1:]] + [cpu()]
        stages[as_of] = {what: end - at for (what, at), end in zip(marks, ends, strict=True)}
        marks = [("Dagster, before the first stage", cpu())]
    file.write_text(json.dumps(stages), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
