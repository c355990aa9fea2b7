"""What any telephone may know of a pass: whether it can be used, until when, and where.

Of a used one, the day; never who holds it, where it was used, or its number. A code that nothing
bears and one that cannot be a code look alike; too many of them from one place are not looked up
any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.locks import hold
from app.kernel import codes, training
from app.kernel.clock import martinique_day
from app.kernel.communes import Point, kilometres
from app.kernel.money import Cents
from app.ledger import AccountKind, MovementKind
from app.ledger.models import Voucher
from app.mediators import queries as mediators
from app.mediators.rules import OpeningHours
from app.partners import queries as partners
from app.printing import queries
from app.printing.errors import TooManyLooks
from app.printing.models import PublicLook
from app.programmes.models import VintageTerms
from app.programmes.service import known_vintage
from app.vouchers.queries import booklet_by_cover

LOOKS_WINDOW = timedelta(minutes=15)
LOOKS_ALLOWED = 50
"""Unknown codes from one address; a household behind one address has fewer passes than that."""


class Usable(StrEnum):
    """What the person who holds a pass needs to know of it."""

    YES = "yes"
    USED = "used"
    NOT_YET = "not_yet"
    OVER = "over"
    BLOCKED = "blocked"


_BY_KIND = {
    AccountKind.CIRCULATION: Usable.YES,
    AccountKind.REDEEMED: Usable.USED,
    AccountKind.CLAIMED: Usable.USED,
    AccountKind.SETTLED: Usable.USED,
    AccountKind.EXPIRED: Usable.OVER,
    AccountKind.CREDITED: Usable.OVER,
    AccountKind.WITHHELD: Usable.BLOCKED,
    AccountKind.BLOCKED: Usable.BLOCKED,
    AccountKind.VOID: Usable.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class WhereTo:
    """A place that takes passes: how to reach it and when, as far as it has said."""

    name: str
    commune: str
    phone: str
    hours: tuple[OpeningHours, ...]
    access: str
    distance_km: int | None
    street: str
    where: Point | None
    exactly: Point | None
    """The place itself, for directions; `where` may be the middle of its commune."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is told of a pass, or of a booklet by its cover."""

    usable: Usable
    blocked_on: date | None
    used_on: date | None
    """The day on which a pass served; a cover does not tell it of its passes."""
    face_value_cents: Cents
    last_day: date
    remaining_count: int | None
    """Passes of the booklet that can still be used; only the cover tells."""
    size: int | None
    places: tuple[WhereTo, ...]
    """The nearest first where a commune was named, else by commune."""


def look_at_pass(
    database: Database, *, typed: str, address_hash: bytes, now: datetime, near: Point | None = None
) -> Look | None:
    """What the code of a pass tells; None when nothing bears it.

    Raises:
        TooManyLooks: too many unknown codes from there lately; nothing was looked up.
    """
    return _look(database, typed, address_hash, now, near, cover=False)


def look_at_cover(
    database: Database, *, typed: str, address_hash: bytes, now: datetime, near: Point | None = None
) -> Look | None:
    """What the code on a cover tells; None when nothing bears it.

    Raises:
        TooManyLooks: too many unknown codes from there lately; nothing was looked up.
    """
    return _look(database, typed, address_hash, now, near, cover=True)


def is_to_practise(typed: str) -> bool:
    """Whether that code is printed on paper to practise with, which is worth nothing."""
    try:
        return training.is_code(codes.digest(codes.read(typed)))
    except codes.MistypedCode:
        return False


def note_unknown(session: Session, *, address_hash: bytes, now: datetime) -> None:
    """Count a code that nothing bears against where it came from."""
    session.add(PublicLook(address_hash=address_hash, looked_at=now))
    session.flush()


def _look(
    database: Database,
    typed: str,
    address_hash: bytes,
    now: datetime,
    near: Point | None,
    *,
    cover: bool,
) -> Look | None:
    with database.transaction(writing=False) as session:
        _check_looks(session, address_hash, now)
        look = _found(session, typed, martinique_day(now), near, cover=cover)
    if look is None:
        # Counted again under a lock: looks sent together count too.
        with database.transaction() as session:
            hold(session, "public look", address_hash.hex())
            _check_looks(session, address_hash, now)
            note_unknown(session, address_hash=address_hash, now=now)
    return look


