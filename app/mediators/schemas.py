"""Labels and applications for one, as the API reads and writes them."""

from enum import StrEnum

from marshmallow import Schema

from app.mediators.rules import (
    FRENCH_WEEKDAY,
    LONGEST_NOTES,
    MINUTES_A_DAY,
    MOST_STRETCHES,
    CashOfficeKind,
    LabelStep,
    Service,
)
from app.partners.rules import LONGEST_CLOSING_REASON, AgreementRole
from app.programmes.rules import Public
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole


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


class GrantedLabelSchema(Body):
    """The label that an application ended with."""

    reference = Text(required=True, example="#APTIC 2026-118")
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")


class LabelProgressRequestSchema(Identified):
    """How far an application came."""

    step = Choice(LabelStep, required=True)
    reached_on = Day(required=True)
    note = Text(load_default=None, allow_none=True, example="Pièces complétées avec l’animatrice")
    label = Part(
        GrantedLabelSchema,
        load_default=None,
        allow_none=True,
        about="Le label, à l’étape granted et à elle seule.",
    )


class LabelProgressSchema(Schema):
    """A step that an application reached."""

    id = Uuid(required=True)
    application_id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    step = Choice(LabelStep, required=True)
    reached_on = Day(required=True)
    note = Text(required=True, allow_none=True)
    label_id = Uuid(required=True, allow_none=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


class LabelApplicationSchema(Schema):
    """An organisation asked for the label; it may not redeem yet."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    applied_on = Day(required=True)
    progress = Many(Part(LabelProgressSchema), required=True, about="Étapes, dans l’ordre.")
    recorded_at = Instant(required=True)


class CashOfficeRequestSchema(Identified):
    """The régie of a public body."""

    kind = Choice(CashOfficeKind, required=True)
    reference = Text(required=True, about="L’arrêté.", example="Arrêté 2026-12")
    held_by = Text(
        100, required=True, about="Fonction du régisseur.", example="Direction de la médiathèque"
    )
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")


class CashOfficeSchema(Schema):
    """The régie of a public body, from a first day to a last."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    kind = Choice(CashOfficeKind, required=True)
    reference = Text(required=True)
    held_by = Text(100, required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    ends_from = Day(
        required=True, allow_none=True, about="Premier jour sans droit, en cas de fin anticipée."
    )
    ended_because = Text(LONGEST_CLOSING_REASON, required=True, allow_none=True)
    recorded_at = Instant(required=True)


class OpeningHoursSchema(Body):
    """A stretch of a weekday when the place is open."""

    weekday = Whole(0, len(FRENCH_WEEKDAY) - 1, required=True, about="0 est lundi.")
    opens = Whole(0, MINUTES_A_DAY - 1, required=True, about="En minutes depuis minuit.")
    closes = Whole(1, MINUTES_A_DAY, required=True, about="En minutes depuis minuit.")


class ProfileRequestSchema(Identified):
    """What a place offers, to whom and when; it replaces what was said before."""

    version = Whole(required=True, about="1, ou un de plus que la fiche lue.")
    services = Many(Choice(Service), len(Service), required=True)
    publics = Many(
        Choice(Public), len(Public), required=True, about="Aucun : tout le monde est le bienvenu."
    )
    hours = Many(Part(OpeningHoursSchema), MOST_STRETCHES, required=True)
    access_notes = Text(LONGEST_NOTES, load_default=None, allow_none=True)


class ProfileSchema(Schema):
    """What a place offers, to whom and when."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    version = Whole(required=True)
    services = Many(Choice(Service), required=True)
    publics = Many(Choice(Public), required=True)
    hours = Many(Part(OpeningHoursSchema), required=True)
    access_notes = Text(LONGEST_NOTES, required=True, allow_none=True)
    recorded_at = Instant(required=True)


class CapacityRequestSchema(Identified):
    """Whether a place is ready to receive, from a day on."""

    ready = Flag(required=True)
    from_on = Day(required=True)


class CapacitySchema(Schema):
    """What a place said of its readiness."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    ready = Flag(required=True)
    from_on = Day(required=True)
    recorded_at = Instant(required=True)


class RenewalKind(StrEnum):
    """What ends soon."""

    AGREEMENT = "agreement"
    LABEL = "label"
    CASH_OFFICE = "cash_office"


class RenewalSchema(Schema):
    """Something that ends soon, and that nothing follows yet."""

    kind = Choice(RenewalKind, required=True)
    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    organisation_name = Text(required=True)
    reference = Text(required=True)
    role = Choice(AgreementRole, required=True, allow_none=True, about="D’une convention.")
    valid_until = Day(required=True)


RenewalPageSchema = page_of(RenewalSchema)
CashOfficePageSchema = page_of(CashOfficeSchema)
ProfilePageSchema = page_of(ProfileSchema)
CapacityPageSchema = page_of(CapacitySchema)


LabelPageSchema = page_of(LabelSchema)
LabelApplicationPageSchema = page_of(LabelApplicationSchema)
