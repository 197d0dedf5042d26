"""One measurement on one seed, in the process that runs it: `python -m tests.bench.disclosure.one_seed OUT NAME SEED`.

OUT holds what was found so far, as JSON, after every part; what is refused is a figure too.
"""

import json
import sys
from pathlib import Path
from typing import Any

from anonymization.errors import DisclosureError
from tests.bench.disclosure.measurements import MEASUREMENTS


def main(out: Path, name: str, seed: int) -> None:
    """Take it."""
    found: dict[str, Any] = {}
    parts = MEASUREMENTS[name].take(seed)
    try:
        for part in parts:
            found |= part
            out.write_text(json.dumps(found), "utf-8")
    except DisclosureError as error:
        out.write_text(json.dumps(found | {"refused": str(error)}), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
