"""What the API says of oppositions, replacements and destructions."""

from marshmallow import Schema, validate

from app.losses.rules import (
    BlockCause,
    Declarant,
    ReplacementCause,
    Source,
    WriteOffKind,
)
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole

MOST_LINES = 1000
LONGEST_NUMBER = 80
SERIAL = "26A 00442 07 91"


class NamedSchema(Body):
    """Passes by their numbers, both ends included."""

    first = Text(
        LONGEST_NUMBER,
        required=True,
        about="Un pass, un carnet, ou le code d’un pass ou d’une couverture.",
        example=SERIAL,
    )
    last = Text(LONGEST_NUMBER, load_default=None, about="Le dernier d’une suite.", example=SERIAL)


SOME = validate.Length(0, MOST_LINES, error=f"{MOST_LINES} lignes au plus.")


class BlockRequestSchema(Identified):
    """A declaration of loss."""

    passes = Many(Part(NamedSchema), required=True, validate=SOME)
    declarant = Choice(Declarant, required=True, about="Une qualité, jamais un nom.")
    cause = Choice(BlockCause, required=True)
    happened_on = Day(required=True)
    complaint = Text(80, load_default=None, about="Référence de la plainte.", example="PV 2026/1")


class LiftRequestSchema(Identified):
    """Why an opposition is lifted, and for which passes; all of them without a list."""

    reason = Text(200, required=True, example="Retrouvé")
    passes = Many(Part(NamedSchema), load_default=list, validate=SOME)


class BlockedSchema(Schema):
    """Neighbouring passes that an opposition blocked, and where they were."""

    first = Text(required=True)
    last = Text(required=True)
    voucher_count = Whole(0, required=True)
    still_blocked_count = Whole(0, required=True)
    from_ = Text(required=True, data_key="from")
    holder_name = Text(required=True)


class TooLateSchema(Schema):
    """A pass that could not be blocked any more, and where it was."""

    serial = Text(required=True, example=SERIAL)
    found = Text(required=True, example="redeemed")


class BlockSchema(Schema):
    """An opposition."""

    id = Uuid(required=True)
    number = Text(required=True, example="OPP-2026-0001")
    organisation_id = Uuid(required=True)
    organisation_name = Text(required=True)
    declarant = Choice(Declarant, required=True)
    cause = Choice(BlockCause, required=True)
    happened_on = Day(required=True)
    complaint = Text(required=True, allow_none=True)
    declared_at = Instant(required=True)
    blocked_count = Whole(0, required=True)
    still_blocked_count = Whole(0, required=True)
    blocked = Many(Part(BlockedSchema), required=True)
    too_late = Many(Part(TooLateSchema), required=True)


BlockPageSchema = page_of(BlockSchema)


class ReplacementRequestSchema(Identified):
    """Passes to void and replace."""

    passes = Many(Part(NamedSchema), required=True, validate=SOME)
    cause = Choice(
        ReplacementCause,
        required=True,
        validate=validate.NoneOf(
            [ReplacementCause.COMPROMISED],
            error="Un millésime entier se retire par la commande passnum vintage compromised.",
        ),
    )
    free_of_charge = Flag(load_default=False, about="Remplacé gratuitement par l’émetteur.")
    taken = Many(
        Part(NamedSchema),
        load_default=list,
        validate=SOME,
        about="Carnets en main, d’où viennent les nouveaux pass ; sans eux, le registre choisit.",
    )


class SwapSchema(Schema):
    """A void pass and the one that stands for it."""

    old = Text(required=True, example=SERIAL)
    new = Text(required=True, example=SERIAL)


class ReplacementSchema(Schema):
    """A replacement."""

    id = Uuid(required=True)
    number = Text(required=True, example="RPL-2026-0001")
    prescriber_id = Uuid(required=True)
    prescriber_name = Text(required=True)
    source = Choice(Source, required=True)
    cause = Choice(ReplacementCause, required=True)
    free_of_charge = Flag(required=True)
    replaced_at = Instant(required=True)
    voucher_count = Whole(0, required=True)
    passes = Many(Part(SwapSchema), required=True)


ReplacementPageSchema = page_of(ReplacementSchema)


class WriteOffRequestSchema(Identified):
    """What is to be destroyed."""

    passes = Many(Part(NamedSchema), required=True, validate=SOME)
    reason = Text(200, required=True, example="Carton pris par l’eau")
    print_batch_id = Uuid(
        load_default=None, about="L’impression qui remplace des feuilles mal imprimées."
    )


class WriteOffApprovalRequestSchema(Body):
    """What the second person counted."""

    voucher_count = Whole(1, required=True)


class WriteOffAbandonmentRequestSchema(Identified):
    """Why a destruction is given up."""

    reason = Text(200, required=True, example="Un pass de trop")


class DestroyedSchema(Schema):
    """Neighbouring passes of one holder."""

    first = Text(required=True)
    last = Text(required=True)
    holder_name = Text(required=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)


class WriteOffSchema(Schema):
    """A destruction."""

    id = Uuid(required=True)
    number = Text(required=True, example="PVD-2026-0001")
    kind = Choice(WriteOffKind, required=True)
    reason = Text(required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    abandoned_by = Whole(required=True, allow_none=True)
    abandoned_at = Instant(required=True, allow_none=True)
    abandonment_reason = Text(required=True, allow_none=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)
    destroyed = Many(Part(DestroyedSchema), required=True)


WriteOffPageSchema = page_of(WriteOffSchema)
