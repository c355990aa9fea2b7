"""Papers of statements, corrections of what was paid, and disputes."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clearing import clawbacks, correction_queries, debit_notes, disputes, files
from app.clearing.api import signer_of
from app.clearing.correction_models import DebitNoteCollection
from app.clearing.correction_queries import Disputed
from app.clearing.correction_schemas import (
    ClawbackPageSchema,
    ClawbackRequestSchema,
    ClawbackSchema,
    CollectionRequestSchema,
    CollectionSchema,
    DebitNotePageSchema,
    DebitNoteRequestSchema,
    DebitNoteSchema,
    DecideDisputeRequestSchema,
    DisputePageSchema,
    DisputeRequestSchema,
    DisputeSchema,
    SetAsideClawbackRequestSchema,
    StatementFileQuery,
)
from app.clearing.correction_views import clawbacks_shown, debit_notes_shown, disputes_shown
from app.identity.rules import Right
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.downloads import CSV, PDF
from app.web.transaction import current_settings, in_transaction

routes = Routes("corrections", "Papiers des bordereaux, reprises, titres et litiges.")
bp = routes.blueprint


# ── Papers ────────────────────────────────────────────────────────────────────────────────────────


@routes.file(
    "/statements/<uuid:statement_id>/document",
    "Imprimer un bordereau",
    right=Right.SEE_STATEMENTS,
    query=StatementFileQuery,
    formats=files.STATEMENT,
    refuses=(404, 409),
    description="L’état liquidatif en PDF, ou ses lignes en CSV (`;`, UTF-8) : une fois approuvé, "
    "toujours le même fichier.",
)
def print_statement(query: Json, statement_id: UUID) -> Response:
    """A statement as a file."""
    return files.statement_file(statement_id, str(query["format"]))


@routes.file(
    "/payment-orders/file",
    "Fichier de paiement",
    right=Right.ORDER_PAYMENT,
    formats={"csv": CSV},
    description="Une ligne par bordereau que la collectivité doit mandater, avec l’IBAN en clair : "
    "voir docs/payment-file.md. Ce que l’émetteur paie n’y est jamais.",
)
def read_payment_file() -> Response:
    """What is to be paid, for the finance software."""
    return files.payments_to_order()


# ── Clawbacks ─────────────────────────────────────────────────────────────────────────────────────


def clawback_told(session: Session, clawback_id: UUID) -> Json:
    """One clawback, for those whose business it is."""
    clawbacks.known_clawback(session, actor=current_actor(), clawback_id=clawback_id)
    [told] = clawbacks_shown(
        session, correction_queries.corrections_after(session, None, limit=1, ids=[clawback_id])
    )
    return told


@routes.post(
    "/clawbacks",
    "Préparer la reprise d’un pass payé",
    right=Right.PREPARE_CLAWBACK,
    body=ClawbackRequestSchema,
    answer=ClawbackSchema,
    refuses=(404,),
    description="Une autre personne l’approuve. Un pass qui n’est pas payé s’annule, ou se retire "
    "de son projet de bordereau.",
)
def prepare_clawback(body: Json) -> Json:
    """Say that a pass that was paid should not have been."""

    def work(session: Session) -> Json:
        made = clawbacks.prepare_clawback(
            session,
            actor=current_actor(),
            clawback_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return clawback_told(session, made.id)

    return in_transaction(work)


@routes.get(
    "/clawbacks",
    "Lister les reprises",
    right=Right.SEE_STATEMENTS,
    query=UuidPageQuery,
    answer=ClawbackPageSchema,
    description="Un médiateur ne lit que les siennes, une fois approuvées.",
)
def list_clawbacks(query: Json) -> Json:
    """Clawbacks in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                correction_queries.corrections_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(clawbacks_shown, session),
        )
    )


@routes.get(
    "/clawbacks/<uuid:clawback_id>",
    "Lire une reprise",
    right=Right.SEE_STATEMENTS,
    answer=ClawbackSchema,
)
def read_clawback(clawback_id: UUID) -> Json:
    """One clawback, and what has become of it."""
    return in_transaction(lambda session: clawback_told(session, clawback_id))


@routes.post(
    "/clawbacks/<uuid:clawback_id>/approve",
    "Approuver une reprise",
    right=Right.APPROVE_CLAWBACK,
    answer=ClawbackSchema,
    status=200,
    refuses=(409, 422),
    description="La personne retrouve son pass, s’il peut encore servir ; le médiateur doit sa "
    "valeur, que son prochain bordereau compense.",
)
def approve_clawback(clawback_id: UUID) -> Json:
    """Take the pass back."""

    def work(session: Session) -> Json:
        clawbacks.approve_clawback(
            session, actor=current_actor(), clawback_id=clawback_id, now=started_at()
        )
        return clawback_told(session, clawback_id)

    return in_transaction(work)


@routes.post(
    "/clawbacks/<uuid:clawback_id>/set-aside",
    "Écarter une reprise",
    right=Right.PREPARE_CLAWBACK,
    body=SetAsideClawbackRequestSchema,
    answer=ClawbackSchema,
    status=200,
    refuses=(409,),
)
def set_aside_clawback(body: Json, clawback_id: UUID) -> Json:
    """Leave a pass paid after all."""

    def work(session: Session) -> Json:
        clawbacks.set_aside_clawback(
            session, actor=current_actor(), clawback_id=clawback_id, now=started_at(), **body
        )
        return clawback_told(session, clawback_id)

    return in_transaction(work)


# ── Debit notes ───────────────────────────────────────────────────────────────────────────────────


