"""Booklets between the stock and prescribers, and requests for more."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.prescribers import allocations, booklet_requests, custody, recalls
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_models import Consignment, ConsignmentAnswer, ShortfallSettlement
from app.prescribers.custody_rules import Settlement
from app.prescribers.custody_schemas import (
    AllocationPageSchema,
    AllocationRequestSchema,
    AllocationSchema,
    BookletRequestPageSchema,
    BookletRequestRequestSchema,
    BookletRequestSchema,
    CallBackRequestSchema,
    DeclineRequestSchema,
    RecallPageSchema,
    RecallRequestSchema,
    ReceiptRequestSchema,
    ReceiptSchema,
    ReturnRequestSchema,
    SettlementRequestSchema,
    SettlementSchema,
    TransferRequestSchema,
)
from app.prescribers.custody_views import allocations_shown, recall_shown, requests_shown
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page, whole
from app.web.auth import current_actor, started_at, started_on
from app.web.transaction import in_transaction

routes = Routes("custody", "Dotations, retours, transferts, et demandes de carnets.")
bp = routes.blueprint


def ranges(typed: list[Json]) -> list[BookletRange]:
    """Booklets by their numbers, as sent."""
    return [BookletRange(**numbers) for numbers in typed]


def told(session: Session, consignment: Consignment) -> Json:
    """One consignment."""
    return allocations_shown(session, [consignment])[0]


@routes.post(
    "/allocations",
    "Confier des carnets à un prescripteur",
    right=Right.ALLOCATE,
    body=AllocationRequestSchema,
    answer=AllocationSchema,
    refuses=(404,),
    description="Ils sont en route jusqu’à ce que le prescripteur signe.",
)
def allocate_booklets(body: Json) -> Json:
    """Entrust whole booklets to a prescriber."""
    booklets = ranges(body.pop("booklets"))
    return in_transaction(
        lambda session: told(
            session,
            allocations.allocate_booklets(
                session,
                actor=current_actor(),
                allocation_id=id_of_request(body),
                booklets=booklets,
                now=started_at(),
                **body,
            ),
        )
    )


@routes.post(
    "/returns",
    "Renvoyer des carnets au stock",
    right=Right.SEND_BOOKLETS,
    body=ReturnRequestSchema,
    answer=AllocationSchema,
    refuses=(404,),
    description="Ils sont en route jusqu’à ce que le stock les compte. Le retour se lit et se "
    "signe ensuite comme une dotation, sous `/allocations/{id}`.",
)
def return_booklets(body: Json) -> Json:
    """Send whole booklets back to the stock."""
    booklets = ranges(body.pop("booklets"))
    return in_transaction(
        lambda session: told(
            session,
            custody.return_booklets(
                session,
                actor=current_actor(),
                consignment_id=id_of_request(body),
                booklets=booklets,
                now=started_at(),
                **body,
            ),
        )
    )


@routes.post(
    "/transfers",
    "Transférer des carnets à un autre prescripteur",
    right=Right.SEND_BOOKLETS,
    body=TransferRequestSchema,
    answer=AllocationSchema,
    refuses=(404,),
    description="Ils sont en route jusqu’à ce que le destinataire les compte. Le transfert se lit "
    "et se signe ensuite comme une dotation, sous `/allocations/{id}`.",
)
def transfer_booklets(body: Json) -> Json:
    """Send whole booklets to another prescriber."""
    booklets = ranges(body.pop("booklets"))
    return in_transaction(
        lambda session: told(
            session,
            custody.transfer_booklets(
                session,
                actor=current_actor(),
                consignment_id=id_of_request(body),
                booklets=booklets,
                now=started_at(),
                **body,
            ),
        )
    )


@routes.get(
    "/allocations",
    "Lister les dotations, les retours et les transferts",
    right=Right.SEE_ALLOCATIONS,
    query=UuidPageQuery,
    answer=AllocationPageSchema,
)
def list_allocations(query: Json) -> Json:
    """Consignments in the order of their ids; those from or to a prescriber itself."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.consignments_after,
                session,
                query["after"],
                party_id=current_actor().scope,
            ),
            partial(allocations_shown, session),
        )
    )


@routes.get(
    "/allocations/<uuid:allocation_id>",
    "Lire une dotation, un retour ou un transfert",
    right=Right.SEE_ALLOCATIONS,
    answer=AllocationSchema,
)
def read_allocation(allocation_id: UUID) -> Json:
    """One consignment, with its booklets."""
    return in_transaction(
        lambda session: told(
            session,
            custody.known_consignment(session, actor=current_actor(), consignment_id=allocation_id),
        )
    )


@routes.post(
    "/allocations/<uuid:allocation_id>/receipt",
    "Confirmer ce qui est arrivé",
    right=Right.CONFIRM_RECEIPT,
    body=ReceiptRequestSchema,
    answer=ReceiptSchema,
    description="Seul le destinataire signe. Ce qu’il nomme comme manquant reste en route.",
)
def confirm_receipt(body: Json, allocation_id: UUID) -> ConsignmentAnswer:
    """Sign for what was counted."""
    return in_transaction(
        lambda session: custody.confirm_receipt(
            session,
            actor=current_actor(),
            receipt_id=id_of_request(body),
            consignment_id=allocation_id,
            missing=ranges(body["missing"]),
            damaged=ranges(body["damaged"]),
            note=body["note"],
            now=started_at(),
        )
    )


