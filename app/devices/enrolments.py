"""A device is offered by an agent of a mediator, enrolled by a square, and revoked when lost.

The square opens for a quarter of an hour and for one device. The device makes its key pair, its
credential and its id itself, so that asking again after a lost answer is harmless and no answer
ever holds a secret.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.devices import queries
from app.devices.errors import (
    DeviceRevokedAlready,
    OfferServesNoMore,
    ProofRefused,
    TooManyOffers,
    UnknownDevice,
    UnknownDeviceOffer,
)
from app.devices.rules import OFFERS_AT_ONCE, proof_text
from app.devices.signing import proves, read_public_key, written_base64
from app.identity import passwords
from app.identity.device_models import Device, DeviceOffer, DeviceOfferEnd, DeviceRevocation
from app.identity.device_rules import (
    CREDENTIAL_PREFIX,
    LONGEST_NAME,
    OFFER_LIFE,
    OFFER_PREFIX,
    SECRET_CHARACTERS,
    RevocationReason,
)
from app.identity.devices import end_offers, revoke
from app.identity.events import record_event
from app.identity.rules import AccountEventKind, Actor, LinkEnd, Origin, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean

ADDRESS = "/appareil#"
"""Where a square leads: what comes after the sign never leaves the device for any journal."""
SALT = 16
_CREDENTIAL = re.compile(rf"{CREDENTIAL_PREFIX}[\w-]{{{SECRET_CHARACTERS}}}", re.ASCII)
"""What a header can carry: blanks at its end, for one, would be lost on the way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a device says of itself: made by itself, before it asks."""

    device_id: UUID
    name: str
    public_key: str
    credential: str
    proof: str


def secret_of(secret_key: bytes, offer_id: UUID) -> str:
    """The secret of an offer, made again from its id: the page can be loaded again."""
    made = hmac.digest(secret_key, b"device offer" + offer_id.bytes, "sha256")
    return OFFER_PREFIX + written_base64(made)


def offer_device(
    session: Session,
    *,
    actor: Actor,
    offer_id: UUID,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> DeviceOffer:
    """A square for one more device of the agent's organisation; the one before serves no more.

    Raises:
        RightMissing: the agent works for no mediator.
        TooManyOffers: five in a quarter of an hour.
        IdAlreadyUsed: the id is another agent's offer.
    """
    actor.check(Right.OFFER_DEVICE)
    digest = request_hash("device offer", agent=actor.agent_id, mediator=actor.organisation_id)
    if there := earlier(session, DeviceOffer, offer_id, digest):
        return there
    hold(session, "device offers", actor.agent_id)
    if queries.offers_since(session, actor.agent_id, now - OFFER_LIFE) >= OFFERS_AT_ONCE:
        minutes = int(OFFER_LIFE.total_seconds()) // 60
        raise TooManyOffers(count=OFFERS_AT_ONCE, minutes=minutes)
    end_offers(session, agent_id=actor.agent_id, reason=LinkEnd.REPLACED, now=now)
    offer = DeviceOffer(
        id=offer_id,
        request_hash=digest,
        agent_id=actor.agent_id,
        mediator_id=actor.organisation_id,
        secret_hash=passwords.token_hash(secret_of(secret_key, offer_id)),
        made_at=now,
        expires_at=now + OFFER_LIFE,
    )
    session.add(offer)
    session.flush()
    record_event(
        session,
        kind=AccountEventKind.DEVICE_OFFERED,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
    )
    return offer


def known_offer(session: Session, *, actor: Actor, offer_id: UUID) -> DeviceOffer:
    """An offer that this agent made.

    Raises:
        RightMissing, UnknownDeviceOffer.
    """
    actor.check(Right.OFFER_DEVICE)
    offer = queries.offer(session, offer_id)
    if offer is None or offer.agent_id != actor.agent_id:
        raise UnknownDeviceOffer
    return offer


def withdraw_offers(session: Session, *, actor: Actor, now: datetime) -> None:
    """No square of this agent serves any more: somebody else may have seen it.

    Raises:
        RightMissing.
    """
    actor.check(Right.OFFER_DEVICE)
    end_offers(session, agent_id=actor.agent_id, reason=LinkEnd.WITHDRAWN, now=now)


def enrol_device(
    session: Session, *, secret: str, asked: Asked, origin: Origin, now: datetime
) -> Device:
    """Take a device in, as one of the organisation of whoever showed the square.

    Asking again with the same says the same, also after the square has expired.

    Raises:
        OfferServesNoMore: unknown, used by another device, expired or withdrawn.
        InvalidInput: no name, no key of P-256, no credential of the right form, or a known one.
        ProofRefused: it was not signed with that key.
        IdAlreadyUsed: the id came earlier with another content.
    """
    credential_hash = passwords.token_hash(asked.credential)
    digest = request_hash(
        "device",
        offer=passwords.token_hash(secret).hex(),
        name=asked.name,
        key=asked.public_key,
        credential=credential_hash.hex(),
    )
    offer = queries.offer_by_secret(session, passwords.token_hash(secret))
    if offer is None:
        raise OfferServesNoMore
    hold(session, "device offers", offer.agent_id)
    if there := earlier(session, Device, asked.device_id, digest):
        return there
    if offer.expires_at <= now or queries.offer_end(session, offer.id) is not None:
        raise OfferServesNoMore
    name, point = clean(asked.name, longest=LONGEST_NAME), read_public_key(asked.public_key)
    wrong = _wrong(name, point, asked.credential)
    if wrong or name is None or point is None:
        raise InvalidInput(**wrong)
    if not proves(point, asked.proof, proof_text(secret, asked.device_id, credential_hash)):
        raise ProofRefused
    if queries.is_enrolled(session, public_key=point, credential_hash=credential_hash):
        raise InvalidInput(public_key="Cette clé sert déjà : l’appareil en fait une nouvelle.")
    session.add(
        DeviceOfferEnd(
            offer_id=offer.id, expires_at=offer.expires_at, reason=LinkEnd.USED, ended_at=now
        )
    )
    session.flush()
    device = Device(
        id=asked.device_id,
        request_hash=digest,
        offer_id=offer.id,
        offer_ended=LinkEnd.USED,
        agent_id=offer.agent_id,
        mediator_id=offer.mediator_id,
        name=name,
        public_key=point,
        credential_hash=credential_hash,
        salt=secrets.token_bytes(SALT),
        enrolled_at=now,
    )
    session.add(device)
    session.flush()
    record_event(
        session,
        kind=AccountEventKind.DEVICE_ENROLLED,
        agent_id=offer.agent_id,
        actor=offer.agent_id,
        origin=origin,
        now=now,
    )
    return device


def _wrong(name: str | None, point: bytes | None, credential: str) -> dict[str, str]:
    wrong = {}
    if name is None:
        wrong["name"] = f"Écrivez un nom, en {LONGEST_NAME} caractères au plus."
    if point is None:
        wrong["public_key"] = "Envoyez un point de P-256 non compressé, en base64."
    if not _CREDENTIAL.fullmatch(credential):
        wrong["credential"] = f"Écrivez « {CREDENTIAL_PREFIX} », puis 32 octets en base64."
    return wrong


def known_device(session: Session, *, actor: Actor, device_id: UUID) -> Device:
    """A device that this agent sees.

    Raises:
        RightMissing, UnknownDevice.
    """
    actor.check(Right.SEE_DEVICES)
    device = queries.device(session, device_id)
    if device is None or not actor.sees(device.mediator_id):
        raise UnknownDevice
    return device


def revoke_device(
    session: Session,
    *,
    actor: Actor,
    device_id: UUID,
    reason: RevocationReason,
    origin: Origin,
    now: datetime,
) -> DeviceRevocation:
    """The device opens nothing any more; what it sent before stays. The same again is harmless.

    Raises:
        RightMissing, UnknownDevice.
        InvalidInput: that reason is said by the closing of an account only.
        DeviceRevokedAlready: for another reason.
    """
    actor.check(Right.REVOKE_DEVICE)
    device = known_device(session, actor=actor, device_id=device_id)
    if reason is RevocationReason.ACCOUNT:
        raise InvalidInput(reason="Choisissez dans la liste.")
    made = revoke(session, device, reason=reason, actor=actor, origin=origin, now=now)
    if made.reason != reason:
        raise DeviceRevokedAlready
    return made
