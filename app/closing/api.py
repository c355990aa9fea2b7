"""The end of vintages: the calendar read, the hold, releases, signatures, the settlement."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from app.closing import complements, endings
from app.closing.schemas import (
    ClosingSchema,
    ClosingSettlementRequestSchema,
    ComplementRequestSchema,
    ComplementSettlementRequestSchema,
    HoldRequestSchema,
    ReleaseRequestSchema,
    SignatureRequestSchema,
)
from app.closing.views import closing_shown
from app.identity.rules import Right
from app.prescribers.allocations import BookletRange
from app.web.api import Json, Routes, id_of_request
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("closing", "Clôture des millésimes : calendrier, retenue, état contradictoire.")
bp = routes.blueprint


def _done(vintage_id: int, act: Callable[[Session], object]) -> Json:
    """Do an act on a vintage, and tell how far its end has come."""

    def work(session: Session) -> Json:
        act(session)
        return closing_shown(session, vintage_id, now=started_at())

    return in_transaction(work)


@routes.get(
    "/vintages/<int:vintage_id>/closing",
    "Lire la clôture d’un millésime",
    right=Right.SEE_LEDGER,
    answer=ClosingSchema,
    refuses=(404,),
)
def read_closing(vintage_id: int) -> Json:
    """The calendar of a vintage, and how far it has come."""
    return _done(vintage_id, lambda _session: None)


@routes.post(
    "/vintages/<int:vintage_id>/hold",
    "Valider la retenue d’un millésime",
    right=Right.VALIDATE_HOLD,
    body=HoldRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Ce qui n’est pas remis ne part plus.",
)
def validate_hold(body: Json, vintage_id: int) -> Json:
    """Withhold what was not handed out."""
    return _done(
        vintage_id,
        lambda session: endings.validate_hold(
            session,
            actor=current_actor(),
            hold_id=id_of_request(body),
            vintage_id=vintage_id,
            now=started_at(),
        ),
    )


@routes.post(
    "/vintages/<int:vintage_id>/releases",
    "Libérer des carnets retenus",
    right=Right.RELEASE_HELD,
    body=ReleaseRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Pour une remise tardive, qui demande encore une acceptation.",
)
def release_held(body: Json, vintage_id: int) -> Json:
    """Let held booklets go."""
    booklets = [BookletRange(**numbers) for numbers in body.pop("booklets")]
    return _done(
        vintage_id,
        lambda session: endings.release_held(
            session,
            actor=current_actor(),
            release_id=id_of_request(body),
            vintage_id=vintage_id,
            booklets=booklets,
            now=started_at(),
            **body,
        ),
    )


@routes.post(
    "/vintages/<int:vintage_id>/signatures",
    "Enregistrer une signature de l’état contradictoire",
    right=Right.SIGN_CLOSING,
    body=SignatureRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Deux personnes enregistrent les deux signatures.",
)
def sign_joint_statement(body: Json, vintage_id: int) -> Json:
    """Record that a party signed."""
    return _done(
        vintage_id,
        lambda session: endings.sign_statement(
            session,
            actor=current_actor(),
            signature_id=id_of_request(body),
            vintage_id=vintage_id,
            now=started_at(),
            **body,
        ),
    )


@routes.post(
    "/vintages/<int:vintage_id>/settlement",
    "Solder un millésime",
    right=Right.SETTLE_CLOSING,
    body=ClosingSettlementRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Avoir à la valeur faciale quand l’émetteur paie les médiateurs ; dégagement du "
    "crédit quand c’est la collectivité.",
)
def settle_closing(body: Json, vintage_id: int) -> Json:
    """Settle a vintage."""
    return _done(
        vintage_id,
        lambda session: endings.settle_closing(
            session,
            actor=current_actor(),
            settlement_id=id_of_request(body),
            vintage_id=vintage_id,
            now=started_at(),
            **body,
        ),
    )


@routes.post(
    "/vintages/<int:vintage_id>/complements",
    "Arrêter un complément à l’état contradictoire",
    right=Right.SETTLE_CLOSING,
    body=ComplementRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Ce qui a expiré depuis l’arrêté : un encaissement annulé ou repris trop tard.",
)
def draw_complement(body: Json, vintage_id: int) -> Json:
    """Draw up what expired since the accounts were closed."""
    return _done(
        vintage_id,
        lambda session: complements.draw_complement(
            session,
            actor=current_actor(),
            complement_id=id_of_request(body),
            vintage_id=vintage_id,
            now=started_at(),
        ),
    )


@routes.post(
    "/complements/<uuid:complement_id>/settlement",
    "Solder un complément signé",
    right=Right.SIGN_CLOSING,
    body=ComplementSettlementRequestSchema,
    answer=ClosingSchema,
    refuses=(404,),
    description="Par une autre personne que celle qui l’a arrêté.",
)
def settle_complement(body: Json, complement_id: UUID) -> Json:
    """Settle what both parties have signed."""

    def work(session: Session) -> Json:
        complements.settle_complement(
            session,
            actor=current_actor(),
            complement_id=complement_id,
            now=started_at(),
            **body,
        )
        complement = complements.known_complement(session, complement_id)
        return closing_shown(session, complement.vintage_id, now=started_at())

    return in_transaction(work)
