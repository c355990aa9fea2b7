"""Redemptions, statements and payments as the API reads and writes them."""

from marshmallow import Schema, fields

from app.clearing.redemptions import LARGEST_BATCH
from app.clearing.rules import HoldReason, StatementState
from app.clearing.statements import MOST_RANGES
from app.kernel.ids import LARGEST_INTEGER
from app.web.api import Body, Identified, UuidPageQuery, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole

CODE = "7K2M 9QXR 4TWB 3HCP"
SERIAL = "26A 00442 07 91"


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
        load_default=None,
        about="Instant de l’accompagnement, à l’heure de l’appareil ; sinon maintenant.",
    )


def paid_session() -> Uuid:
    """The support session that passes pay for."""
    return Uuid(
        load_default=None,
        about="L’accompagnement que paient les pass, noté avant (/sessions), du même jour.",
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
    last_redemption_on = Day(required=True, about="Dernier jour où un accompagnement compte.")


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


def held_because() -> Many:
    """What holds a draft."""
    return Many(
        Choice(HoldReason),
        required=True,
        about="Ce qui retient le projet ; un bordereau retenu n’en retient aucun autre.",
    )


class StatementSchema(Schema):
    """What a mediator is owed, and how far it has come."""

    id = Uuid(required=True)
    run_id = Uuid(required=True)
    programme_id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    state = Choice(StatementState, required=True)
    number = Text(required=True, allow_none=True, example="BR-2026-0001")
    version = Whole(required=True, about="Chaque retrait de pass fait une nouvelle version.")
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True, about="Valeur faciale des pass.")
    fee_basis_points = Whole(0, required=True, about="Frais, en points de base : 400 font 4 %.")
    fee_cents = Whole(0, required=True, about="Arrondis une fois, au demi-centime supérieur.")
    net_cents = Whole(0, required=True, about="Valeur faciale moins frais.")
    recovered_cents = Whole(
        0,
        required=True,
        about="Ce qui compense des pass payés puis repris ; d’un projet, ce qui le serait.",
    )
    payable_cents = Whole(0, required=True, about="Net à payer, une fois les reprises ôtées.")
    certification_required = Flag(required=True)
    held_because = held_because()
    lines = Many(Part(StatementLineSchema), required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    due_on = Day(required=True, allow_none=True, about="À payer au plus tard ce jour.")
    payee_name = Text(required=True, allow_none=True)
    payee_iban = Text(required=True, allow_none=True, about="Masqué.")
    payment_order_id = Uuid(required=True, allow_none=True, about="La dernière demande.")


class StatementPageQuery(UuidPageQuery):
    """Which statements of a list."""

    state = Choice(StatementState, load_default=None)
    mediator_id = Uuid(load_default=None)
    programme_id = Uuid(load_default=None)


def version() -> Whole:
    """The version of a statement that was read."""
    return Whole(
        1,
        2**31 - 1,
        required=True,
        about="La version que vous avez lue : un bordereau qui a changé depuis est refusé.",
        example=1,
    )


class ApproveStatementRequestSchema(Body):
    """The approval of a statement at the version and total that were read."""

    version = version()
    net_cents = Whole(
        0,
        LARGEST_INTEGER,
        required=True,
        about="Le net à payer que vous avez lu (`payable_cents`).",
        example=12_000,
    )


class PassRangeSchema(Body):
    """Passes with consecutive serial numbers, both ends included."""

    first = Text(60, required=True, example=SERIAL)
    last = Text(60, required=True, example=SERIAL)


class WithdrawalRequestSchema(Identified):
    """Passes to take off a draft."""

    version = version()
    passes = Many(Part(PassRangeSchema), MOST_RANGES, shortest=1, required=True)
    reason = Text(required=True, example="Accompagnement saisi deux fois")


class WithdrawalSchema(Schema):
    """Passes were taken off a draft: they wait for the next run."""

    id = Uuid(required=True)
    statement_id = Uuid(required=True)
    reason = Text(required=True)
    voucher_count = Whole(required=True)
    withdrawn_by = Whole(required=True, about="Numéro de l’agent.")
    withdrawn_at = Instant(required=True)


class CertificationRequestSchema(Identified):
    """The mediator certifies that the support of a version was given."""

    version = version()


class CertificationSchema(Schema):
    """The mediator certified a version: the support was given."""

    id = Uuid(required=True)
    statement_id = Uuid(required=True)
    version = Whole(required=True)
    certified_by = Whole(required=True, about="Numéro de l’agent.")
    certified_at = Instant(required=True)


class ClearingPreviewRequestSchema(Body):
    """A run to look at before it is made."""

    programme_id = Uuid(required=True)
    cut_off_on = Day(required=True, about="Les encaissements enregistrés avant ce jour à 0 h.")


class ExpectedStatementSchema(Schema):
    """The draft that a run would make for one mediator."""

    mediator_id = Uuid(required=True)
    mediator_name = Text(required=True)
    voucher_count = Whole(required=True)
    amount_cents = Whole(required=True)
    fee_cents = Whole(0, required=True)
    net_cents = Whole(0, required=True)
    recovered_cents = Whole(0, required=True, about="Repris sur ce qui a été payé à tort.")
    payable_cents = Whole(0, required=True, about="Net à payer, une fois les reprises ôtées.")
    held_because = held_because()
    untold_count = Whole(
        0,
        required=True,
        about="Pass laissés de côté : le dispositif demande leur accompagnement, jamais noté.",
    )


class ClearingPreviewSchema(Schema):
    """What a run would take; nothing was written."""

    statements = Many(Part(ExpectedStatementSchema), required=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)
    fee_cents = Whole(0, required=True)
    net_cents = Whole(0, required=True)
    recovered_cents = Whole(0, required=True)
    payable_cents = Whole(0, required=True)


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
    mandate_number = Text(
        50,
        required=True,
        example="2026-2044",
        about="Le numéro du mandat ; quand l’émetteur paie, la référence qu’il rappellera.",
    )
    bordereau_number = Text(
        50,
        required=True,
        example="118",
        about="Celui du bordereau de mandats ; quand l’émetteur paie, celui de l’envoi.",
    )
    issued_on = Day(required=True, about="Ni avant l’approbation, ni avant le dernier rejet.")
    same_account_reason = Text(
        load_default=None,
        about="Après un rejet, pourquoi le même compte convient maintenant ; sans cela, payer de "
        "nouveau le compte que la banque a refusé est refusé.",
    )


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
    same_account_reason = Text(required=True, allow_none=True)
    ordinal = Whole(required=True, about="1, puis un de plus après chaque rejet.")
    paid_on = Day(required=True, allow_none=True)
    recorded_by = Whole(required=True, allow_none=True)
    rejected_on = Day(required=True, allow_none=True)
    rejection_reason = Text(required=True, allow_none=True)


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


class RejectionRequestSchema(Identified):
    """A payment that came back, or an order that the accountant sent back."""

    rejected_on = Day(required=True)
    reason = Text(required=True, example="Compte clos")


class RejectionSchema(Schema):
    """The order is spent: another may be made for the same statement."""

    id = Uuid(required=True)
    payment_order_id = Uuid(required=True)
    statement_id = Uuid(required=True)
    payment_id = Uuid(required=True, allow_none=True, about="Le paiement qui est revenu.")
    rejected_on = Day(required=True)
    reason = Text(required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


RedemptionPageSchema = page_of(RedemptionSchema)
ClearingRunPageSchema = page_of(ClearingRunSchema)
StatementPageSchema = page_of(StatementSchema)
PaymentOrderPageSchema = page_of(PaymentOrderSchema)
