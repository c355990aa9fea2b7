"""Devices as answers and as lines of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.devices import queries
from app.devices.enrolments import ADDRESS, secret_of
from app.devices.rules import OLD_AFTER
from app.identity import queries as identity
from app.identity.device_models import Device, DeviceOffer
from app.identity.device_rules import FRENCH_REASON, RevocationReason
from app.partners import queries as partners
from app.web.api import Json, shown


@dataclass(frozen=True, slots=True)
class DeviceTold:
    """A device as a page tells of it. `age` is that of its list, None when it has taken none."""

    device: Device
    mediator_name: str
    agent_name: str
    taken_at: datetime | None
    age: timedelta | None
    silent_for: timedelta
    """Since it took a list, or was enrolled."""
    revoked_at: datetime | None
    reason: str

    @property
    def is_late(self) -> bool:
        """Whether a device that serves has not been heard of for long."""
        return self.revoked_at is None and self.silent_for > OLD_AFTER

    @property
    def awaits_its_list(self) -> bool:
        """Whether it serves and has taken none yet."""
        return self.revoked_at is None and self.age is None

    @property
    def state(self) -> str:
        """What is said of it in two words."""
        if self.revoked_at is not None:
            return "révoqué"
        if self.awaits_its_list:
            return "pas encore de liste"
        return "liste ancienne" if self.is_late else "en service"

    @property
    def tone(self) -> str:
        """The colour of that."""
        if self.revoked_at is not None or (self.awaits_its_list and not self.is_late):
            return ""
        return "warn" if self.is_late else "ok"


def devices_told(session: Session, devices: Sequence[Device], *, now: datetime) -> list[DeviceTold]:
    """Devices with whose they are, the list that they hold and their end, in their order."""
    ids = [one.id for one in devices]
    takings, ends = queries.last_takings(session, ids), queries.revocations(session, ids)
    mediators = partners.organisation_names(session, {one.mediator_id for one in devices})
    agents = identity.agent_names(session, {one.agent_id for one in devices})
    told = []
    for one in devices:
        taking, end = takings.get(one.id), ends.get(one.id)
        told.append(
            DeviceTold(
                device=one,
                mediator_name=mediators[one.mediator_id],
                agent_name=agents[one.agent_id],
                taken_at=taking.taken_at if taking else None,
                age=now - taking.taken_at if taking else None,
                silent_for=now - (taking.taken_at if taking else one.enrolled_at),
                revoked_at=end.revoked_at if end else None,
                reason=FRENCH_REASON[RevocationReason(end.reason)] if end else "",
            )
        )
    return told


def devices_shown(session: Session, devices: Sequence[Device]) -> list[Json]:
    """Devices by their columns: no key, no salt."""
    ids = [one.id for one in devices]
    takings, ends = queries.last_takings(session, ids), queries.revocations(session, ids)
    answered = []
    for one in devices:
        taking, end = takings.get(one.id), ends.get(one.id)
        answered.append(
            shown(
                one,
                list_version=taking.version if taking else None,
                list_taken_at=taking.taken_at if taking else None,
                revoked_at=end.revoked_at if end else None,
                revoked_for=RevocationReason(end.reason) if end else None,
            )
        )
    return answered


def address_of(public_url: str, secret: str) -> str:
    """What a square says: after the sign #, nothing travels to any server."""
    return f"{public_url.rstrip('/')}{ADDRESS}{secret}"


def offer_shown(offer: DeviceOffer, *, secret_key: bytes, public_url: str) -> Json:
    """An offer with its secret, for whoever made it."""
    secret = secret_of(secret_key, offer.id)
    return shown(offer, secret=secret, address=address_of(public_url, secret))