@routes.post(
    "/debit-notes",
    "Émettre un titre de recette",
    right=Right.ISSUE_DEBIT_NOTE,
    body=DebitNoteRequestSchema,
    answer=DebitNoteSchema,
    refuses=(404,),
    description="Réclame à un médiateur ce qu’il doit rendre, une fois le délai des réglages passé "
    "et quand aucun bordereau ne le compenserait.",
)
def issue_debit_note(body: Json) -> Json:
    """Ask a mediator for what it owes back."""

    def work(session: Session) -> list[Json]:
        note = debit_notes.issue_debit_note(
            session,
            actor=current_actor(),
            debit_note_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return debit_notes_shown(session, [note])

    return in_transaction(work)[0]


@routes.get(
    "/debit-notes",
    "Lister les titres de recette",
    right=Right.SEE_STATEMENTS,
    query=UuidPageQuery,
    answer=DebitNotePageSchema,
)
def list_debit_notes(query: Json) -> Json:
    """Debit notes in the order of their ids; a mediator's own."""
    return in_transaction(
        lambda session: page(
            query,
            partial(
                correction_queries.debit_notes_after,
                session,
                query["after"],
                mediator_id=current_actor().scope,
            ),
            partial(debit_notes_shown, session),
        )
    )


@routes.get(
    "/debit-notes/<uuid:debit_note_id>",
    "Lire un titre de recette",
    right=Right.SEE_STATEMENTS,
    answer=DebitNoteSchema,
)
def read_debit_note(debit_note_id: UUID) -> Json:
    """One debit note, and whether it is paid."""

    def work(session: Session) -> list[Json]:
        note = debit_notes.known_debit_note(
            session, actor=current_actor(), debit_note_id=debit_note_id
        )
        return debit_notes_shown(session, [note])

    return in_transaction(work)[0]


@routes.file(
    "/debit-notes/<uuid:debit_note_id>/document",
    "Imprimer un titre de recette",
    right=Right.SEE_STATEMENTS,
    formats={"pdf": PDF},
)
def print_debit_note(debit_note_id: UUID) -> Response:
    """A debit note on paper."""
    return files.debit_note_file(debit_note_id)


@routes.post(
    "/debit-notes/<uuid:debit_note_id>/collection",
    "Enregistrer l’encaissement d’un titre",
    right=Right.RECORD_PAYMENT,
    body=CollectionRequestSchema,
    answer=CollectionSchema,
)
def collect_debit_note(body: Json, debit_note_id: UUID) -> DebitNoteCollection:
    """The mediator paid it."""
    return in_transaction(
        lambda session: debit_notes.collect_debit_note(
            session,
            actor=current_actor(),
            collection_id=id_of_request(body),
            debit_note_id=debit_note_id,
            now=started_at(),
            **body,
        )
    )


# ── Disputes ──────────────────────────────────────────────────────────────────────────────────────


def dispute_told(session: Session, dispute_id: UUID) -> Json:
    """One dispute, for those whose business it is."""
    actor = current_actor()
    found = disputes.known_dispute(session, actor=actor, dispute_id=dispute_id)
    decision = correction_queries.dispute_decision_of(session, dispute_id)
    [told] = disputes_shown(session, [Disputed(found, decision)], actor=actor)
    return told


@routes.post(
    "/disputes",
    "Signaler un pass encaissé ailleurs",
    right=Right.OPEN_DISPUTE,
    body=DisputeRequestSchema,
    answer=DisputeSchema,
    description="Depuis un encaissement refusé (`voucher_already_redeemed`), avec le code du pass.",
)
def open_dispute(body: Json) -> Json:
    """Claim a pass that was taken elsewhere."""

    def work(session: Session) -> Json:
        made = disputes.open_dispute(
            session,
            actor=current_actor(),
            dispute_id=id_of_request(body),
            now=started_at(),
            **body,
        )
        return dispute_told(session, made.id)

    return in_transaction(work)


@routes.get(
    "/disputes",
    "Lister les litiges",
    right=Right.SEE_REDEMPTIONS,
    query=UuidPageQuery,
    answer=DisputePageSchema,
    description="Un médiateur lit ceux qu’il a ouverts.",
)
def list_disputes(query: Json) -> Json:
    """Disputes in the order of their ids."""
    actor = current_actor()
    return in_transaction(
        lambda session: page(
            query,
            partial(
                correction_queries.disputes_after,
                session,
                query["after"],
                claimant_id=actor.scope,
            ),
            partial(disputes_shown, session, actor=actor),
        )
    )


@routes.get(
    "/disputes/<uuid:dispute_id>",
    "Lire un litige",
    right=Right.SEE_REDEMPTIONS,
    answer=DisputeSchema,
)
def read_dispute(dispute_id: UUID) -> Json:
    """One dispute, and how it was decided."""
    return in_transaction(lambda session: dispute_told(session, dispute_id))


@routes.post(
    "/disputes/<uuid:dispute_id>/decide",
    "Trancher un litige",
    right=Right.DECIDE_DISPUTE,
    body=DecideDisputeRequestSchema,
    answer=DisputeSchema,
    status=200,
    refuses=(404, 409),
    description="Une fois, avec la raison. Attribué à l’autre, le pass est repris au premier puis "
    "encaissé par le second : jamais payé deux fois.",
)
def decide_dispute(body: Json, dispute_id: UUID) -> Json:
    """Keep the pass where it is, or award it to who claims it."""

    def work(session: Session) -> Json:
        disputes.decide_dispute(
            session,
            actor=current_actor(),
            dispute_id=dispute_id,
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
            **body,
        )
        return dispute_told(session, dispute_id)

    return in_transaction(work)
