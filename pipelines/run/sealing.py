"""Errors that may hold a person's data stop here: only a sentence of ours, or a type's name, leaves a stage."""

import errno
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from anonymization.errors import DisclosureError, PolicyError, SnapshotError
from case_store.errors import CaseStoreError
from data_quality.errors import QualityError
from pipelines.errors import RunError
from pipelines.run.settings import Settings
from publications.errors import PublicationError

OUR_REFUSALS = (CaseStoreError, DisclosureError, PolicyError, PublicationError, QualityError, RunError, SnapshotError)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_RIGHT = (errno.EACCES, errno.EPERM, errno.EROFS)
NO_ROOM_PHRASES = ("No space left on device", "database or disk is full", "File too large")

P = ParamSpec("P")
R = TypeVar("R")


def sealed(stage: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets our own refusals pass, as a fresh exception; of any other exception only its type is told.

    The new error is raised after the handler has ended, so that neither the old words nor the chain of causes reaches
    a log, Dagster's storage or the terminal.
    """

    def seal(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except OUR_REFUSALS as refusal:
                ours: Exception = type(refusal)(str(refusal))
            except Exception as failure:  # whatever it is, its words may repeat a record's value
                ours = RunError(_sentence(stage, failure))
            raise ours

        return call

    return seal


def _sentence(stage: str, failure: BaseException) -> str:
    return system_sentence(stage, failure) or (
        f"{stage} stopped ({type(failure).__name__}); details are withheld because they may hold personal data. "
        "'caselight doctor' checks this machine"
    )


def system_sentence(what: str, failure: BaseException) -> str:
    """What the system would not let `what` do, in a sentence that names the place and the way out; empty if it is not
    about the disk, a right, or a file of ours that is not what it should be."""
    if is_full_disk(str(failure)) or getattr(failure, "errno", None) in NO_ROOM:
        return (
            f"the disk is full{_place(failure)}: {what} stopped and nothing half-written was kept; free some space "
            "there and run again"
        )
    if isinstance(failure, OSError) and failure.errno in NO_RIGHT:
        return (
            f"{what} stopped: it may not write or read{_place(failure)} ({os.strerror(failure.errno or 0)}). Give "
            "this user the right to, mount it writable, or set CASELIGHT_DATA and CASELIGHT_STATE to folders of yours; "
            "then run again"
        )
    if isinstance(failure, OSError) and isinstance(failure.filename, str | bytes):
        return (
            f"{what} stopped: {os.fsdecode(failure.filename)} cannot be used ({os.strerror(failure.errno or 0)}). Put "
            "back what belongs there, or move away what does not; then run again"
        )
    return ""


def _place(failure: BaseException) -> str:
    """The folder that the system names; else the data folder, where runs write."""
    named = getattr(failure, "filename", None)
    folder = Path(os.fsdecode(named)).parent if isinstance(named, str | bytes) else Settings.from_environment().data
    return f" in {folder}"


def is_full_disk(words: str) -> bool:
    """Whether an engine's own words (the system's, DuckDB's, SQLite's) say that there is no room left to write."""
    return any(phrase in words for phrase in NO_ROOM_PHRASES)
