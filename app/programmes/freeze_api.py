"""Freezing a programme and lifting its freeze, through the API."""

from uuid import UUID

from app.identity.rules import Right
from app.programmes import freezes
from app.programmes.schemas import FreezeLiftSchema, FreezeRequestSchema, FreezeSchema
from app.web.api import Json, Routes, id_of_request, shown
from app.web.auth import current_actor, started_at
from app.web.transaction import in_transaction

routes = Routes("freezes", "Le gel d’un dispositif dont l’émetteur défaille.")
bp = routes.blueprint


@routes.post(
    "/programmes/<uuid:programme_id>/freezes",
    "Geler un dispositif",
    right=Right.MANAGE_PROGRAMME,
    body=FreezeRequestSchema,
    answer=FreezeSchema,
    description="Ni commande, ni livraison, ni dotation jusqu’à la levée ; les pass remis servent "
    "encore, et les médiateurs sont payés.",
)
def freeze_programme(body: Json, programme_id: UUID) -> Json:
    """Stop what commits further."""
    return in_transaction(
        lambda session: shown(
            freezes.freeze_programme(
                session,
                actor=current_actor(),
                freeze_id=id_of_request(body),
                programme_id=programme_id,
                now=started_at(),
                **body,
            )
        )
    )


@routes.post(
    "/programmes/<uuid:programme_id>/freeze-lifts",
    "Lever le gel d’un dispositif",
    right=Right.MANAGE_PROGRAMME,
    body=FreezeRequestSchema,
    answer=FreezeLiftSchema,
)
def lift_freeze(body: Json, programme_id: UUID) -> Json:
    """Let it go on."""
    return in_transaction(
        lambda session: shown(
            freezes.lift_freeze(
                session,
                actor=current_actor(),
                lift_id=id_of_request(body),
                programme_id=programme_id,
                now=started_at(),
                **body,
            )
        )
    )
