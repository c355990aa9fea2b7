"""A printer's file as long work: read row by row, then received."""

from io import BytesIO
from typing import Any
from uuid import UUID

from app.config import Settings
from app.orders.models import BookletOrder
from app.programmes.keys import KeyStore
from app.stock import serial_files
from app.stock.file_rules import CodesFrom
from app.stock.serial_files import Stage
from app.stock.views import said_of_import
from app.works.doing import Doer, Task
from app.works.rules import Progress, Result, asked

AT_ONCE = 400_000
"""Up to so many bytes, some ten thousand rows, a file is read while the person waits."""
FRENCH_STAGE = {Stage.READING: "Lignes lues", Stage.RECEIVING: "Pass reçus"}


def asked_of(order: BookletOrder, codes_from: CodesFrom, most_rows: int) -> dict[str, Any]:
    """What reading a file in the background is asked with, and the page that asks again."""
    return asked(
        f"commande {order.number}",
        back="file_pages.files",
        back_values={"number": order.number},
        back_named=f"Fichiers de {order.number}",
        order=str(order.id),
        number=order.number,
        codes_from=str(codes_from),
        most_rows=most_rows,
    )


def receiver(settings: Settings) -> Doer:
    """Who reads files with the keys of that installation."""

    def receive(task: Task) -> Result:
        """Receive what is right in a file, telling of rows and passes.

        Raises:
            as app.stock.serial_files.import_serials.
        """
        imported = serial_files.import_serials(
            task.database,
            actor=task.actor,
            import_id=task.id,
            asked=serial_files.Asked(
                UUID(task.asked["order"]),
                BytesIO(task.content),
                CodesFrom(task.asked["codes_from"]),
                task.asked["most_rows"],
            ),
            keys=KeyStore(settings.key_dir),
            now=task.asked_at,
            told=lambda stage, done, of: task.told(Progress(FRENCH_STAGE[stage], done, of)),
        )
        return Result(
            said_of_import(imported),
            "file_pages.file",
            {"number": task.asked["number"], "file_id": str(imported.record.id)},
        )

    return receive
