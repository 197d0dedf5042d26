"""The list of small mistakes, as data: one YAML file a package beside this module."""

from dataclasses import dataclass
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[2]
LIST = Path(__file__).parent


@dataclass(frozen=True)
class Mutant:
    """One mistake. old, new: text of `file`, replaced once. tests: node ids, each of which must fail with it."""

    name: str
    mistake: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def package(self) -> str:
        """The top-level folder in which the mistake is made."""
        return self.file.split("/")[0]

    def fault_in(self, root: Path = CHECKOUT) -> str:
        """Why the mistake cannot be made in a checkout; empty when it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} is not there"
        times = path.read_text("utf-8").count(self.old)
        return "" if times == 1 and self.old != self.new else f"its old text is in {self.file} {times} times, not once"

    def made_in(self, root: Path) -> str:
        """The file's text with the mistake in it."""
        return (root / self.file).read_text("utf-8").replace(self.old, self.new)


def load_mutants(folder: Path = LIST) -> list[Mutant]:
    """Every mistake of the list, by file and place."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        for name, entry in yaml.safe_load(path.read_text("utf-8")).items():
            found.append(
                Mutant(name, entry["mistake"], entry["file"], entry["old"], entry["new"], tuple(entry["tests"]))
            )
    return found
