"""Files are read and written whole, or refused with the place; the benchmark's children are the same for ever."""

import gzip
import hashlib
import stat
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from pipelines.errors import RunError
from pipelines.tool.text_files import INTERNAL, PUBLIC, read_text, refuse_overwriting, write_text

GENERATOR = Path(__file__).parents[2] / "bench" / "make_microdata.py"


def test_plain_and_gzipped_files_are_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes("\ufeffcounty\nIași\n".encode())
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_text(plain) == read_text(packed) == "county\nIași\n"


BAD = {
    "latin.csv": ("county\nA\nIa\u00e7i\n".encode("latin-1"), "latin.csv, line 3: the file is not UTF-8"),
    "utf16.csv": ("county\n".encode("utf-16"), "utf16.csv, line 1: the file is not UTF-8"),
    "cut.csv.gz": (gzip.compress(b"county\n" * 1000)[:40], "cut.csv.gz: the gzip file is damaged"),
    "broken.csv.gz": (b"\x1f\x8b" + b"nothing of the kind", "broken.csv.gz: the gzip file is damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_with_the_place(name: str, tmp_path: Path) -> None:
    content, place = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RunError) as refusal:
        read_text(tmp_path / name)
    assert place in str(refusal.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(RunError, match="cannot be read"):
            read_text(path)


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    for mode in (INTERNAL, PUBLIC):
        write_text(tmp_path / "cells.csv", f"{mode}\n", mode)
        assert stat.S_IMODE((tmp_path / "cells.csv").stat().st_mode) == mode
    assert (tmp_path / "cells.csv").read_text() == f"{PUBLIC}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"]


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").mkdir()
    for path in (tmp_path / "cells.csv", tmp_path / "none" / "cells.csv"):
        with pytest.raises(RunError, match="cannot be written"):
            write_text(path, "text", PUBLIC)
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "other.csv", "\ud800", PUBLIC)
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"]


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "data.csv")
    refuse_overwriting(tmp_path / "cells.csv", tmp_path / "data.csv")
    with pytest.raises(RunError, match="would be overwritten"):
        refuse_overwriting(tmp_path / "link.csv", tmp_path / "spec.yml", tmp_path / "data.csv")


def test_the_benchmark_children_are_the_same_for_ever() -> None:
    spec = spec_from_file_location("caselight_make_microdata", GENERATOR)
    assert spec and spec.loader
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "SYNTHETIC" in str(module.__doc__)
    text = module.make_microdata().to_csv(index=False).encode()
    assert hashlib.sha256(text).hexdigest().startswith("2a647d15")
    quarters = module.make_microdata(2_000, 5, 3).to_csv(index=False).encode()
    assert hashlib.sha256(quarters).hexdigest().startswith("c3be1f1f100f")
