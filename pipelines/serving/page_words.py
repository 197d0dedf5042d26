"""Profile -> the words of the pages: ours, and what a deployment words otherwise in `texts/pages/<language>.yml`."""

import json
from pathlib import Path

from case_store.profile import Profile
from dashboards.page_texts import TEXTS_FOLDER, WORDS_FILE, PageTexts, read_texts
from pipelines.run.languages import own_texts


def page_words(profile: Profile) -> PageTexts:
    """Every word of the pages in the languages of the profile: key -> language -> text.

    Raises DashboardError naming file and key where a word is missing, or asked for by no page.
    """
    return read_texts(TEXTS_FOLDER, profile.languages, own_texts(profile, "pages"))


def write_page_words(serving: Path, profile: Profile) -> None:
    """Writes `words.json` into the folder of the serving files, for every reader of the build."""
    words = json.dumps(page_words(profile), ensure_ascii=False, indent=1)
    file = serving / WORDS_FILE
    file.write_text(words + "\n", "utf-8")
    file.chmod(0o600)
