"""Opening balances: verdicts on a file, procès-verbal, approval by another, or set aside."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.programmes.keys import KeyStore
from app.takeover import queries, service
from app.takeover.checking import check_takeover
from app.takeover.schemas import (
    FilesSchema,
    TakeoverApprovalRequestSchema,
    TakeoverCheckSchema,
    TakeoverPageSchema,
    TakeoverRefusalRequestSchema,
    TakeoverRequestSchema,
    TakeoverSchema,
)
from app.takeover.views import checked_shown, takeovers_shown
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at, started_on
from app.web.transaction import current_settings, in_transaction

routes = Routes("takeover", "La reprise des carnets d’avant passnum.")
bp = routes.blueprint


@routes.post(
    "/takeovers/check",
    "Vérifier un fichier de reprise",
    right=Right.PREPARE_TAKEOVER,
    body=FilesSchema,
    answer=TakeoverCheckSchema,
    status=200,
    refuses=(404,),
    description="Ligne par ligne, ce qu’il faut corriger. N’enregistre rien.",
)
def check_takeover_file(body: Json) -> Json:
    """Say line by line what is wrong with a file."""
    return in_transaction(
        lambda session: checked_shown(
            check_takeover(
                session,
                actor=current_actor(),
                programme_id=body["programme_id"],
                content=body["file"],
                codes_content=body.get("code_file"),
                today=started_on(),
            )
        )
    )


@routes.post(
    "/takeovers",
    "Dresser le procès-verbal d’un fichier",
    right=Right.PREPARE_TAKEOVER,
    body=TakeoverRequestSchema,
    answer=TakeoverSchema,
    refuses=(404,),
    description="Le fichier est repris en entier ou pas du tout ; une autre personne approuve.",
)
def prepare_takeover(body: Json) -> Json:
    """Draw a procès-verbal up; the same file again finds the first one."""
    takeover_id = id_of_request(body)

    def work(session: Session) -> Json:
        record = service.prepare_takeover(
            session,
            actor=current_actor(),
            takeover_id=takeover_id,
            programme_id=body["programme_id"],
            content=body["file"],
            codes_content=body.get("code_file"),
            counted_on=body["counted_on"],
            now=started_at(),
        )
        return takeovers_shown(session, [record])[0]

    return in_transaction(work)


@routes.get(
    "/takeovers",
    "Lister les procès-verbaux de reprise",
    right=Right.SEE_LEDGER,
    query=UuidPageQuery,
    answer=TakeoverPageSchema,
)
def list_takeovers(query: Json) -> Json:
    """Procès-verbaux in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.takeovers_after, session, query["after"]),
            partial(takeovers_shown, session),
        )
    )


@routes.get(
    "/takeovers/<uuid:takeover_id>",
    "Lire un procès-verbal de reprise",
    right=Right.SEE_LEDGER,
    answer=TakeoverSchema,
)
def read_takeover(takeover_id: UUID) -> Json:
    """One procès-verbal."""
    return in_transaction(lambda session: _told(session, takeover_id))


def _told(session: Session, takeover_id: UUID) -> Json:
    record = service.known_takeover(session, actor=current_actor(), takeover_id=takeover_id)
    return takeovers_shown(session, [record])[0]


@routes.post(
    "/takeovers/<uuid:takeover_id>/approve",
    "Approuver un procès-verbal de reprise",
    right=Right.APPROVE_TAKEOVER,
    body=TakeoverApprovalRequestSchema,
    answer=TakeoverSchema,
    refuses=(409,),
    description="Par une autre personne, qui nomme le total qu’elle a compté.",
)
def approve_takeover(body: Json, takeover_id: UUID) -> Json:
    """Open the balances that somebody else counted."""

    def work(session: Session) -> Json:
        service.approve_takeover(
            session,
            actor=current_actor(),
            takeover_id=takeover_id,
            voucher_count=body["voucher_count"],
            keys=KeyStore(current_settings().key_dir),
            now=started_at(),
        )
        return _told(session, takeover_id)

    return in_transaction(work)


@routes.post(
    "/takeovers/<uuid:takeover_id>/refusal",
    "Écarter un procès-verbal de reprise",
    right=Right.PREPARE_TAKEOVER,
    body=TakeoverRefusalRequestSchema,
    answer=TakeoverSchema,
    description="Avant son approbation : rien n’en est repris.",
)
def refuse_takeover(body: Json, takeover_id: UUID) -> Json:
    """Set a procès-verbal aside."""
    refusal_id = id_of_request(body)

    def work(session: Session) -> Json:
        service.refuse_takeover(
            session,
            actor=current_actor(),
            refusal_id=refusal_id,
            takeover_id=takeover_id,
            reason=body["reason"],
            now=started_at(),
        )
        return _told(session, takeover_id)

    return in_transaction(work)
