"""Labels and applications for one, as the API reads and writes them."""

from marshmallow import Schema

from app.web.api import Identified, page_of
from app.web.fields import Day, Instant, Text, Uuid


class LabelRequestSchema(Identified):
    """A label that was granted."""

    reference = Text(required=True, example="#APTIC 2026-118")
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")


class LabelSchema(Schema):
    """The label of a mediator, from a first day to a last."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    reference = Text(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    recorded_at = Instant(required=True)


class LabelApplicationRequestSchema(Identified):
    """An application for the label."""

    applied_on = Day(required=True)


class LabelApplicationSchema(Schema):
    """An organisation asked for the label; it may not redeem yet."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    applied_on = Day(required=True)
    recorded_at = Instant(required=True)


LabelPageSchema = page_of(LabelSchema)
LabelApplicationPageSchema = page_of(LabelApplicationSchema)
