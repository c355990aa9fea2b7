"""What long work there is, and when its doer is given up for gone: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.identity.rules import Right


class WorkKind(StrEnum):
    """What takes longer than a person waits for a page."""

    CLEARING_RUN = "clearing_run"
    SERIAL_FILE = "serial_file"
    EVIDENCE = "evidence"
    PRINTING = "printing"
    TAKEOVER = "takeover"
    TAKEOVER_APPROVAL = "takeover_approval"
    PLACES = "places"
    LIST = "list"


FRENCH_KIND = {
    WorkKind.CLEARING_RUN: "Liquidation",
    WorkKind.SERIAL_FILE: "Fichier de l’imprimeur",
    WorkKind.EVIDENCE: "Archive des pièces",
    WorkKind.PRINTING: "Impression de carnets",
    WorkKind.TAKEOVER: "Lecture d’un fichier de reprise",
    WorkKind.TAKEOVER_APPROVAL: "Approbation d’une reprise",
    WorkKind.PLACES: "Reprise de lieux dans l’annuaire",
    WorkKind.LIST: "Fichier d’une liste",
}
FILES = frozenset({WorkKind.EVIDENCE, WorkKind.LIST})
"""What makes a file to take away."""
FILE_RIGHT = {WorkKind.EVIDENCE: Right.SEE_LEDGER}
"""The right that whoever asked must still have for that; else the role in which it was asked."""
LANES = (frozenset(WorkKind) - FILES, FILES)
"""Works that do not wait for one another: acts, and files that may take half an hour."""
SILENCE = timedelta(minutes=2)
"""Whoever does a work says how far it is more often than that; after it, another one begins."""
MOST_ATTEMPTS = 3
"""A work that breaks so often is given up, and says so."""
FILE_KEPT = timedelta(days=3)
"""How long after its day a file that was made is kept, or the lines of one that was refused."""
WAITED_FOR = timedelta(days=7)
"""A work that nobody has done by then is given up, and the file that came with it forgotten."""
MOST_LINES = 200
"""Lines of a refused file that are kept to be shown."""
LISTED = 50
"""Works that the list of one's own shows."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a work has come: so many done of so many, 0 while nobody knows of how many."""

    stage: str
    done_count: int = 0
    of_count: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a work has written, still under a name of its own."""

    draft: Path
    name: str
    media_type: str
    byte_count: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What a work ends with: a sentence, and the page to open next, or a file to take away."""

    sentence: str
    endpoint: str
    values: dict[str, str]
    made: Made | None = None


def asked(
    about: str, *, back: str, back_values: Mapping[str, str], back_named: str, **said: object
) -> dict[str, Any]:
    """What a work is asked with: what its doer needs, and what its page says of it.

    Attributes:
        about: what is added to the name of its kind: « commande BC-2026-0001 ».
        back: the page that it was asked on, which asks again, with what makes its address.
    """
    return {
        **said,
        "about": about,
        "back": back,
        "back_values": dict(back_values),
        "back_named": back_named,
    }


def title_of(kind: WorkKind, asked: Mapping[str, Any]) -> str:
    """What a work is called on pages."""
    return ", ".join(filter(None, (FRENCH_KIND[kind], asked.get("about"))))


def nobody(*_said: object) -> None:
    """Who is told how far a work is when nobody watches."""
