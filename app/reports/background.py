"""The archive of a period as long work: one step a document, none of which holds anybody up."""

from datetime import date
from typing import BinaryIO

from app.clearing.files import site_of
from app.config import Settings
from app.programmes.queries import is_demonstration
from app.reports.evidence import Asking, pieces_to_archive, write_archive
from app.web.downloads import ZIP
from app.web.format import count, plural
from app.works.doing import Doer, Task
from app.works.rules import Progress, Result, asked


def asked_of(since: date, until: date, state: str) -> dict[str, object]:
    """What an archive is asked with; another state of the same period is another archive."""
    period = {"du": since.isoformat(), "au": until.isoformat()}
    return asked(
        f"du {since:%d/%m/%Y} au {until:%d/%m/%Y}",
        back="evidence_pages.listed",
        back_values=period,
        back_named="Pièces justificatives",
        state=state,
        **period,
    )


def archiver(settings: Settings) -> Doer:
    """Who makes archives for the site of that installation."""

    def archive(task: Task) -> Result:
        """Write the archive, telling of each document.

        Raises:
            as app.reports.evidence.pieces_to_archive and write_archive.
        """
        since, until = (date.fromisoformat(task.asked[end]) for end in ("du", "au"))
        with task.database.transaction(writing=False) as session:
            specimen = is_demonstration(session)
            asking = Asking(
                task.actor, since, until, site_of(settings), task.asked_at, specimen=specimen
            )
            pieces = pieces_to_archive(session, asking)
        missing = 0

        def write(out: BinaryIO) -> None:
            nonlocal missing
            missing = write_archive(
                out,
                task.database,
                pieces,
                specimen=specimen,
                told=lambda folder, done: task.told(Progress(folder, done, len(pieces))),
            )

        made = task.write_file(write, f"pieces-{since}-{until}.zip", ZIP)
        return Result(
            said(len(pieces) - missing, missing),
            "works_pages.shown",
            {"work_id": str(task.id)},
            made,
        )

    return archive


def said(held: int, missing: int) -> str:
    """How much an archive holds, and whether it wants anything."""
    sentence = f"L’archive tient {count(held)} pièce{plural(held)} et leur sommaire."
    if not missing:
        return sentence
    verb = "n’ont pas pu être faites" if missing > 1 else "n’a pas pu être faite"
    return (
        f"{sentence} {count(missing)} pièce{plural(missing)} {verb} : le sommaire dit "
        f"{'lesquelles' if missing > 1 else 'laquelle'} et pourquoi."
    )
