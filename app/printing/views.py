"""What is told of batches, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.database.rows import rows_by
from app.orders.models import BookletOrder
from app.printing.models import PrintBatch, PrintFile
from app.printing.rules import PrintKind
from app.printing.service import PublicAddress
from app.web.api import Json, shown
from app.web.transaction import current_settings

ENDINGS = {PrintKind.BOOKLETS: "pdf", PrintKind.CODES: "csv"}


def public_address() -> PublicAddress:
    """What each booklet says of this installation."""
    settings = current_settings()
    return PublicAddress(settings.public_url, settings.help_line)


def file_name(batch: PrintBatch, ordinal: int) -> str:
    """IMP-2026-0001-01.pdf."""
    return f"{batch.number}-{ordinal:02d}.{ENDINGS[PrintKind(batch.kind)]}"


def batches_shown(session: Session, batches: Sequence[PrintBatch]) -> list[Json]:
    """Batches with their order's number and the fingerprints of their files."""
    files = rows_by(session, PrintFile.batch_id, [batch.id for batch in batches], PrintFile.ordinal)
    orders = rows_by(session, BookletOrder.id, {batch.order_id for batch in batches})
    return [
        shown(
            batch,
            order_number=orders[batch.order_id][0].number,
            booklet_count=batch.last_booklet - batch.first_booklet + 1,
            files=[
                shown(
                    file,
                    name=file_name(batch, file.ordinal),
                    sha256=file.sha256.hex(),
                )
                for file in files[batch.id]
            ],
        )
        for batch in batches
    ]
