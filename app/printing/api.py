"""Print batches: made, listed, read. Their files, worth money, leave by the pages only."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.printing import queries
from app.printing.schemas import (
    PrintBatchPageQuery,
    PrintBatchPageSchema,
    PrintBatchRequestSchema,
    PrintBatchSchema,
)
from app.printing.service import Asked, known_batch, print_booklets
from app.printing.views import batches_shown, public_address
from app.programmes.keys import KeyStore
from app.web.api import Json, Routes, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import current_settings, in_transaction, in_transactions_of_its_own

routes = Routes("printing", "Impressions : ce qui est parti chez l’imprimeur.")
bp = routes.blueprint


@routes.post(
    "/print-batches",
    "Imprimer des carnets",
    right=Right.PRINT_BOOKLETS,
    body=PrintBatchRequestSchema,
    answer=PrintBatchSchema,
    refuses=(404,),
    description="Compose les carnets, note l’empreinte de chaque fichier et ne garde aucun code. "
    "Les fichiers se téléchargent depuis la page « Impression ».",
)
def create_print_batch(body: Json) -> Json:
    """Print booklets of a sent order."""
    actor, batch_id = current_actor(), id_of_request(body)
    asked = Asked(
        order_id=body["order_id"],
        kind=body["kind"],
        first=body["first_booklet"],
        last=body["last_booklet"],
        large=body["large"],
        reason=body["reason"],
    )
    batch = in_transactions_of_its_own(
        partial(
            print_booklets,
            actor=actor,
            batch_id=batch_id,
            asked=asked,
            address=public_address(),
            keys=KeyStore(current_settings().key_dir),
            now=started_at(),
        )
    )
    return in_transaction(lambda session: batches_shown(session, [batch]))[0]


@routes.get(
    "/print-batches",
    "Lister les impressions",
    right=Right.SEE_ORDERS,
    query=PrintBatchPageQuery,
    answer=PrintBatchPageSchema,
)
def list_print_batches(query: Json) -> Json:
    """Batches in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.batches_after, session, query["after"], order_id=query["order_id"]),
            partial(batches_shown, session),
        )
    )


@routes.get(
    "/print-batches/<uuid:batch_id>",
    "Lire une impression",
    right=Right.SEE_ORDERS,
    answer=PrintBatchSchema,
)
def read_print_batch(batch_id: UUID) -> Json:
    """One batch, with the fingerprints of its files."""

    def work(session: Session) -> list[Json]:
        return batches_shown(session, [known_batch(session, batch_id)])

    return in_transaction(work)[0]