def _check_looks(session: Session, address_hash: bytes, now: datetime) -> None:
    looked = queries.looks_since(session, address_hash, since=now - LOOKS_WINDOW)
    if looked >= LOOKS_ALLOWED:
        raise TooManyLooks(minutes=int(LOOKS_WINDOW.total_seconds() // 60))


def _found(
    session: Session, typed: str, on: date, near: Point | None, *, cover: bool
) -> Look | None:
    try:
        code_hash = codes.digest(codes.read(typed))
    except codes.MistypedCode:
        return None
    if not cover:
        states = ledger.voucher_states(session, Voucher.code_hash == code_hash)
        return told(session, states, on, near, size=None) if states else None
    booklet = booklet_by_cover(session, code_hash)
    if booklet is None:
        return None
    ids = range(booklet.id, booklet.id + booklet.size)
    states = ledger.voucher_states(session, Voucher.id.in_(ids))
    return told(session, states, on, near, size=booklet.size)


def told(
    session: Session,
    states: Sequence[ledger.VoucherState],
    on: date,
    near: Point | None,
    *,
    size: int | None,
) -> Look:
    """What passes tell together: one, or those of a booklet of that size."""
    account = states[0].account
    terms = known_vintage(session, account.vintage_id)
    # What was annulled or replaced says nothing of a booklet of which other passes are left.
    counting = [s for s in states if s.account.kind is not AccountKind.VOID] or states
    found = [_usable(state, terms, on) for state in counting]
    # A booklet is what most matters of its passes: one that can be used, then why none can.
    order = (Usable.YES, Usable.BLOCKED, Usable.OVER, Usable.NOT_YET, Usable.USED)
    return Look(
        usable=(usable := min(found, key=order.index)),
        blocked_on=_blocked_on(session, states) if usable is Usable.BLOCKED else None,
        used_on=_used_on(session, states[0]) if usable is Usable.USED and not size else None,
        face_value_cents=Cents(account.face_value_cents),
        last_day=terms.valid_until,
        remaining_count=found.count(Usable.YES) if size else None,
        size=size,
        places=where_to(session, on, near) if usable is Usable.YES else (),
    )


def where_to(session: Session, on: date, near: Point | None) -> tuple[WhereTo, ...]:
    """Who takes passes that day: the nearest first, where it is known from where."""
    able = mediators.places_receiving(session, on=on)
    phones = partners.phones_of(session, [place.organisation.id for place in able])

    def reached(place: mediators.Place) -> WhereTo:
        one = place.organisation
        return WhereTo(
            one.name,
            one.commune,
            phones.get(one.id, ""),
            place.offer.hours,
            place.offer.access_notes or "",
            kilometres(place.where, near),
            place.address.street if place.address else "",
            place.where,
            place.exactly,
        )

    return tuple(
        sorted(
            map(reached, able),
            key=lambda one: (one.distance_km is None, one.distance_km or 0, one.commune, one.name),
        )
    )


def _blocked_on(session: Session, states: Sequence[ledger.VoucherState]) -> date | None:
    """The day of the opposition, if one is the reason."""
    blocked = [s for s in states if s.account.kind is AccountKind.BLOCKED]
    if not blocked:
        return None
    return martinique_day(ledger.history(session, blocked[0].id)[-1].occurred_at)


def _used_on(session: Session, state: ledger.VoucherState) -> date | None:
    """The day of the session for which the pass was given, the last one where it was undone."""
    acts = ledger.history(session, state.id)
    served = [act for act in acts if act.kind is MovementKind.REDEEM]
    return martinique_day(served[-1].occurred_at) if served else None


def _usable(state: ledger.VoucherState, terms: VintageTerms, on: date) -> Usable:
    usable = _BY_KIND.get(state.account.kind, Usable.NOT_YET)
    return Usable.OVER if usable is Usable.YES and on > terms.valid_until else usable
