"""What long work there is, and when its doer is given up for gone: plain values."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class WorkKind(StrEnum):
    """What takes longer than a person waits for a page."""

    CLEARING_RUN = "clearing_run"
    SERIAL_FILE = "serial_file"


FRENCH_KIND = {
    WorkKind.CLEARING_RUN: "Liquidation",
    WorkKind.SERIAL_FILE: "Fichier de l’imprimeur",
}
SILENCE = timedelta(minutes=2)
"""Whoever does a work says how far it is more often than that; after it, another one begins."""
MOST_ATTEMPTS = 3
"""A work that breaks so often is given up, and says so."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a work has come: so many done of so many, 0 while nobody knows of how many."""

    stage: str
    done_count: int = 0
    of_count: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a work ends with: a sentence, and the page to open next."""

    sentence: str
    endpoint: str
    values: dict[str, str]
