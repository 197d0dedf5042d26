"""Promise: a profile says in which languages and words it is published, and the shared words name no country."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from anonymization.disclosure.reports import report_texts
from anonymization.errors import DisclosureError
from pipelines.run.settings import CHECKOUT
from publications.errors import PublicationError
from publications.phrases import TEXTS_FOLDER
from tests.support.hand_made_marts import Line, line_in, write_marts
from tests.support.tables_by_id import publish_only

ROMANIA = CHECKOUT / "case_store" / "profiles" / "romania"
FIRST_COUNTRY = re.compile(r"\bNUTS\b|Romania|România|Румун|Ukrain|Ucrain|Україн(?!ськ)|Україна", re.IGNORECASE)


@pytest.fixture(autouse=True)
def published_tables() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        publish_only(patch, "T1", "T4")
        yield


def line_of(folder: Path, **words: str) -> Line:
    """A line of a profile that says some things otherwise in English."""
    profile = folder / "elsewhere"
    shutil.copytree(ROMANIA, profile)
    own = {key.replace("__", "."): said for key, said in words.items()}
    (profile / "texts" / "en.yml").write_text(yaml.safe_dump(own), "utf-8")
    line = line_in(folder)
    return replace(line, settings=replace(line.settings, profile=str(profile)))


def test_words_of_the_profile_are_drafted_and_published(tmp_path: Path) -> None:
    line = line_of(tmp_path, T1__title="Newly registered", metadata_unit_text="Children, one by one")
    write_marts(line)
    line.draft()
    metadata = json.loads((line.approve() / "metadata.json").read_bytes())
    title = metadata["tables"][0]["title"]
    assert (title["en"], title["ro"]) == ("Newly registered", "Copii înregistrați")
    assert metadata["metadata"]["unit"]["en"] == "Children, one by one"
    assert "NUTS" in metadata["metadata"]["classifications"]["ro"]
    assert "NUTS" not in metadata["metadata"]["classifications"]["en"]


def report_words(profile: str, **words: str) -> None:
    folder = Path(profile) / "texts" / "report"
    folder.mkdir()
    (folder / "en.yml").write_text(yaml.safe_dump(words), "utf-8")


def test_words_of_the_public_report_are_the_draft_s_and_the_profile_s(tmp_path: Path) -> None:
    line = line_of(tmp_path, metadata_unit_text="Children, one by one")
    report_words(line.settings.profile, why_title="Reasons for blanks")
    write_marts(line)
    line.draft()
    (Path(line.settings.profile) / "texts" / "report" / "en.yml").write_text("why_title: Something later", "utf-8")
    published = line.approve()
    said = {file.stem[-2:]: file.read_text("utf-8") for file in published.glob("*_hidden_*.html")}
    assert "Reasons for blanks" in said["en"] and "Something later" not in said["en"]
    assert report_texts.texts_in("ro")("why_title") in said["ro"]


def test_words_that_the_public_report_never_asks_for_are_refused_by_key(tmp_path: Path) -> None:
    line = line_of(tmp_path, metadata_unit_text="Children, one by one")
    report_words(line.settings.profile, why_titel="Reasons")
    write_marts(line)
    with pytest.raises(DisclosureError, match=r"en\.yml: why_titel is a key in en only"):
        line.draft()


def test_words_that_nothing_asks_for_are_refused_by_key(tmp_path: Path) -> None:
    line = line_of(tmp_path, one_tabel="One.")
    write_marts(line)
    with pytest.raises(PublicationError, match=r"en\.yml: one_tabel is a key in en only"):
        line.draft()


@pytest.mark.parametrize("folder", [TEXTS_FOLDER, report_texts.TEXTS_FOLDER], ids=["publications", "reports"])
def test_shared_words_name_no_country_and_no_code_list(folder: Path) -> None:
    for file in folder.glob("*.yml"):
        said = yaml.safe_load(file.read_text("utf-8"))
        assert [key for key, words in said.items() if FIRST_COUNTRY.search(words) and key != "language_name"] == []
