"""What is hidden and why, for everybody, in every language of the publication: from published files alone."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from anonymization.disclosure.reports.public import PublicTerms, public_report
from anonymization.disclosure.threshold_rules import ThresholdRule
from configuration.language_files import Words
from publications.edition import METADATA_FILE
from publications.phrases import Phrases
from publications.public_tables import TableSpec
from publications.publication_texts import texts_in


def public_reports(
    content: Mapping[str, bytes],
    published: pd.DataFrame,
    tables: tuple[TableSpec, ...],
    rule: ThresholdRule,
    languages: Sequence[str],
    phrases: Phrases,
    words: Words,
) -> dict[str, bytes]:
    """The report in each language: file name -> bytes.

    content: the publication's other files. published: its cells, with neither a status nor a true count. rule: what
    they were protected by. phrases: the words of the publication, by key. words: those of the report, by key and
    language.
    """
    metadata = json.loads(content[METADATA_FILE])
    about = metadata["metadata"]
    titles = {table.id: table.title.model_dump() for table in tables}
    reports = {}
    for language in languages:
        texts = texts_in(language, phrases)
        terms = PublicTerms(
            threshold=rule.threshold,
            values=rule.width + 1,
            zeros_published=rule.knowledge == "zeros_published",
            contact=texts("report_contact"),
            banner=metadata["banner"],
            release=metadata["title"],
            period={name: f"{words} {about['version'][name]}" for name, words in about["reference_period"].items()},
            mark={language: texts("hidden_mark")},
            titles=titles,
        )
        name = f"caselight_{metadata['quarter']}_hidden_{language}.html"
        reports[name] = public_report(published, terms, language, words).encode()
    return reports
