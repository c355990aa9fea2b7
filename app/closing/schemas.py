"""What the API says of the end of vintages."""

from marshmallow import Schema, validate

from app.closing.rules import SettlementKind, Side, Step
from app.programmes.rules import Payer
from app.web.api import Body, Identified
from app.web.fields import Choice, Day, Instant, Many, Part, Text, Uuid, Whole

MOST_RANGES = 100


class ClosingStepSchema(Schema):
    """A step of the calendar: its day, and when it was done."""

    step = Choice(Step, required=True)
    due_on = Day(required=True)
    done_at = Instant(required=True, allow_none=True)
    voucher_count = Whole(0, required=True, allow_none=True)


class JointStatementSchema(Schema):
    """The closed accounts of a vintage."""

    number = Text(required=True, example="ECT-2026-0001")
    payer = Choice(Payer, required=True)
    face_value_cents = Whole(required=True)
    received_count = Whole(0, required=True)
    used_count = Whole(0, required=True)
    expired_count = Whole(0, required=True)
    void_count = Whole(0, required=True)
    free_count = Whole(0, required=True, about="Annulés, remplacés gratuitement.")
    unused_count = Whole(
        0,
        required=True,
        about="Jamais utilisés, et qui reviennent : payés à l’émetteur, ou crédit à dégager.",
    )
    inert_count = Whole(
        0,
        required=True,
        allow_none=True,
        about="Des expirés, jamais mis en service. null : état arrêté avant qu’ils soient comptés.",
    )
    unpaid_count = Whole(
        0,
        required=True,
        allow_none=True,
        about="Jamais mis en service ni payés à l’émetteur : l’avoir ne les compte pas.",
    )
    closed_on = Day(required=True)
    signed_by = Many(Choice(Side), required=True)


class ClosingSettlementSchema(Schema):
    """How a vintage was settled."""

    id = Uuid(required=True)
    number = Text(required=True, example="AV-2026-0001")
    kind = Choice(SettlementKind, required=True)
    reference = Text(required=True, allow_none=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)
    settled_on = Day(required=True)


class ComplementSchema(Schema):
    """What expired after the accounts were closed, and how it was settled."""

    id = Uuid(required=True)
    number = Text(required=True, example="ECT-2027-0002")
    voucher_count = Whole(1, required=True)
    amount_cents = Whole(0, required=True)
    drawn_on = Day(required=True)
    settlement_number = Text(required=True, allow_none=True, example="AV-2027-0002")
    settled_on = Day(required=True, allow_none=True)


class ClosingSchema(Schema):
    """The end of a vintage, as far as it has come."""

    vintage_id = Whole(required=True)
    label = Text(required=True)
    steps = Many(Part(ClosingStepSchema), required=True)
    held_count = Whole(0, required=True, allow_none=True, about="null : retenue non validée.")
    joint_statement = Part(JointStatementSchema, required=True, allow_none=True)
    settlement = Part(ClosingSettlementSchema, required=True, allow_none=True)
    late_count = Whole(
        0, required=True, about="Expirés après l’arrêté, et qu’aucun complément ne solde."
    )
    complements = Many(Part(ComplementSchema), required=True)


class HoldRequestSchema(Identified):
    """Nothing but the id of the request."""


class HeldBookletsSchema(Body):
    """Booklets by their numbers, both ends included."""

    first = Text(80, required=True, example="26A 00442")
    last = Text(80, required=True, example="26A 00445")


class ReleaseRequestSchema(Identified):
    """Held booklets to let go, and why."""

    booklets = Many(
        Part(HeldBookletsSchema),
        required=True,
        validate=validate.Length(1, MOST_RANGES, error=f"De 1 à {MOST_RANGES} suites."),
    )
    reason = Text(200, required=True, example="Rendez-vous déjà pris")


class SignatureRequestSchema(Identified):
    """Who signed the joint statement, and when."""

    side = Choice(Side, required=True)
    signed_on = Day(required=True)


class ClosingSettlementRequestSchema(Identified):
    """The number of the issuer's credit note, or of the release."""

    reference = Text(80, load_default=None)


class ComplementRequestSchema(Identified):
    """Nothing but the id of the request."""


class ComplementSettlementRequestSchema(Body):
    """When both parties signed, and the issuer's number of its credit note."""

    sponsor_signed_on = Day(required=True)
    issuer_signed_on = Day(required=True)
    reference = Text(80, load_default=None)
