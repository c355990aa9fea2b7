"""Clawbacks, debit notes and disputes as the API reads and writes them."""

from enum import StrEnum

from marshmallow import Schema

from app.clearing.disputes import Outcome
from app.clearing.schemas import SERIAL, code
from app.web.api import Body, Identified, Query, page_of
from app.web.fields import Choice, Day, Instant, Text, Uuid, Whole


class Form(StrEnum):
    """How a statement leaves."""

    PDF = "pdf"
    CSV = "csv"


class StatementFileQuery(Query):
    """Which file of a statement."""

    format = Choice(Form, load_default=Form.PDF, about="`pdf` ou `csv`.")


class ClawbackRequestSchema(Identified):
    """A redemption that was paid and should not have been."""

    redemption_id = Uuid(required=True)
    reason = Text(required=True, example="L’accompagnement n’a pas eu lieu")


class SetAsideClawbackRequestSchema(Body):
    """Why a pass stays paid after all."""

    reason = Text(required=True, example="L’accompagnement a bien eu lieu")


class ClawbackSchema(Schema):
    """A clawback, how it was decided, and what is owed back for it."""

    id = Uuid(required=True)
    redemption_id = Uuid(required=True)
    serial = Text(required=True, example=SERIAL)
    mediator_id = Uuid(required=True)
    reason = Text(required=True)
    state = Text(
        required=True,
        about="`waiting`, `set_aside`, `owed` (rien ne l’a compensé), `recovered`.",
        example="waiting",
    )
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    decided_by = Whole(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    set_aside_because = Text(required=True, allow_none=True)
    amount_cents = Whole(required=True, allow_none=True, about="Valeur faciale reprise.")
    fee_cents = Whole(0, required=True, allow_none=True)
    net_cents = Whole(0, required=True, allow_none=True, about="Ce que le médiateur doit rendre.")
    paid_on_statement_id = Uuid(required=True, allow_none=True)
    recovered_by_statement_id = Uuid(required=True, allow_none=True)
    debit_note_id = Uuid(required=True, allow_none=True)


class DebitNoteRequestSchema(Identified):
    """What a mediator owes back in a programme, asked for."""

    mediator_id = Uuid(required=True)
    programme_id = Uuid(required=True)


class DebitNoteSchema(Schema):
    """A debit note, and when it was paid."""

    id = Uuid(required=True)
    number = Text(required=True, example="TR-2026-0001")
    mediator_id = Uuid(required=True)
    programme_id = Uuid(required=True)
    amount_cents = Whole(required=True)
    issued_by = Whole(required=True, about="Numéro de l’agent.")
    issued_on = Day(required=True)
    collected_on = Day(required=True, allow_none=True)
    recorded_by = Whole(required=True, allow_none=True)


class CollectionRequestSchema(Identified):
    """The mediator paid a debit note."""

    collected_on = Day(required=True)


class CollectionSchema(Schema):
    """A debit note was paid."""

    id = Uuid(required=True)
    debit_note_id = Uuid(required=True)
    collected_on = Day(required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


class DisputeRequestSchema(Identified):
    """A pass that was refused as taken elsewhere, claimed."""

    attempt_id = Uuid(required=True, about="L’identifiant de l’encaissement qui a été refusé.")
    code = code()
    redeemed_at = Instant(required=True, about="Instant de l’accompagnement.")
    story = Text(1000, required=True, example="La personne a remis ce pass à notre atelier")


class DecideDisputeRequestSchema(Body):
    """Who keeps the pass, and why."""

    outcome = Choice(Outcome, required=True, about="`kept` : au premier ; `awarded` : à l’autre.")
    reason = Text(1000, required=True, example="D’après la feuille d’émargement")


class DisputeSchema(Schema):
    """Two mediators claim one pass."""

    id = Uuid(required=True)
    attempt_id = Uuid(required=True)
    serial = Text(required=True, example=SERIAL)
    claimant_id = Uuid(required=True)
    redemption_id = Uuid(
        required=True, allow_none=True, about="Le premier encaissement ; caché au plaignant."
    )
    redeemed_at = Instant(required=True, about="Instant de l’accompagnement, selon qui réclame.")
    story = Text(1000, required=True)
    opened_by = Whole(required=True, about="Numéro de l’agent.")
    opened_at = Instant(required=True)
    outcome = Text(required=True, allow_none=True)
    reason = Text(1000, required=True, allow_none=True)
    awarded_redemption_id = Uuid(required=True, allow_none=True)
    decided_by = Whole(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


ClawbackPageSchema = page_of(ClawbackSchema)
DebitNotePageSchema = page_of(DebitNoteSchema)
DisputePageSchema = page_of(DisputeSchema)