@routes.post(
    "/allocations/<uuid:allocation_id>/cancellation",
    "Annuler un envoi que personne n’a encore reçu",
    right=Right.SEND_BOOKLETS,
    body=CallBackRequestSchema,
    answer=ReceiptSchema,
    description="Ses carnets sont de nouveau dans le stock. Un prescripteur annule ses propres "
    "retours : ils sont de nouveau chez lui.",
)
def cancel_consignment(body: Json, allocation_id: UUID) -> ConsignmentAnswer:
    """Call back what nobody has signed for."""
    return in_transaction(
        lambda session: custody.cancel_consignment(
            session,
            actor=current_actor(),
            cancellation_id=id_of_request(body),
            consignment_id=allocation_id,
            reason=body["reason"],
            now=started_at(),
        )
    )


@routes.post(
    "/allocations/<uuid:allocation_id>/settlements",
    "Dire ce que sont devenus des carnets manquants",
    right=Right.CONFIRM_RECEIPT,
    body=SettlementRequestSchema,
    answer=SettlementSchema,
    description="`found` : le destinataire les a retrouvés, et lui seul le dit. `returned` : ils "
    "sont revenus au stock, et la coordination le dit.",
)
def settle_shortfall(body: Json, allocation_id: UUID) -> ShortfallSettlement:
    """Accept what was missing after all, or take it back into the stock."""
    return in_transaction(
        lambda session: custody.settle_shortfall(
            session,
            actor=current_actor(),
            settlement_id=id_of_request(body),
            consignment_id=allocation_id,
            settlement=Settlement(body["settlement"]),
            booklets=ranges(body["booklets"]),
            now=started_at(),
        )
    )


@routes.get(
    "/recalls",
    "Lister ce qui est à faire rentrer",
    right=Right.SEE_ALLOCATIONS,
    answer=RecallPageSchema,
    description="Les carnets de qui ne peut plus en détenir : convention terminée, organisme "
    "public sans régie ni mandat, structure reprise. Un prescripteur lit les siens.",
)
def list_recalls() -> Json:
    """What is to come back today, by holder and programme."""
    return in_transaction(
        lambda session: whole(
            [
                recall_shown(one)
                for one in recalls.recalls(session, actor=current_actor(), on=started_on())
            ]
        )
    )


@routes.post(
    "/recalls",
    "Préparer le retour de tout ce qu’une structure doit rendre",
    right=Right.SEND_BOOKLETS,
    body=RecallRequestSchema,
    answer=AllocationSchema,
    refuses=(404,),
)
def prepare_recall(body: Json) -> Json:
    """Send back everything that a holder without right has of a programme."""
    return in_transaction(
        lambda session: told(
            session,
            recalls.prepare_recall(
                session,
                actor=current_actor(),
                consignment_id=id_of_request(body),
                now=started_at(),
                **body,
            ),
        )
    )


@routes.post(
    "/booklet-requests",
    "Demander des carnets",
    right=Right.REQUEST_BOOKLETS,
    body=BookletRequestRequestSchema,
    answer=BookletRequestSchema,
    refuses=(404,),
    description="Pour sa propre structure. Une dotation qui porte `request_id` y répond.",
)
def request_booklets(body: Json) -> Json:
    """Ask for more booklets."""
    return in_transaction(
        lambda session: requests_shown(
            session,
            [
                booklet_requests.request_booklets(
                    session,
                    actor=current_actor(),
                    request_id=id_of_request(body),
                    now=started_at(),
                    **body,
                )
            ],
        )[0]
    )


@routes.get(
    "/booklet-requests",
    "Lister les demandes de carnets",
    right=Right.SEE_ALLOCATIONS,
    query=UuidPageQuery,
    answer=BookletRequestPageSchema,
)
def list_booklet_requests(query: Json) -> Json:
    """Requests in the order of their ids; a prescriber's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                queries.requests_after,
                session,
                query["after"],
                prescriber_id=current_actor().scope,
            ),
            partial(requests_shown, session),
        )
    )


@routes.get(
    "/booklet-requests/<uuid:request_id>",
    "Lire une demande de carnets",
    right=Right.SEE_ALLOCATIONS,
    answer=BookletRequestSchema,
)
def read_booklet_request(request_id: UUID) -> Json:
    """One request, with its answer."""
    return in_transaction(
        lambda session: requests_shown(
            session,
            [booklet_requests.known_request(session, actor=current_actor(), request_id=request_id)],
        )[0]
    )


@routes.post(
    "/booklet-requests/<uuid:request_id>/decline",
    "Refuser une demande de carnets",
    right=Right.ALLOCATE,
    body=DeclineRequestSchema,
    answer=BookletRequestSchema,
)
def decline_booklet_request(body: Json, request_id: UUID) -> Json:
    """Say no, and why."""

    def work(session: Session) -> Json:
        booklet_requests.decline_request(
            session,
            actor=current_actor(),
            answer_id=id_of_request(body),
            request_id=request_id,
            reason=body["reason"],
            now=started_at(),
        )
        asked = booklet_requests.known_request(
            session, actor=current_actor(), request_id=request_id
        )
        return requests_shown(session, [asked])[0]

    return in_transaction(work)
