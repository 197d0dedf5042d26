"""Promise: a deployment words the pages otherwise by key, or in a language of its own; its build brings them."""

import json
from pathlib import Path

import pytest
import yaml
from flask import Flask

from dashboards.errors import DashboardError
from dashboards.page_texts import (
    TEXTS_FOLDER,
    WORDS_FILE,
    Words,
    default_language,
    languages,
    load_texts,
    read_texts,
    use_words,
)


def own(folder: Path, language: str, **words: object) -> Path:
    (folder / f"{language}.yml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    return folder


def english() -> dict[str, object]:
    return {key: said["en"] for key, said in load_texts().items()}


def test_a_key_is_worded_otherwise_and_the_others_stay(tmp_path: Path) -> None:
    texts = read_texts(TEXTS_FOLDER, ("en", "ro"), own(tmp_path, "en", sign_out="Leave"))
    ours = load_texts()
    assert texts["sign_out"] == {"en": "Leave", "ro": ours["sign_out"]["ro"]}
    assert texts["title_overview"] == {name: ours["title_overview"][name] for name in ("en", "ro")}


def test_a_language_is_added_with_every_key_and_stands_where_the_deployment_puts_it(tmp_path: Path) -> None:
    texts = read_texts(TEXTS_FOLDER, ("xx", "en"), own(tmp_path, "xx", **english() | {"sign_out": "Xx"}))
    assert list(texts["sign_out"]) == ["xx", "en"]
    assert texts["sign_out"]["xx"] == "Xx"


def test_an_added_language_that_lacks_a_key_is_refused_by_name(tmp_path: Path) -> None:
    words = {key: said for key, said in english().items() if key != "sign_out"}
    with pytest.raises(DashboardError, match=r"xx\.yml: sign_out is missing"):
        read_texts(TEXTS_FOLDER, ("en", "xx"), own(tmp_path, "xx", **words))


def test_a_language_that_nobody_brings_is_refused_by_name() -> None:
    with pytest.raises(DashboardError, match=r"xx\.yml"):
        read_texts(TEXTS_FOLDER, ("en", "xx"))


def test_a_key_that_no_page_asks_for_is_refused_by_name(tmp_path: Path) -> None:
    for wanted in (("en",), ("en", "ro")):
        with pytest.raises(DashboardError, match=r"en\.yml: sign_uot is"):
            read_texts(TEXTS_FOLDER, wanted, own(tmp_path, "en", sign_uot="Leave"))


def test_pages_speak_as_the_build_says_that_is_read_now(tmp_path: Path) -> None:
    server = Flask("test")
    use_words(server, lambda: tmp_path / "current")
    for build, said in (("first", "Leave"), ("second", "Go")):
        (tmp_path / build).mkdir()
        texts = {key: {"xx": words} for key, words in (english() | {"sign_out": said}).items()}
        (tmp_path / build / WORDS_FILE).write_text(json.dumps(texts), "utf-8")
    with server.app_context():
        assert default_language() == "en"
        for build, said in (("first", "Leave"), ("second", "Go")):
            (tmp_path / "current").unlink(missing_ok=True)
            (tmp_path / "current").symlink_to(build)
            assert Words("xx")("sign_out") == said
            assert [*languages()] == ["xx"]


def test_words_that_cannot_be_read_are_told_and_never_ours_instead(tmp_path: Path) -> None:
    server = Flask("test")
    use_words(server, lambda: tmp_path)
    (tmp_path / WORDS_FILE).write_text("{", "utf-8")
    with server.app_context(), pytest.raises(DashboardError, match="Run the pipeline again"):
        Words("en")("sign_out")
