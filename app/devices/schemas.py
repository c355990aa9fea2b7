"""What devices send and are told."""

from marshmallow import Schema

from app.identity.device_rules import LONGEST_NAME, RevocationReason
from app.kernel.ids import LARGEST_INTEGER
from app.web.api import Body, Identified, Query, page_of
from app.web.fields import Choice, Moment, Part, QueryWhole, Text, Uuid, Whole


class DeviceOfferRequestSchema(Identified):
    """A square for one more device of one's own organisation."""


class DeviceOfferSchema(Schema):
    """A square that enrols one device."""

    id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    address = Text(required=True, about="Ce que porte le carré ; le secret suit le signe #.")
    secret = Text(required=True, about="Jeton « Bearer » de `POST /devices`, pour un appareil.")
    made_at = Moment(required=True)
    expires_at = Moment(required=True)


class DeviceRequestSchema(Body):
    """A device that asks to be enrolled, in its own words."""

    id = Uuid(required=True, about="UUID fait par l’appareil : le sien pour toujours.")
    name = Text(LONGEST_NAME, required=True, example="Téléphone de l’accueil")
    public_key = Text(
        100, required=True, about="Point non compressé de P-256 (65 octets), en base64."
    )
    credential = Text(
        100, required=True, about="`passnum_device_` puis 32 octets aléatoires en base64url."
    )
    proof = Text(
        100, required=True, about="Signature ECDSA (r puis s, 64 octets) : voir docs/devices.md."
    )


class DeviceSchema(Schema):
    """A device and what it holds."""

    id = Uuid(required=True)
    mediator_id = Uuid(required=True)
    agent_id = Whole(required=True, about="L’agent qui l’a ajouté.")
    name = Text(required=True)
    enrolled_at = Moment(required=True)
    list_version = Whole(0, required=True, allow_none=True)
    list_taken_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    revoked_for = Choice(RevocationReason, required=True, allow_none=True)


class KeySchema(Schema):
    """The public key of lists, as a JWK (RFC 7517)."""

    kty = Text(required=True)
    crv = Text(required=True)
    x = Text(required=True, about="La clé publique Ed25519, en base64url.")
    kid = Text(required=True)
    alg = Text(required=True)
    use = Text(required=True)


class EnrolledDeviceSchema(DeviceSchema):
    """The same, and what it needs to read its lists."""

    list_key = Part(KeySchema, required=True)


class RevocationRequestSchema(Body):
    """Why a device is revoked."""

    reason = Choice(RevocationReason, required=True)


class VoucherListQuery(Query):
    """Which list a device holds."""

    since = QueryWhole(
        0,
        LARGEST_INTEGER,
        load_default=None,
        about="Version de la liste que l’appareil tient : la réponse n’en dit que les changements.",
    )


DevicePageSchema = page_of(DeviceSchema)
