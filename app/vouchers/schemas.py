"""Booklets, passes and their histories as the API tells them."""

from marshmallow import Schema, fields

from app.ledger import AccountKind, MovementKind
from app.web.api import page_of
from app.web.fields import Choice, Day, Instant, Many, Part, Text, Uuid, Whole

SERIAL = "26A 00442 07 91"
BOOKLET = "26A 00442"


class PartySchema(Schema):
    """An organisation by its id and its name."""

    id = Uuid(required=True)
    name = Text(required=True)


class AccountSchema(Schema):
    """An account of the ledger: where passes rest."""

    kind = Choice(AccountKind, required=True, about="L’état des pass qui y reposent.")
    party_id = Uuid(required=True)
    counterparty_id = Uuid(
        required=True, about="Le destinataire de ce qui est en route ; ailleurs, la même structure."
    )
    vintage_id = Whole(required=True)


class BookletSchema(Schema):
    """A booklet, and how many of its passes rest in each state."""

    number = Text(required=True, example=BOOKLET)
    vintage_id = Whole(required=True)
    size = Whole(required=True)
    first_serial = Whole(required=True)
    delivery_id = Uuid(required=True)
    states = fields.Dict(
        keys=Choice(AccountKind),
        values=Whole(),
        required=True,
        metadata={"description": "Pass par état.", "examples": [{"circulation": 7, "redeemed": 3}]},
    )


class BookletVoucherSchema(Schema):
    """One pass of a booklet."""

    serial = Text(required=True, example=SERIAL)
    state = Choice(AccountKind, required=True)


class WholeBookletSchema(BookletSchema):
    """A booklet and each of its passes."""

    vouchers = Many(Part(BookletVoucherSchema), required=True)


class VoucherSchema(Schema):
    """A pass, its state, and who holds it."""

    serial = Text(required=True, example=SERIAL)
    booklet = Text(required=True, example=BOOKLET)
    vintage_id = Whole(required=True)
    face_value_cents = Whole(required=True, example=1000)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    last_redemption_on = Day(required=True, about="Dernier jour où un accompagnement compte.")
    state = Choice(AccountKind, required=True)
    since = Instant(required=True, about="Instant d’enregistrement du dernier mouvement.")
    holder = Part(PartySchema, required=True)
    recipient = Part(
        PartySchema, required=True, allow_none=True, about="À qui il est envoyé, s’il est en route."
    )


class HistoryEntrySchema(Schema):
    """One movement of a pass."""

    movement_id = Whole(required=True)
    kind = Choice(MovementKind, required=True)
    debit = Part(AccountSchema, required=True, about="D’où il part.")
    credit = Part(AccountSchema, required=True, about="Où il arrive.")
    document_type = Text(required=True)
    document_id = Uuid(required=True)
    reverses_id = Whole(required=True, allow_none=True, about="Le mouvement annulé.")
    actor_id = Whole(required=True, about="Numéro de l’agent.")
    occurred_at = Instant(required=True)
    recorded_at = Instant(required=True)


BookletPageSchema = page_of(BookletSchema)
HistoryPageSchema = page_of(HistoryEntrySchema)
