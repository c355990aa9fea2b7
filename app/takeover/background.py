"""Taking over as long work: a long file is read, and many passes are brought where they lie."""

from datetime import date
from uuid import UUID

from app.config import Settings
from app.programmes.keys import KeyStore
from app.takeover import service
from app.takeover.models import Takeover
from app.works.doing import Doer, Task
from app.works.rules import Progress, Result, asked

BYTES_AT_ONCE = 500_000
"""Up to so many bytes, some fifteen thousand lines, files are read while the person waits."""
PASSES_AT_ONCE = 20_000
"""Up to so many passes are brought where they lie while the person waits."""
_LENGTH = 8
"""Bytes that say how long the first of two files is."""


def asked_to_read(programme_id: UUID, counted_on: date) -> dict[str, object]:
    """What reading files in the background is asked with, and the page that asks again."""
    return asked(
        f"carnets comptés le {counted_on:%d/%m/%Y}",
        back="takeover_pages.takeovers",
        back_values={},
        back_named="Reprise",
        programme=str(programme_id),
        counted_on=counted_on.isoformat(),
    )


def packed(content: bytes, codes_content: bytes | None) -> bytes:
    """Both files of a takeover as one."""
    return len(content).to_bytes(_LENGTH) + content + (codes_content or b"")


def unpacked(both: bytes) -> tuple[bytes, bytes | None]:
    """The two files again."""
    end = _LENGTH + int.from_bytes(both[:_LENGTH])
    return both[_LENGTH:end], both[end:] or None


def take_over(task: Task) -> Result:
    """Draw up the procès-verbal of a file.

    Raises:
        as app.takeover.service.prepare_takeover; its faults are the lines that the page shows.
    """
    task.told(Progress("Le fichier est lu ligne à ligne."))
    content, codes_content = unpacked(task.content)
    with task.database.transaction() as session:
        record = service.prepare_takeover(
            session,
            actor=task.actor,
            takeover_id=task.id,
            programme_id=UUID(task.asked["programme"]),
            content=content,
            codes_content=codes_content,
            counted_on=date.fromisoformat(task.asked["counted_on"]),
            now=task.asked_at,
        )
        return Result(prepared(record), "takeover_pages.takeover", {"takeover_id": str(record.id)})


def prepared(record: Takeover) -> str:
    """What happened to a file, and what comes next."""
    return (
        f"Le procès-verbal {record.number} est préparé. "
        "Une autre personne compte les carnets, puis l’approuve."
    )


def asked_to_open(record: Takeover) -> dict[str, object]:
    """What an approval in the background is asked with, and the page that asks again."""
    return asked(
        f"procès-verbal {record.number}",
        back="takeover_pages.takeover",
        back_values={"takeover_id": str(record.id)},
        back_named=f"Procès-verbal {record.number}",
        takeover=str(record.id),
        voucher_count=record.voucher_count,
    )


def opener(settings: Settings) -> Doer:
    """Who opens balances with the keys of that installation."""

    def approve(task: Task) -> Result:
        """Approve a procès-verbal, telling of each carton of passes.

        Raises:
            as app.takeover.service.approve_takeover.
        """
        takeover_id, count = UUID(task.asked["takeover"]), int(task.asked["voucher_count"])
        with task.database.transaction() as session:
            service.approve_takeover(
                session,
                actor=task.actor,
                takeover_id=takeover_id,
                voucher_count=count,
                keys=KeyStore(settings.key_dir),
                now=task.asked_at,
                told=lambda done: task.told(Progress("Pass inscrits", done, count)),
            )
        return Result(APPROVED, "takeover_pages.takeover", {"takeover_id": str(takeover_id)})

    return approve


APPROVED = (
    "La reprise est approuvée : les pass sont au registre, chacun où il repose. "
    "Imprimez le procès-verbal et signez-le à deux."
)
