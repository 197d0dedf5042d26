"""Labels of a profile, as rows (classification, code, language, label): what is published, and what the source says."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable

import pyarrow as pa

from case_store.errors import CaseStoreError
from configuration.file import ConfigurationFile

COLUMNS = ("classification", "code", "language", "label")
PUBLISHED, SOURCE = "labels.csv", "source_labels.csv"  # of classifications; of the source's codes, fields and places
Key = tuple[str, str]  # classification and code
Labels = Mapping[Key, Mapping[str, str]]  # -> language -> label


def read_labels(folder: Traversable, name: str, languages: Sequence[str]) -> Labels:
    """The labels of one file, each in every language; CaseStoreError names the file, the line or the code at fault."""
    file = ConfigurationFile(folder / name, CaseStoreError, f"{folder.name}/{name}")
    found: dict[Key, dict[str, str]] = {}
    for line, row in enumerate(file.rows(COLUMNS, filled=COLUMNS), start=2):
        if row["language"] not in languages:
            raise file.wrong(
                f"line {line}: {row['language']} is not a language of the profile; known: {', '.join(languages)}."
            )
        of_code = found.setdefault((row["classification"], row["code"]), {})
        if row["language"] in of_code:
            raise file.wrong(f"line {line}: '{_name(row)}' is listed twice in {row['language']}; take one out.")
        of_code[row["language"]] = row["label"]
    for key, texts in found.items():
        missing = [language for language in languages if language not in texts]
        if missing:
            raise file.wrong(f"'{'/'.join(key)}' has no label in {', '.join(missing)}; add a row.")
    return found


def refuse_unlabelled(folder: Traversable, name: str, labels: Labels, keys: Iterable[Key]) -> None:
    """Raise CaseStoreError naming the first code without a label."""
    for key in keys:
        if key not in labels:
            raise CaseStoreError(
                f"{folder.name}/{name}: '{'/'.join(key)}' has no label; add a row (classification, code) for each "
                "language of the profile."
            )


def label_rows(labels: Labels, copies: Mapping[str, str] | None = None) -> pa.Table:
    """Labels as a table: classification, code, language, label; `copies`: a further classification -> whose labels."""
    listed = [(of, code, language, text) for (of, code), texts in labels.items() for language, text in texts.items()]
    for to, whose in (copies or {}).items():
        listed += [(to, code, language, text) for of, code, language, text in listed if of == whose]
    columns = zip(*listed, strict=True)
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(COLUMNS, columns, strict=True)})


def _name(row: Mapping[str, str]) -> str:
    return f"{row['classification']}/{row['code']}"
