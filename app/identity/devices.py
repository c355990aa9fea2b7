"""Who a device is, by the secret that it shows, and the end of an agent's devices.

What devices take and send is for the features; here is what lets them in.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity.device_models import Device, DeviceOffer, DeviceOfferEnd, DeviceRevocation
from app.identity.device_rules import FRENCH_REASON, RevocationReason
from app.identity.events import record_event
from app.identity.models import Agent
from app.identity.rules import AccountEventKind, Actor, LinkEnd, Origin


def device_of_credential(session: Session, credential_hash: bytes) -> UUID | None:
    """The device that shows this credential, unless it was revoked."""
    return session.scalar(
        select(Device.id).where(
            Device.credential_hash == credential_hash,
            ~exists().where(DeviceRevocation.device_id == Device.id),
        )
    )


def holder_of_credential(session: Session, credential_hash: bytes) -> Agent | None:
    """The agent whose device shows this credential; None when it or the account is no more."""
    return session.scalar(
        select(Agent)
        .join(Device, Device.agent_id == Agent.id)
        .where(
            Device.credential_hash == credential_hash,
            Agent.disabled_at.is_(None),
            ~exists().where(DeviceRevocation.device_id == Device.id),
        )
    )


def holder_of_offer(session: Session, secret_hash: bytes) -> Agent | None:
    """The agent who made the offer of this secret, whether or not it still serves.

    A device whose answer got lost asks again with it; enrolling tells the rest.
    """
    return session.scalar(
        select(Agent)
        .join(DeviceOffer, DeviceOffer.agent_id == Agent.id)
        .where(DeviceOffer.secret_hash == secret_hash, Agent.disabled_at.is_(None))
    )


def end_offers(
    session: Session, *, agent_id: int, reason: LinkEnd, now: datetime, but: UUID | None = None
) -> None:
    """The open offers of an agent serve no more."""
    hold(session, "device offers", agent_id)
    for offer in session.scalars(
        select(DeviceOffer).where(
            DeviceOffer.agent_id == agent_id,
            DeviceOffer.id != (but or UUID(int=0)),
            DeviceOffer.expires_at > now,
            ~exists().where(DeviceOfferEnd.offer_id == DeviceOffer.id),
        )
    ):
        session.add(
            DeviceOfferEnd(
                offer_id=offer.id, expires_at=offer.expires_at, reason=reason, ended_at=now
            )
        )
    session.flush()


def revoke(
    session: Session,
    device: Device,
    *,
    reason: RevocationReason,
    actor: Actor | None,
    origin: Origin,
    now: datetime,
) -> DeviceRevocation:
    """That device opens nothing any more; what it sent stays. Twice is once."""
    hold(session, "device", device.id)
    if there := session.get(DeviceRevocation, device.id):
        return there
    revocation = DeviceRevocation(
        device_id=device.id,
        reason=reason,
        revoked_by=actor.agent_id if actor else None,
        revoked_at=now,
    )
    session.add(revocation)
    session.flush()
    record_event(
        session,
        kind=AccountEventKind.DEVICE_REVOKED,
        agent_id=device.agent_id,
        actor=actor,
        origin=origin,
        now=now,
        detail=FRENCH_REASON[reason],
    )
    return revocation


def end_devices(session: Session, *, agent_id: int, origin: Origin, now: datetime) -> None:
    """An account that is closed, or gets another role, takes its devices and offers with it."""
    end_offers(session, agent_id=agent_id, reason=LinkEnd.WITHDRAWN, now=now)
    for device in session.scalars(
        select(Device).where(
            Device.agent_id == agent_id,
            ~exists().where(DeviceRevocation.device_id == Device.id),
        )
    ):
        revoke(
            session,
            device,
            reason=RevocationReason.ACCOUNT,
            actor=None,
            origin=origin,
            now=now,
        )
