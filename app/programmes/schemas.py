"""Programmes and vintages as the API reads and writes them."""

from typing import Any

from marshmallow import Schema, validate

from app.kernel.serials import BOOKLET_SIZES
from app.programmes.rules import (
    BOUNDS,
    MOST_RENEWALS,
    WHOLE_IN_BASIS_POINTS,
    Covers,
    Payer,
    Public,
    Terms,
)
from app.programmes.service import LARGEST_FACE_VALUE_CENTS, LONGEST_TOLERANCE_DAYS
from app.web.api import Body, Identified, Json, NumberPageQuery, Query, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, QueryWhole, Text, Uuid, Whole

COVERS_ABOUT = (
    "`all` : tous les publics ; `agreed` : ceux de la convention seulement ; `state` : de même, au "
    "titre de l’État, la moitié au plus."
)
MANY_BOOKLETS = 20
MOST_FUNDERS = 20
LARGEST_ORDINAL = 2**31 - 1
"""Of a version: its column is no larger."""


def booklet_size() -> Whole:
    """How many passes a booklet has."""
    size = Whole(5, 10, required=True, about="Pass du carnet : 5 ou 10.", example=10)
    size.validators.append(validate.OneOf(BOOKLET_SIZES, error="Un carnet a 5 ou 10 pass."))
    return size


class EntitlementRequestSchema(Body):
    """What one person of a public may receive."""

    public = Choice(Public, required=True)
    booklet_size = booklet_size()
    booklet_count = Whole(1, MANY_BOOKLETS, required=True, example=3)
    renewal_count = Whole(
        0, MOST_RENEWALS, load_default=0, about="Combien d’autres fois le même droit peut servir."
    )


class ShareRequestSchema(Body):
    """What part of the value of the passes used a funder brings."""

    organisation_id = Uuid(required=True, about="Une structure enregistrée comme financeur.")
    share_basis_points = Whole(
        1,
        WHOLE_IN_BASIS_POINTS,
        required=True,
        about="En centièmes de pour cent : 5000 est 50 %.",
        example=5000,
    )
    covers = Choice(Covers, load_default=Covers.ALL, about=COVERS_ABOUT)


class SettingsWithdrawalRequestSchema(Identified):
    """Why a version is taken back before its first day."""

    reason = Text(required=True, about="Pourquoi.", example="Délibération reportée")


def figures(*, required: bool) -> dict[str, Any]:
    """Every figure of the settings within its bounds: as it is sent, or as it is told."""

    def kept(name: str) -> Json:
        return {"required": True} if required else {"load_default": getattr(Terms(), name)}

    return {
        **{name: Whole(*BOUNDS[name], about=about, **kept(name)) for name, about in ABOUT.items()},
        "budget_cents": Whole(
            *BOUNDS["budget_cents"],
            allow_none=True,
            about="Ce que commandes et pass peuvent coûter ensemble ; null : aucun budget.",
            **kept("budget_cents"),
        ),
        "certification_required": Flag(
            about="Le médiateur certifie son bordereau.", **kept("certification_required")
        ),
        "session_required": Flag(
            about="Un encaissement demande l’accompagnement.", **kept("session_required")
        ),
    }


HUNDREDTHS = "en centièmes de pour cent : 400 est 4 %."
ABOUT = {
    "order_fee_basis_points": f"Frais de l’émetteur sur les commandes, {HUNDREDTHS}",
    "redemption_fee_basis_points": f"Frais retenus aux médiateurs, {HUNDREDTHS}",
    "payment_delay_days": "Délai de paiement d’un bordereau.",
    "alert_days_before_end": "Alerte, en jours avant la fin de validité.",
    "withhold_days_before_end": "Retenue des carnets non distribués, en jours avant la fin.",
    "late_days_before_end": "Remises qui demandent un accord exprès, en jours avant la fin.",
    "tolerance_days": "Jours après la fin où un accompagnement compte encore.",
    "statement_days_after_end": "État contradictoire, en jours après la fin.",
    "offline_pass_count": "Pass qu’un appareil accepte sans réseau.",
    "offline_list_hours": "Plus grand âge de sa liste.",
    "offline_upload_days": "Plus grand délai d’envoi.",
    "label_warning_days": "Rappel avant la fin d’un label.",
    "agreement_warning_days": "Rappel avant la fin d’une convention.",
    "recovery_delay_days": "Délai avant de réclamer ce qu’aucun bordereau n’a compensé.",
    "signal_sitting_minutes": "Un carnet entier encaissé en si peu de minutes est signalé.",
    "signal_burst_count": "Encaissements d’un jour, hors des heures, qui sont signalés.",
    "signal_feeding_times": "Combien de fois la part des autres prescripteurs est signalé.",
    "signal_failed_count": "Codes refusés un même jour à un compte qui sont signalés.",
    "signal_session_days": "Jours sans accompagnement déclaré autour d’un encaissement signalé.",
}

SettingsFiguresSchema = Body.from_dict(figures(required=False), name="SettingsFiguresSchema")
SettingsToldSchema = Schema.from_dict(figures(required=True), name="SettingsToldSchema")


