"""Looking devices, their offers and what they took up; and the passes of a list."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, delete, exists, func, select, tuple_
from sqlalchemy.orm import Session

from app.devices.rules import TOLD
from app.identity.device_models import (
    Device,
    DeviceOffer,
    DeviceOfferEnd,
    DeviceRevocation,
    DeviceTaking,
)
from app.ledger.models import Movement, Voucher

AT_ONCE = 5_000
"""Passes read at a time, so that a million of them are never in memory."""


def offer(session: Session, offer_id: UUID) -> DeviceOffer | None:
    """The offer of that id."""
    return session.get(DeviceOffer, offer_id)


def offer_by_secret(session: Session, secret_hash: bytes) -> DeviceOffer | None:
    """The offer whose secret has that hash."""
    return session.scalar(select(DeviceOffer).where(DeviceOffer.secret_hash == secret_hash))


def offer_end(session: Session, offer_id: UUID) -> DeviceOfferEnd | None:
    """Why an offer ended before its time, if it did."""
    return session.get(DeviceOfferEnd, offer_id)


def device_of_offer(session: Session, offer_id: UUID) -> Device | None:
    """The device that an offer brought."""
    return session.scalar(select(Device).where(Device.offer_id == offer_id))


def offers_since(session: Session, agent_id: int, since: datetime) -> int:
    """How many squares an agent has made since then."""
    return (
        session.scalar(
            select(func.count())
            .select_from(DeviceOffer)
            .where(DeviceOffer.agent_id == agent_id, DeviceOffer.made_at > since)
        )
        or 0
    )


def device(session: Session, device_id: UUID) -> Device | None:
    """The device of that id."""
    return session.get(Device, device_id)


def is_enrolled(session: Session, *, public_key: bytes, credential_hash: bytes) -> bool:
    """Whether a device has that key or that credential already."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    (Device.public_key == public_key) | (Device.credential_hash == credential_hash)
                )
            )
        )
    )


def revocation(session: Session, device_id: UUID) -> DeviceRevocation | None:
    """When and why a device was revoked, if it was."""
    return session.get(DeviceRevocation, device_id)


def revocations(session: Session, ids: Iterable[UUID]) -> dict[UUID, DeviceRevocation]:
    """The same of several."""
    found = session.scalars(
        select(DeviceRevocation).where(DeviceRevocation.device_id.in_(list(ids)))
    )
    return {one.device_id: one for one in found}


def devices(*, mediator_id: UUID | None, revoked: bool | None = None) -> Select[Device]:
    """Devices of a mediator, or of all; those that serve, those revoked, or both."""
    asked = select(Device)
    if mediator_id is not None:
        asked = asked.where(Device.mediator_id == mediator_id)
    if revoked is None:
        return asked
    ended = exists().where(DeviceRevocation.device_id == Device.id)
    return asked.where(ended if revoked else ~ended)


def devices_after(
    session: Session, after: UUID | None, *, mediator_id: UUID | None, limit: int
) -> list[Device]:
    """Devices in the order of their ids, from after that one."""
    asked = devices(mediator_id=mediator_id).order_by(Device.id).limit(limit)
    return list(session.scalars(asked if after is None else asked.where(Device.id > after)))


# ── Lists that were taken ─────────────────────────────────────────────────────────────────────────


def last_takings(session: Session, ids: Iterable[UUID]) -> dict[UUID, DeviceTaking]:
    """The list that each of these devices took last."""
    latest = (
        select(func.max(DeviceTaking.id))
        .where(DeviceTaking.device_id.in_(list(ids)))
        .group_by(DeviceTaking.device_id)
    )
    found = session.scalars(select(DeviceTaking).where(DeviceTaking.id.in_(latest)))
    return {one.device_id: one for one in found}


def has_taken(session: Session, device_id: UUID, version: int) -> bool:
    """Whether that device was given a list of that version."""
    return bool(
        session.scalar(
            select(
                exists().where(DeviceTaking.device_id == device_id, DeviceTaking.version == version)
            )
        )
    )


def takings_since(
    session: Session, device_id: UUID, since: datetime
) -> tuple[int, datetime | None]:
    """How many lists a device has taken since then, and when the first of them."""
    row = session.execute(
        select(func.count(), func.min(DeviceTaking.taken_at)).where(
            DeviceTaking.device_id == device_id, DeviceTaking.taken_at > since
        )
    ).one()
    return row[0], row[1]


def forget_takings(session: Session, device_id: UUID, *, before: datetime) -> None:
    """Lists of a device that nobody will ask about any more."""
    session.execute(
        delete(DeviceTaking)
        .where(DeviceTaking.device_id == device_id, DeviceTaking.taken_at < before)
        .execution_options(synchronize_session=False)
    )


# ── Passes ────────────────────────────────────────────────────────────────────────────────────────


def movements_above(session: Session, version: int) -> int:
    """How many movements have come since a version: with it, this names a state of the ledger."""
    return (
        session.scalar(select(func.count()).select_from(Movement).where(Movement.id > version)) or 0
    )


def _told(since: int) -> Select[int]:
    return select(Movement.id).where(
        Movement.id > since, tuple_(Movement.debit_kind, Movement.credit_kind).in_(sorted(TOLD))
    )


def changes_since(session: Session, since: int) -> int:
    """At most how many passes have changed their state for a device since a version."""
    moved = func.coalesce(func.sum(Movement.voucher_count), 0)
    return int(session.scalar(_told(since).with_only_columns(moved)) or 0)


def passes(session: Session, *, since: int | None) -> Iterator[tuple[bytes, int]]:
    """The hash of the code of each pass and the account in which it rests now.

    `since` a version, only those whose state a device would see change; each of them once.
    """
    asked = select(Voucher.code_hash, Voucher.account_id)
    if since is not None:
        moved = _told(since).with_only_columns(Movement.first_id, Movement.last_id).subquery()
        # Seldom moved twice: telling them apart by id is cheaper than merging ranges.
        asked = (
            select(Voucher.code_hash, Voucher.account_id)
            .join(moved, Voucher.id.between(moved.c.first_id, moved.c.last_id))
            .distinct()
        )
    rows = session.connection().execute(asked, execution_options={"yield_per": AT_ONCE})
    for part in rows.partitions():
        yield from map(tuple, part)
