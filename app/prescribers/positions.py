"""Where a person stands in what a programme gives: received, left to use, still possible."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.ledger import VoucherRange
from app.prescribers import queries
from app.prescribers.models import (
    Beneficiary,
)
from app.prescribers.queries import Received
from app.prescribers.rules import (
    Rights,
    Tier,
)
from app.prescribers.whereabouts import live, passes_of
from app.programmes import queries as programmes
from app.programmes.models import Entitlement
from app.programmes.rules import Public


def rights_of(entitlement: Entitlement) -> Rights:
    """What an entitlement lets one person receive."""
    return Rights(entitlement.booklet_count, entitlement.renewal_count)


def passes_unused(session: Session, received: Received) -> int:
    """Passes that a person still has, of the booklets received before or in their place."""
    return len(live(passes_of(session, received.wholes)))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a person stands in what the programme gives, before one booklet more."""

    size: int
    rights: Rights
    received: int
    passes_left: int
    wholes: tuple[VoucherRange, ...] = ()
    """The booklets that they have received."""

    @property
    def renewing(self) -> bool:
        """Whether one booklet more would be a renewal."""
        return self.rights.tier(self.received + 1) is Tier.RENEWAL

    @property
    def beyond(self) -> bool:
        """Whether one booklet more would be an exception."""
        return self.rights.tier(self.received + 1) is Tier.EXCEPTION

    @property
    def in_words(self) -> str:
        """What the person may receive and has received."""
        count = self.rights.booklet_count
        plural = "s" if count > 1 else ""
        renewed = self.rights.renewal_count
        again = f", renouvelable {renewed} fois" if renewed else ""
        over = ", plus rien à recevoir" if self.beyond else ""
        return (
            f"Droit : {count} carnet{plural} de {self.size}{again}. "
            f"Déjà reçu : {self.received}{over}."
        )


def position_of(session: Session, person: Beneficiary, *, on: date) -> Position | None:
    """Where a person stands in the programme that hands booklets out; None without rights there."""
    for programme in programmes.programmes_after(session, None, limit=20):
        settings = programmes.settings_on(session, programme.id, on)
        if settings is None:
            continue
        entitlement = programmes.entitlement(session, settings.id, person.public)
        if entitlement is not None:
            received = queries.received(session, programme.id, person.id)
            return Position(
                entitlement.booklet_size,
                rights_of(entitlement),
                received.count,
                passes_unused(session, received),
                received.wholes,
            )
    return None


def given_to(session: Session, *, on: date) -> dict[Public, str]:
    """What one person of each public may receive, in words, as `position_of` finds it."""
    told: dict[Public, str] = {}
    for programme in programmes.programmes_after(session, None, limit=20):
        settings = programmes.settings_on(session, programme.id, on)
        if settings is None:
            continue
        for one in programmes.entitlements_of(session, settings.id):
            again = one.renewal_count
            words = (
                f"{one.booklet_count} carnet{'s' if one.booklet_count > 1 else ''} "
                f"de {one.booklet_size} pass"
            )
            if again:
                words += f", renouvelable{'s' if one.booklet_count > 1 else ''} {again} fois"
            told.setdefault(Public(one.public), words)
    return told


def used_up(session: Session, beneficiary_ids: Iterable[UUID], *, on: date) -> set[UUID]:
    """To whom of these people one booklet more would be an exception, as `position_of` says."""
    publics, found = queries.publics_of(session, beneficiary_ids), set()
    for programme in programmes.programmes_after(session, None, limit=20):
        settings = programmes.settings_on(session, programme.id, on)
        if settings is None or not publics:
            continue
        rights = {
            one.public: rights_of(one) for one in programmes.entitlements_of(session, settings.id)
        }
        here = [one for one, public in publics.items() if public in rights]
        counts = queries.received_counts(session, programme.id, here)
        for one in here:
            if rights[publics.pop(one)].tier(counts.get(one, 0) + 1) is Tier.EXCEPTION:
                found.add(one)
    return found
