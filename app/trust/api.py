"""Checkpoints for everybody who signs in; the proof of a movement for those whom it concerns."""

from functools import partial

from app.identity.rules import Right
from app.kernel.ids import LARGEST_INTEGER
from app.trust import proofs, queries
from app.trust.schemas import (
    CheckpointPageSchema,
    CheckpointSchema,
    ConsistencyQuery,
    ConsistencySchema,
    ProofQuery,
    ProofSchema,
)
from app.trust.views import (
    checkpoint_shown,
    checkpoints_shown,
    consistency_shown,
    inclusion_shown,
)
from app.web.api import Json, NumberPageQuery, Routes, page
from app.web.auth import current_actor
from app.web.transaction import in_transaction

routes = Routes("trust", "Les sceaux du registre : points de contrôle et preuves.")
bp = routes.blueprint


@routes.get(
    "/ledger/checkpoints",
    "Lister les points de contrôle",
    right=Right.SEE_PROGRAMME,
    query=NumberPageQuery,
    answer=CheckpointPageSchema,
    description="Du premier au dernier. Ils sont publics : sans compte, voyez /confiance.",
)
def list_checkpoints(query: Json) -> Json:
    """Every checkpoint, in order."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.blocks_after, session, query["after"]),
            checkpoints_shown,
            key=lambda block: block.number,
        )
    )


@routes.get(
    "/ledger/checkpoints/latest",
    "Lire le dernier point de contrôle",
    right=Right.SEE_PROGRAMME,
    answer=CheckpointSchema,
    refuses=(404,),
)
def read_latest_checkpoint() -> Json:
    """What the ledger is at this moment, but for the last seconds."""
    return in_transaction(lambda session: checkpoint_shown(proofs.latest(session)))


@routes.get(
    "/ledger/consistency",
    "Prouver qu’un point de contrôle prolonge un autre",
    right=Right.SEE_PROGRAMME,
    query=ConsistencyQuery,
    answer=ConsistencySchema,
    refuses=(404, 422),
)
def prove_consistency(query: Json) -> Json:
    """That nothing of the smaller checkpoint was rewritten in the larger one."""
    return in_transaction(
        lambda session: consistency_shown(
            proofs.consistency_proof(session, earlier=query["earlier"], later=query["later"])
        )
    )


@routes.get(
    f"/ledger/proofs/<int(min=1, max={LARGEST_INTEGER}):movement_id>",
    "Prouver qu’un mouvement est scellé",
    right=Right.SEE_VOUCHERS,
    query=ProofQuery,
    answer=ProofSchema,
    refuses=(404,),
    description="Un mouvement de votre structure ; la coordination, les finances, le comptable et "
    "le contrôle les voient tous. Qui tient un reçu l’obtient sans compte, depuis /recu.",
)
def prove_movement(query: Json, movement_id: int) -> Json:
    """That a movement is at its place under a signed checkpoint."""
    return in_transaction(
        lambda session: inclusion_shown(
            proofs.proof_for(
                session, actor=current_actor(), movement_id=movement_id, size=query["size"]
            )
        )
    )
