"""A copy of the checkout into which something is dropped, and the real command line run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from pipelines.run.builds import current_build
from pipelines.run.settings import CHECKOUT
from tests.support.line import write_key

PROFILE = Path("case_store/profiles/romania")
INDICATORS = Path("dbt_project/models/marts/indicators")
LANGUAGES = ("en", "ro", "uk")
COUNTRIES = ("germany", "poland", "italy", "spain", "united_kingdom", "canada")


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout below a folder, with data and state of its own."""

    root: Path
    dsn: str

    @classmethod
    def copied(cls, folder: Path, dsn: str) -> "Checkout":
        """A copy of everything that runs; no tests, docs or data."""
        ignored = shutil.ignore_patterns(".*", "data", "tests", "docs", "*.pyc", "target", "logs")
        shutil.copytree(CHECKOUT, folder / "checkout", ignore=ignored)
        write_key(folder / "state" / "keys" / "pseudonym.key")
        return cls(folder / "checkout", dsn)

    def append(self, file: Path, *lines: str) -> None:
        """Rows at the end of a file that is there already."""
        with (self.root / file).open("a", encoding="utf-8") as opened:
            opened.writelines(f"{line}\n" for line in lines)

    def write(self, file: Path, text: str) -> None:
        """A file that was not there."""
        assert not (self.root / file).exists()
        (self.root / file).write_text(text, "utf-8")

    def caselight(self, *command: str) -> str:
        """What a command prints; it must succeed."""
        folder = self.root.parent
        environment = os.environ | {
            "CASELIGHT_DATA": str(folder / "data"),
            "CASELIGHT_STATE": str(folder / "state"),
            "CASELIGHT_KEY_FILE": str(folder / "state" / "keys" / "pseudonym.key"),
            "CASESTORE_DSN": self.dsn,
            "PYTHONPATH": str(self.root),
            "DAGSTER_HOME": "",
        }
        ran = subprocess.run(
            [sys.executable, "-c", "from pipelines.commands.cli import app; app()", *command],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    @property
    def build(self) -> Path:
        """The current build."""
        return current_build(self.root.parent / "data" / "builds")


def add_destination(checkout: Checkout) -> None:
    """The country to which a family means to go: a field of the forms that the line did not count by so far."""
    profile = checkout.root / PROFILE / "profile.yml"
    content = yaml.safe_load(profile.read_text("utf-8"))
    content["fields"]["case"]["columns"]["destination"] = {
        "source": "destination_country_0b8d4a5",
        "type": "code",
        "kind": "fixed",
        "dimension": "destination",
    }
    profile.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    checkout.write(
        PROFILE / "dimensions.csv",
        "dimension,classification,ordered,sdmx_concept\ndestination,destination,no,DESTINATION\n",
    )
    codes = [(country, country[:3].upper()) for country in COUNTRIES]
    checkout.append(
        PROFILE / "concepts.csv",
        *(f"destination,{concept},,{place}" for place, (_, concept) in enumerate(codes, start=1)),
        "destination,_U,,98",
        "destination,_T,,99",
    )
    checkout.append(
        PROFILE / "codes.csv",
        *(f"destination,{code},{concept},{n},lookup-country,2022-07-25," for n, (code, concept) in enumerate(codes, 1)),
    )
    named = [*((concept, code) for code, concept in codes), ("_U", "Unknown"), ("_T", "Total")]
    checkout.append(
        PROFILE / "labels.csv",
        *(f"dimension,destination,{language},Destination" for language in LANGUAGES),
        *(f"destination,{concept},{language},{name}" for concept, name in named for language in LANGUAGES),
    )
    checkout.append(
        PROFILE / "source_labels.csv",
        *(f"destination,{code},{language},{code}" for code, _ in codes for language in LANGUAGES),
    )


DESTINATION_SQL = """{{ base_cells(
    population=ref('int_children_as_of'),
    where='is_open',
    dimensions=['county', 'destination', 'sex'],
    measures={'children': 'count(*)'},
) }}
"""
DESTINATION_YML = """models:
  - name: children_by_destination
    description: >
      Children with an open case on the reference day, by the country to which the family means to go.
    config:
      meta:
        indicator:
          title: Children by destination
          unit: children
          time: stock
          population: open_on_day
          needs: [case.destination]
    columns:
      - {name: county, data_type: varchar, description: County of residence., constraints: [{type: not_null}]}
      - {name: destination, data_type: varchar, description: Destination., constraints: [{type: not_null}]}
      - {name: sex, data_type: varchar, description: Sex., constraints: [{type: not_null}]}
      - {name: children, data_type: bigint, description: Children., constraints: [{type: not_null}]}
"""


def add_indicator(checkout: Checkout) -> None:
    """A sibling pair: open cases by destination."""
    checkout.write(INDICATORS / "children_by_destination.sql", DESTINATION_SQL)
    checkout.write(INDICATORS / "children_by_destination.yml", DESTINATION_YML)


T3 = """id: T3
title: {en: Case closures, ro: Închideri de cazuri, uk: Закриття випадків}
population: {en: Closures in the quarter, ro: Închideri în trimestru, uk: Закриття протягом кварталу}
indicator: CASE_CLOSURES
unit_measure: CS
mart: closures
measure: closures
period: flow
dimensions:
  area: {column: county, classification: area}
  closure_reason: {column: closure_reason, classification: closure_reason}
cells:
  - sheet: T3a
    sheet_name: {en: T3a Reasons, ro: T3a Motive, uk: T3a Причини}
    title: {en: "Closures, by reason", ro: "Închideri, după motiv", uk: "Закриття, за причиною"}
    levels: {area: [COUNTRY], closure_reason: [TOTAL, CLOSURE_REASON]}
    rows: [closure_reason]
notes: []
"""


def add_table(checkout: Checkout) -> None:
    """A public table by a dimension that no other has: closures by reason."""
    checkout.write(Path("publications/tables/T3_closures.yml"), T3)


READER = '''"""Reads a case store from the contract's tables as Parquet files in a folder."""

from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from case_store.source_contract import CONFIGURATION, RECORDS, VERSION, Reader, SourceState


class ParquetReader:
    def __init__(self, folder):
        self._folder = folder

    def state(self):
        counts = [pq.read_metadata(self._folder / f"{name}.parquet").num_rows for name in RECORDS]
        cases, histories, transitions = counts
        return SourceState("files", "", None, cases, transitions, histories, None)

    def configuration(self):
        return {name: pq.read_table(self._folder / f"{name}.parquet") for name in CONFIGURATION}

    def is_marked_synthetic(self):
        return False

    def ranges(self):
        return [None]

    def read(self, case_range, listed_keys):
        return {name: pq.read_table(self._folder / f"{name}.parquet") for name in RECORDS}


@contextmanager
def opened(address):
    yield ParquetReader(Path(address.removeprefix("parquet://")))


READER = Reader("parquet_folder", VERSION, lambda address: address.startswith("parquet://"), opened, "parquet:///folder")
'''


def add_reader(checkout: Checkout) -> None:
    """A reader of another kind of source than a database."""
    checkout.write(Path("case_store/readers/parquet_folder.py"), READER)


def renumber(checkout: Checkout, codes: Mapping[str, Mapping[str, str]]) -> None:
    """Gives concepts other codes, by dimension, wherever the profile names them; roles stay where they are."""
    for file, dimension, code in (
        ("concepts.csv", "dimension", "concept"),
        ("codes.csv", "dimension", "concept"),
        ("labels.csv", "classification", "code"),
    ):
        path = checkout.root / PROFILE / file
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows[code] = [codes.get(of, {}).get(one, one) for of, one in zip(rows[dimension], rows[code], strict=True)]
        rows.to_csv(path, index=False)


def own_policy(checkout: Checkout, text: str) -> None:
    """A policy of the profile's own."""
    checkout.write(PROFILE / "policy.yml", text)
