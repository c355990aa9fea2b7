"""Redemptions, statements and payments as the API reads and writes them."""

from enum import StrEnum

from marshmallow import Schema, fields

from app.clearing.redemptions import LARGEST_BATCH
from app.kernel.ids import LARGEST_INTEGER
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole

CODE = "7K2M 9QXR 4TWB 3HCP"
SERIAL = "26A 00442 07 91"


class StatementState(StrEnum):
    """How far a statement has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    ORDERED = "ordered"
    PAID = "paid"


def code() -> Text:
    """A redemption code, as scanned or typed."""
    return Text(
        60,
        required=True,
        about="Les 16 caractères du code, avec ou sans espaces ; O se lit 0, I et L se lisent 1.",
        example=CODE,
    )


def session_instant() -> Instant:
    """When the support session was."""
    return Instant(
        load_default=None, about="Instant de la séance, à l’heure de l’appareil ; sinon maintenant."
    )


def paid_session() -> Uuid:
    """The support session that passes pay for."""
    return Uuid(
        load_default=None,
        about="La séance que paient les pass, notée avant (/sessions), du même jour.",
    )


class RedemptionRequestSchema(Identified):
    """A pass that a mediator takes."""

    code = code()
    redeemed_at = session_instant()
    session_id = paid_session()


class ScanSchema(Body):
    """One pass of a batch."""

    id = Uuid(required=True, about="UUID fait par l’appareil au moment de la lecture, et gardé.")
    code = code()
    redeemed_at = session_instant()


class BatchRequestSchema(Body):
    """Passes that a mediator takes, in the order in which they were read."""

    redemptions = Many(Part(ScanSchema), LARGEST_BATCH, shortest=1, required=True)
    session_id = paid_session()


class RedemptionSchema(Schema):
    """A pass that was taken, and the receipt that proves it."""

    id = Uuid(required=True)
    serial = Text(required=True, example=SERIAL)
    mediator_id = Uuid(required=True)
    vintage_id = Whole(required=True)
    amount_cents = Whole(required=True, example=1000)
    redeemed_at = Instant(required=True)
    redeemed_on = Day(required=True)
    redeemed_by = Whole(required=True, about="Numéro de l’agent.")
    movement_id = Whole(required=True, about="La ligne du registre.")
    receipt = Text(
        4000,
        required=True,
        about="Reçu signé (JWS, Ed25519) ; la clé publique est à /.well-known/jwks.json.",
    )
    undone = Flag(required=True, about="L’encaissement a été annulé depuis.")


class VerdictSchema(Schema):
    """The answer to one pass of a batch: a redemption, or a refusal."""

    id = Uuid(required=True)
    verdict = Text(required=True, about="`accepted`, ou le code du refus.", example="accepted")
    detail = Text(1000, required=True, allow_none=True, about="Le refus, en une phrase.")
    details = fields.Raw(
        required=True,
        metadata={"type": ["object", "null"], "description": "Ce que le refus précise."},
    )
    redemption = Part(RedemptionSchema, required=True, allow_none=True)


class BatchSchema(Schema):
    """A verdict for each pass, in the order sent."""

    verdicts = Many(Part(VerdictSchema), required=True)


class LookupRequestSchema(Body):
    """A code to look up; it travels in a body, never in an address."""

    code = code()


class CheckSchema(Schema):
    """Whether a pass would be taken now; nothing of any person."""

    serial = Text(required=True, example=SERIAL)
    redeemable = Flag(required=True)
    verdict = Text(required=True, about="`redeemable`, ou le code du refus.", example="redeemable")
    detail = Text(1000, required=True, allow_none=True, about="Le refus, en une phrase.")
    details = fields.Raw(
        required=True,
        metadata={"type": ["object", "null"], "description": "Ce que le refus précise."},
    )
    face_value_cents = Whole(required=True, example=1000)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    last_redemption_on = Day(required=True, about="Dernier jour où une séance compte.")


class ReversalRequestSchema(Identified):
    """A redemption to undo."""

    reason = Text(required=True, example="Pass pris deux fois par erreur")


class ReversalSchema(Schema):
    """A redemption was undone: the person has the pass back."""

    id = Uuid(required=True)
    redemption_id = Uuid(required=True)
    reason = Text(required=True)
    reversed_by = Whole(required=True, about="Numéro de l’agent.")
    reversed_at = Instant(required=True)


class ClearingRunRequestSchema(Identified):
    """A run to make: what was recorded before the first instant of that day is taken."""

    programme_id = Uuid(required=True)
    cut_off_on = Day(required=True, about="Les encaissements enregistrés avant ce jour à 0 h.")


class StatementLineSchema(Schema):
    """The passes of one vintage on a statement."""

    vintage_id = Whole(required=True)
    face_value_cents = Whole(required=True)
    voucher_count = Whole(required=True)
    amount_cents = Whole(required=True)


class StatementSchema(Schema):
    """What a mediator is owed, and how far it has come."""

    id = Uuid(required=True)
    run_id = Uuid(required=True)
    programme_id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    state = Choice(StatementState, required=True)
    number = Text(required=True, allow_none=True, example="BR-2026-0001")
    voucher_count = Whole(required=True)
    amount_cents = Whole(required=True)
    lines = Many(Part(StatementLineSchema), required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    payee_name = Text(required=True, allow_none=True)
    payee_iban = Text(required=True, allow_none=True, about="Masqué.")
    payment_order_id = Uuid(required=True, allow_none=True)


class ApproveStatementRequestSchema(Body):
    """The approval of a statement at the total that was read."""

    amount_cents = Whole(
        0,
        LARGEST_INTEGER,
        required=True,
        about="Le total que vous avez lu : un bordereau qui a changé n’est pas approuvé.",
        example=12_000,
    )


class ClearingRunSchema(Schema):
    """A run and what it gathered, as far as it is the agent's business."""

    id = Uuid(required=True)
    programme_id = Uuid(required=True)
    cut_off_on = Day(required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    statement_count = Whole(0, required=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)


class WholeClearingRunSchema(ClearingRunSchema):
    """A run with its statements."""

    statements = Many(Part(StatementSchema), required=True)


class PaymentOrderRequestSchema(Identified):
    """An order to pay an approved statement."""

    statement_id = Uuid(required=True)
    mandate_number = Text(50, required=True, example="2026-2044")
    bordereau_number = Text(50, required=True, example="118")
    issued_on = Day(required=True)


class PaymentOrderSchema(Schema):
    """The accountant is ordered to pay; who did each step is told."""

    id = Uuid(required=True)
    statement_id = Uuid(required=True)
    amount_cents = Whole(required=True)
    mandate_number = Text(50, required=True)
    bordereau_number = Text(50, required=True)
    issued_on = Day(required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    approved_by = Whole(required=True)
    ordered_by = Whole(required=True)
    ordered_at = Instant(required=True)
    payee_name = Text(required=True)
    payee_iban = Text(required=True, about="Masqué.")
    paid_on = Day(required=True, allow_none=True)
    recorded_by = Whole(required=True, allow_none=True)


class PaymentRequestSchema(Identified):
    """A payment that the accountant made."""

    paid_on = Day(required=True)


class PaymentSchema(Schema):
    """The accountant paid: the passes of the statement are settled."""

    id = Uuid(required=True)
    payment_order_id = Uuid(required=True)
    statement_id = Uuid(required=True)
    paid_on = Day(required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


RedemptionPageSchema = page_of(RedemptionSchema)
ClearingRunPageSchema = page_of(ClearingRunSchema)
StatementPageSchema = page_of(StatementSchema)
PaymentOrderPageSchema = page_of(PaymentOrderSchema)
