"""Signals as the API reads and writes them."""

from marshmallow import Schema

from app.signals.rules import LONGEST_NOTE, Decision, SignalKind
from app.web.api import Identified, UuidPageQuery, page_of
from app.web.fields import Choice, Day, Instant, Text, Uuid, Whole


class SignalsQuery(UuidPageQuery):
    """A page of signals."""


class SignalDecisionRequestSchema(Identified):
    """What somebody made of a signal."""

    decision = Choice(Decision, required=True)
    note = Text(LONGEST_NOTE, required=True, example="Atelier du soir, vu avec le médiateur.")


class SignalSchema(Schema):
    """A pattern to look at, by opaque ids; it blocks nothing."""

    id = Uuid(required=True)
    kind = Choice(SignalKind, required=True)
    acted_on = Day(required=True)
    measured = Whole(0, required=True)
    threshold = Whole(0, required=True, about="Le seuil des réglages à ce moment.")
    mediator_id = Uuid(required=True, allow_none=True)
    prescriber_id = Uuid(required=True, allow_none=True)
    booklet = Text(required=True, allow_none=True, example="26A 00442")
    agent_id = Whole(required=True, allow_none=True)
    found_at = Instant(required=True)
    decision = Choice(Decision, required=True, allow_none=True)
    note = Text(LONGEST_NOTE, required=True, allow_none=True)
    decided_by = Whole(required=True, allow_none=True, about="Numéro de l’agent.")
    decided_at = Instant(required=True, allow_none=True)


class LookedSchema(Schema):
    """How many signals wait for somebody, the new ones among them."""

    waiting_count = Whole(0, required=True)


SignalPageSchema = page_of(SignalSchema)
