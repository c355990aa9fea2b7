"""Support sessions, typed sheets and days as the API reads and writes them."""

from marshmallow import Schema

from app.clearing.rules import (
    LARGEST_GROUP,
    LONGEST_SESSION,
    SHORTEST_SESSION,
    RedemptionState,
    SessionKind,
    SheetState,
    Topic,
)
from app.clearing.schemas import CODE, SERIAL
from app.clearing.sheets import LARGEST_SHEET, LONGEST_TYPED
from app.web.api import Body, Identified, Query, page_of
from app.web.fields import Choice, Day, Instant, Many, Part, Text, Uuid, Whole

LARGEST_LINK = 200


class SessionRequestSchema(Identified):
    """A session that a mediator held, and the passes that paid for it."""

    held_on = Day(required=True)
    duration_minutes = Whole(SHORTEST_SESSION, LONGEST_SESSION, required=True, example=60)
    kind = Choice(SessionKind, required=True)
    people_count = Whole(1, LARGEST_GROUP, load_default=1, about="1 s’il est individuel.")
    topics = Many(Choice(Topic), len(Topic), load_default=list)
    redemption_ids = Many(
        Uuid(),
        LARGEST_LINK,
        load_default=list,
        about="Les encaissements du même jour qui l’ont payée ; on peut les rattacher plus tard.",
    )


class LinkRequestSchema(Body):
    """Passes that paid for a session."""

    redemption_ids = Many(Uuid(), LARGEST_LINK, shortest=1, required=True)


class SessionSchema(Schema):
    """A session, and what passes paid for it."""

    id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    held_on = Day(required=True)
    duration_minutes = Whole(required=True)
    kind = Choice(SessionKind, required=True)
    people_count = Whole(required=True)
    topics = Many(Choice(Topic), required=True)
    voucher_count = Whole(0, required=True, about="Pass non annulés depuis.")
    amount_cents = Whole(0, required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


class WholeSessionSchema(SessionSchema):
    """A session with the redemptions that paid for it."""

    redemption_ids = Many(Uuid(), required=True)


class DayQuery(Query):
    """Which day, and whose."""

    day = Day(load_default=None, about="Jour des accompagnements ; sinon aujourd’hui.")
    mediator_id = Uuid(load_default=None, about="Un seul médiateur ; sinon tous ceux visibles.")


class StateTotalSchema(Schema):
    """Passes of a day that have come equally far."""

    state = Choice(
        RedemptionState,
        required=True,
        about="`open` s’annule encore ; `claimed` est sur un bordereau, `settled` est payé, "
        "`offset` a compensé un pass repris.",
    )
    voucher_count = Whole(required=True)
    amount_cents = Whole(required=True)


class MediatorDaySchema(Schema):
    """What one mediator did on a day."""

    mediator_id = Uuid(required=True)
    voucher_count = Whole(0, required=True, about="Pass encaissés et non annulés.")
    amount_cents = Whole(0, required=True)
    session_count = Whole(0, required=True)
    duration_minutes = Whole(0, required=True)
    states = Many(Part(StateTotalSchema), required=True)


class DaySchema(Schema):
    """One day of sessions, by mediator."""

    day = Day(required=True)
    mediators = Many(Part(MediatorDaySchema), required=True)


class ToldSessionSchema(Body):
    """The session that a paper sheet tells of: all its passes paid for it."""

    duration_minutes = Whole(SHORTEST_SESSION, LONGEST_SESSION, required=True, example=60)
    kind = Choice(SessionKind, required=True)
    people_count = Whole(1, LARGEST_GROUP, load_default=1, about="1 s’il est individuel.")
    topics = Many(Choice(Topic), len(Topic), load_default=list)


class SheetRequestSchema(Identified):
    """The paper list of a mediator without a phone, as typed."""

    mediator_id = Uuid(required=True)
    held_on = Day(required=True, about="Le jour des accompagnements.")
    lines = Many(
        Text(LONGEST_TYPED, example=SERIAL),
        LARGEST_SHEET,
        shortest=1,
        required=True,
        about=f"Un code ({CODE}) ou un numéro de série avec sa clé ({SERIAL}) par pass.",
    )
    session = Part(
        ToldSessionSchema,
        load_default=None,
        allow_none=True,
        about="L’accompagnement, si la feuille le dit ; il est noté quand la saisie est approuvée.",
    )


class SetAsideRequestSchema(Body):
    """Why a sheet is not what the paper says."""

    reason = Text(required=True, example="Le jour n’est pas celui de la feuille")


class SheetSchema(Schema):
    """A typed sheet, and how far it has come."""

    id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    held_on = Day(required=True)
    state = Choice(SheetState, required=True)
    voucher_count = Whole(required=True)
    amount_cents = Whole(required=True)
    typed_by = Whole(required=True, about="Numéro de l’agent.")
    typed_at = Instant(required=True)
    decided_by = Whole(required=True, allow_none=True, about="Une autre personne.")
    decided_at = Instant(required=True, allow_none=True)
    reason = Text(required=True, allow_none=True)
    session = Part(ToldSessionSchema, required=True, allow_none=True)


class SheetLineSchema(Schema):
    """One pass of a sheet, and its verdict once the sheet is approved."""

    place = Whole(required=True)
    serial = Text(required=True, example=SERIAL)
    read_from = Text(required=True, about="`code` ou `serial`.", example="code")
    redemption_id = Uuid(required=True)
    verdict = Text(required=True, allow_none=True, about="`accepted`, ou le code du refus.")
    detail = Text(1000, required=True, allow_none=True)


class WholeSheetSchema(SheetSchema):
    """A typed sheet with its passes."""

    lines = Many(Part(SheetLineSchema), required=True)


SessionPageSchema = page_of(SessionSchema)
SheetPageSchema = page_of(SheetSchema)
