"""Many places taken from a national file as long work."""

from collections.abc import Mapping
from uuid import UUID

import orjson

from app.partners.rules import OrganisationKind
from app.places.service import take_rows
from app.web.format import count, plural
from app.works.doing import Task
from app.works.rules import Progress, Result, asked

AT_ONCE = 300
"""Rows that enter the directory while the person waits: half a second."""

Lines = Mapping[int, OrganisationKind | None]


def asked_of(file_id: UUID, line_count: int) -> dict[str, object]:
    """What taking rows in the background is asked with, and the page that asks again."""
    return asked(
        f"{count(line_count)} lignes",
        back="place_files.file",
        back_values={"file_id": str(file_id)},
        back_named="Fichier de lieux",
        file=str(file_id),
    )


def packed(lines: Lines) -> bytes:
    """The rows that were ticked, and what each new place is, as they come with the work."""
    return orjson.dumps({str(line): kind for line, kind in lines.items()})


def take_places(task: Task) -> Result:
    """Take the rows, telling of each.

    Raises:
        as app.places.service.take_rows.
    """
    lines = {
        int(line): OrganisationKind(kind) if kind else None
        for line, kind in orjson.loads(task.content).items()
    }
    with task.database.transaction() as session:
        taken = take_rows(
            session,
            actor=task.actor,
            request_id=task.id,
            file_id=UUID(task.asked["file"]),
            lines=lines,
            now=task.asked_at,
            told=lambda done: task.told(Progress("Lieux repris", done, len(lines))),
        )
    return Result(said(len(taken)), "place_files.file", {"file_id": task.asked["file"]})


def said(taken_count: int) -> str:
    """What the directory has taken, and what is still wanting."""
    return (
        f"L’annuaire a repris {count(taken_count)} ligne{plural(taken_count)}. Un lieu repris ne "
        "reçoit de pass qu’avec une convention et un label."
    )
