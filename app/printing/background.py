"""A print batch of many cartons as long work: one step a carton, drawn and then forgotten.

No file is kept: each is made again when it is downloaded, one carton at a time.
"""

from uuid import UUID

from app.config import Settings
from app.orders.models import BookletOrder
from app.printing.rules import FRENCH_KIND, PrintKind
from app.printing.service import Asked, PublicAddress, print_booklets
from app.programmes.keys import KeyStore
from app.works.doing import Doer, Task
from app.works.rules import Progress, Result, asked

AT_ONCE = 200
"""Booklets that are drawn while the person waits: two cartons, a second or two."""


def asked_of(order: BookletOrder, batch: Asked) -> dict[str, object]:
    """What a batch in the background is asked with, and the page that asks again."""
    return asked(
        f"commande {order.number}, carnets {batch.first} à {batch.last}",
        back="printing_pages.new_batch",
        back_values={"number": order.number},
        back_named=f"Imprimer {order.number}",
        order=str(order.id),
        kind=str(batch.kind),
        first=batch.first,
        last=batch.last,
        large=batch.large,
    )


def printer(settings: Settings) -> Doer:
    """Who draws booklets for the site and with the keys of that installation."""

    def draw(task: Task) -> Result:
        """Draw the files of a batch, telling of each carton, and record their digests.

        Raises:
            as app.printing.service.print_booklets.
        """
        said = task.asked
        kind = PrintKind(said["kind"])
        batch = print_booklets(
            task.database,
            actor=task.actor,
            batch_id=task.id,
            asked=Asked(
                UUID(said["order"]),
                kind,
                said["first"],
                said["last"],
                large=said["large"],
                reason=task.content.decode(),
            ),
            address=PublicAddress(settings.public_url, settings.help_line),
            keys=KeyStore(settings.key_dir),
            now=task.asked_at,
            told=lambda done, of: task.told(Progress(FRENCH_KIND[kind], done, of)),
        )
        return Result(recorded(batch.number), "printing_pages.batch", {"number": batch.number})

    return draw


def recorded(number: str) -> str:
    """What happened, and what comes next."""
    return (
        f"L’impression {number} est notée. Téléchargez ses fichiers, remettez-les "
        "à l’imprimeur seul, puis effacez-les."
    )
