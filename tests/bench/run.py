"""`make bench`: measures the real line with its real parts, and writes docs/performance.md.

The quick measurements take some minutes. Two take long and are asked for by name, `--national` (1.5 M children) and
`--environment` (`make demo` on an empty machine); the page shows their last figures with the day they were taken.
"""

import pipelines.run.quiet  # noqa: F401  as the command line begins

import argparse  # isort: skip
from collections.abc import Callable
from datetime import date
from typing import Any

from tests.bench import environment, extraction, generator, national, whole_line
from tests.bench.conditions import conditions, stopwatch
from tests.bench.page import write_page
from tests.bench.recorded import record

QUICK: dict[str, Callable[[], dict[str, Any]]] = {
    "generator": generator.measure,  # children made, and loaded, per CPU second
    "extraction": extraction.measure,  # typing and HMAC beside plain reading
    "line": whole_line.measure,  # 35,000 children from the store to the draft: fresh process, and again in it
}
LONG: dict[str, Callable[[], dict[str, Any]]] = {
    "national": national.measure,  # 1.5 M children: memory, and the marts beside hand-written SQL
    "environment": environment.measure,  # size of the environment, and `make demo` in an empty checkout
}


def main() -> None:
    """Measure what is asked for, record it, and write the page from all that is recorded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="the day that the page tells")
    parser.add_argument("--only", nargs="*", choices=[*QUICK, *LONG], help="just these; none: write the page anew")
    for name in LONG:
        parser.add_argument(f"--{name}", action="store_true", help="also this, which takes long")
    asked = parser.parse_args()
    chosen = [*QUICK, *(name for name in LONG if getattr(asked, name))] if asked.only is None else asked.only
    for name in chosen:
        with stopwatch(f"measuring: {name}"):
            found = conditions(asked.date)
            record(name, found, (QUICK | LONG)[name]())
    print(f"written: {write_page()}")


if __name__ == "__main__":
    main()