class SettingsRequestSchema(Identified, SettingsFiguresSchema):  # type: ignore[misc,valid-type]
    """A whole new version of the settings: what is not said is as recommended."""

    applies_from = Day(required=True, about="Premier jour ; jamais un jour passé.")
    document = Text(about="La délibération ou l’acte qui décide.", example="CC-04-2023-095")
    accept_below = Flag(
        load_default=False,
        about="Le budget est déjà dépassé par ce qui est engagé, et c’est voulu.",
    )
    entitlements = Many(
        Part(EntitlementRequestSchema),
        len(Public),
        about="Sans ce champ, ce que préconise la délibération CC-04-2023-095.",
    )
    funders = Many(Part(ShareRequestSchema), MOST_FUNDERS, about="Sans ce champ, aucun.")


class ProgrammeRequestSchema(Identified):
    """A programme to open."""

    name = Text(required=True, example="Pass numérique 2026")
    payer = Choice(Payer, load_default=Payer.AUTHORITY, about="Qui paie les médiateurs.")
    sponsor_id = Uuid(required=True, about="Le commanditaire.")
    issuer_id = Uuid(required=True, about="L’émetteur.")
    entitlements = Many(
        Part(EntitlementRequestSchema),
        len(Public),
        about="Sans ce champ, ce que préconise la délibération CC-04-2023-095.",
    )


class EntitlementSchema(Schema):
    """What one person of a public may receive."""

    public = Choice(Public, required=True)
    booklet_size = Whole(required=True)
    booklet_count = Whole(required=True)
    renewal_count = Whole(0, required=True)


class ProgrammeSchema(Schema):
    """A funded deployment."""

    id = Uuid(required=True)
    name = Text(required=True)
    payer = Choice(Payer, required=True)
    sponsor_id = Uuid(required=True)
    issuer_id = Uuid(required=True)
    entitlements = Many(Part(EntitlementSchema), required=True)
    created_at = Instant(required=True)


class ShareSchema(Schema):
    """What part of the value of the passes used a funder brings."""

    organisation_id = Uuid(required=True)
    share_basis_points = Whole(required=True, example=5000)
    covers = Choice(Covers, required=True, about=COVERS_ABOUT)


class FunderSchema(ShareSchema):
    """A funder by its name."""

    name = Text(required=True)


class SettingsWithdrawalSchema(Schema):
    """Who took a version back before its first day, and why."""

    id = Uuid(required=True)
    settings_id = Uuid(required=True)
    reason = Text(required=True)
    withdrawn_at = Instant(required=True)


class SettingsSchema(SettingsToldSchema):  # type: ignore[misc,valid-type]
    """A version of the settings: it applies from a day until the next one does."""

    id = Uuid(required=True)
    programme_id = Uuid(required=True)
    ordinal = Whole(required=True)
    applies_from = Day(required=True)
    document = Text(required=True, allow_none=True)
    entitlements = Many(Part(EntitlementSchema), required=True)
    funders = Many(Part(ShareSchema), required=True)
    made_at = Instant(required=True)
    withdrawal = Part(
        SettingsWithdrawalSchema,
        required=True,
        allow_none=True,
        about="Retirée : elle ne s’applique jamais.",
    )


class OnDayQuery(Query):
    """A day; today when nothing is said."""

    on = Day(load_default=None, about="Ce qui s’appliquait ce jour-là ; aujourd’hui sans ce champ.")


class SettingsPageQuery(NumberPageQuery):
    """A page of versions, or the only one that applied on a day."""

    after = QueryWhole(0, LARGEST_ORDINAL, load_default=0, about="`next` de la page précédente.")
    on = Day(load_default=None, about="Seulement la version qui s’appliquait ce jour-là.")


class VintageRequestSchema(Body):
    """A vintage to open; its label is its idempotency key, because it names one vintage."""

    label = Text(3, required=True, about="Deux chiffres et une lettre.", example="26A")
    face_value_cents = Whole(
        1, LARGEST_FACE_VALUE_CENTS, required=True, about="Valeur d’un pass.", example=1000
    )
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")
    tolerance_days = Whole(
        0,
        LONGEST_TOLERANCE_DAYS,
        required=True,
        about="Jours après la fin de validité où un accompagnement compte encore.",
        example=31,
    )
    taken_over = Flag(
        load_default=False,
        about="Carnets d’avant passnum, repris par fichier : rien n’y est commandé.",
    )


class VintageSchema(Schema):
    """The passes of one face value and one validity."""

    id = Whole(required=True, example=1)
    programme_id = Uuid(required=True)
    label = Text(3, required=True, example="26A")
    face_value_cents = Whole(required=True, example=1000)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    tolerance_days = Whole(0, required=True)
    taken_over = Flag(required=True)
    last_redemption_on = Day(required=True, about="Dernier jour où un accompagnement compte.")
    created_at = Instant(required=True)


ProgrammePageSchema = page_of(ProgrammeSchema)
SettingsPageSchema = page_of(SettingsSchema)
FunderPageSchema = page_of(FunderSchema)
VintagePageSchema = page_of(VintageSchema)


class FreezeRequestSchema(Identified):
    """Why a programme stops, or goes on."""

    reason = Text(longest=500, required=True)


class FreezeSchema(Schema):
    """A freeze of a programme."""

    id = Uuid(required=True)
    programme_id = Uuid(required=True)
    reason = Text(longest=500, required=True)
    frozen_at = Instant(required=True)


class FreezeLiftSchema(Schema):
    """The end of a freeze."""

    id = Uuid(required=True)
    freeze_id = Uuid(required=True)
    reason = Text(longest=500, required=True)
    lifted_at = Instant(required=True)
