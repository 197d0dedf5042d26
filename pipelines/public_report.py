"""What is hidden and why, for everybody, in every language of the publication: from published files alone."""

import json
from collections.abc import Mapping

import pandas as pd

from anonymization.disclosure_policy import DisclosurePolicy
from anonymization.reports.public import PublicTerms, public_report
from publications.content import METADATA_FILE
from publications.specification import LANGUAGES, TableSpec
from publications.texts import texts_in


def public_reports(
    content: Mapping[str, bytes], published: pd.DataFrame, tables: tuple[TableSpec, ...], policy: DisclosurePolicy
) -> dict[str, bytes]:
    """The report in each language: file name -> bytes.

    content: the publication's other files. published: its cells, with neither a status nor a true count.
    """
    metadata = json.loads(content[METADATA_FILE])
    titles = {table.id: table.title.model_dump() for table in tables}
    reports = {}
    for language in LANGUAGES:
        about = PublicTerms(
            threshold=policy.threshold,
            values=policy.width + 1,
            zeros_published=policy.knowledge == "zeros_published",
            contact=texts_in(language)("report_contact"),
            banner=metadata["banner"],
            release=metadata["title"],
            period=metadata["metadata"]["reference_period"],
            mark={language: texts_in(language)("hidden_mark")},
            titles=titles,
        )
        name = f"caselight_{metadata['quarter']}_hidden_{language}.html"
        reports[name] = public_report(published, about, language).encode()
    return reports
