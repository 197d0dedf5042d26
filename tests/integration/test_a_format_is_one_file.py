"""Promise: a format is one file in `publications/formats/`; its files are published, and nothing else is edited."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

import publications
from publications.dataset import Dataset
from publications.errors import PublicationError
from publications.file_formats import Format, files_in_every_format
from tests.integration.test_publication_files import dataset

HOUSE = Path(__file__).parents[2]
NEW_FORMAT = """
from publications.dataset import Dataset
from publications.file_formats import Format

WORDS = {"en": "Totals are also in totals.txt.", "ro": "Totalurile sunt și în totals.txt.", "uk": "Також totals.txt."}


def files(dataset: Dataset) -> dict[str, bytes]:
    return {"totals.txt": f"{dataset.edition.quarter}: {len(dataset.cells)} cells".encode()}


FORMAT = Format("plain_totals", files, WORDS)
"""
DRAFT = """
import sys
from pathlib import Path
from tests.support.hand_made_marts import line_in, write_marts

line = line_in(Path(sys.argv[1]))
write_marts(line)
line.draft()
print(line.approve())
"""


def house_with(folder: Path, format_file: str) -> Path:
    """A copy of the room, with one more file."""
    room = Path(publications.__file__).parent
    shutil.copytree(room, folder / room.name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / room.name / "formats" / "plain_totals.py").write_text(format_file, "utf-8")
    return folder


def published_with(tmp_path: Path, format_file: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join((str(house_with(tmp_path / "house", format_file)), str(HOUSE)))
    return subprocess.run(
        [sys.executable, "-c", DRAFT, str(tmp_path / "line")],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_format_added_as_one_file_is_drafted_published_and_named_on_the_cover(tmp_path: Path) -> None:
    ended = published_with(tmp_path, NEW_FORMAT)
    assert ended.returncode == 0, ended.stderr
    folder = Path(ended.stdout.split("\n")[-2])
    assert (folder / "totals.txt").read_text("utf-8").startswith("2023-Q4: ")
    for language, said in (("en", "Totals are also in totals.txt."), ("uk", "Також totals.txt.")):
        cover = openpyxl.load_workbook(folder / f"caselight_2023-Q4_{language}.xlsx").worksheets[0]
        assert any(said in str(cell.value) for (cell,) in cover.iter_rows(max_col=1))


def test_a_format_without_words_in_a_language_is_refused_by_name(tmp_path: Path) -> None:
    ended = published_with(tmp_path, NEW_FORMAT.replace('"ro"', '"de"'))
    assert ended.returncode != 0
    assert "plain_totals has no words for the cover in ro" in ended.stderr and "format_plain_totals" in ended.stderr


def test_a_module_that_offers_no_format_is_refused_by_file(tmp_path: Path) -> None:
    ended = published_with(tmp_path, NEW_FORMAT.replace('Format("plain_totals"', 'Format("totals"'))
    assert ended.returncode != 0
    assert "publications/formats/plain_totals.py offers no FORMAT" in ended.stderr


def test_one_file_of_two_formats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def files(_: Dataset) -> dict[str, bytes]:
        return {"totals.txt": b""}

    monkeypatch.setattr("publications.file_formats.all_formats", lambda: (Format("one", files), Format("two", files)))
    with pytest.raises(PublicationError, match=r"two writes totals\.txt, which another format writes too"):
        files_in_every_format(dataset())
