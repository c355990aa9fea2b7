"""Looking consignments, what they lack, and requests for booklets up."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.ledger import AccountKind, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.mediators.queries import may_hold
from app.partners.models import Agreement, Organisation
from app.partners.queries import agreement_covers
from app.partners.rules import AgreementRole
from app.prescribers.custody_models import (
    BookletRequest,
    BookletRequestAnswer,
    Consignment,
    ConsignmentAnswer,
    ConsignmentFinding,
    ConsignmentRange,
    SettledBooklet,
    ShortfallSettlement,
)
from app.prescribers.custody_rules import (
    Answer,
    ConsignmentKind,
    ConsignmentState,
    Finding,
    RequestAnswer,
    RequestState,
)
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.programmes.models import VintageTerms
from app.vouchers.models import Booklet
from app.vouchers.resting import resting_in

# ── Consignments ──────────────────────────────────────────────────────────────────────────────────


def consignment(session: Session, consignment_id: UUID) -> Consignment | None:
    """The consignment of that id."""
    return session.get(Consignment, consignment_id)


def consignment_by_number(session: Session, number: str) -> Consignment | None:
    """The consignment of that number, as printed."""
    return session.scalar(select(Consignment).where(Consignment.number == number))


def consignments_after(
    session: Session,
    after: UUID | None,
    *,
    limit: int,
    party_id: UUID | None = None,
    kind: ConsignmentKind | None = None,
    state: ConsignmentState | None = None,
    recipient_id: UUID | None = None,
) -> list[Consignment]:
    """Consignments in the order of their ids, from after that one; one party's or all."""
    query = _chosen(select(Consignment), party_id, kind, state, recipient_id)
    query = query.order_by(Consignment.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(Consignment.id > after)))


CONSIGNMENTS_BY = {"depart": (Consignment.sent_on,)}
"""What a list of consignments may be sorted by; a scheme makes hundreds of them."""


def latest_consignments(
    session: Session,
    place: Place,
    *,
    party_id: UUID | None = None,
    kind: ConsignmentKind | None = None,
    state: ConsignmentState | None = None,
    recipient_id: UUID | None = None,
    sender_id: UUID | None = None,
    sent_by: date | None = None,
    of_vintages: Collection[int] | None = None,
) -> list[Consignment]:
    """The same as people read them, from that place of the list on: the latest first."""
    query = placed(select(Consignment), place, Consignment.id, CONSIGNMENTS_BY)
    if sender_id is not None:
        query = query.where(Consignment.sender_id == sender_id)
    if sent_by is not None:
        query = query.where(Consignment.sent_on <= sent_by)
    if of_vintages is not None:
        takes = select(ConsignmentRange.consignment_id).where(
            ConsignmentRange.consignment_id == Consignment.id,
            ConsignmentRange.vintage_id.in_(of_vintages),
        )
        query = query.where(takes.exists())
    return list(session.scalars(_chosen(query, party_id, kind, state, recipient_id)))


def returns_in_transit(session: Session, *, sender_id: UUID | None = None) -> list[Consignment]:
    """Returns that nobody has counted or called back; one sender's or all."""
    query = select(Consignment).where(
        Consignment.kind == ConsignmentKind.RETURN, _in_state(ConsignmentState.IN_TRANSIT)
    )
    if sender_id is not None:
        query = query.where(Consignment.sender_id == sender_id)
    return list(session.scalars(query))


def recipients(session: Session) -> list[tuple[UUID, str]]:
    """Whoever booklets were ever sent to, by name."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_(select(Consignment.recipient_id)))
        .order_by(Organisation.name)
    )
    return [(party, name) for party, name in rows]


def _chosen(
    query: Select[Any],
    party_id: UUID | None,
    kind: ConsignmentKind | None,
    state: ConsignmentState | None,
    recipient_id: UUID | None,
) -> Select[Any]:
    if party_id is not None:
        query = query.where(
            or_(Consignment.sender_id == party_id, Consignment.recipient_id == party_id)
        )
    if kind is not None:
        query = query.where(Consignment.kind == kind)
    if recipient_id is not None:
        query = query.where(Consignment.recipient_id == recipient_id)
    return query if state is None else query.where(_in_state(state))


def _in_state(state: ConsignmentState) -> ColumnElement[bool]:
    """Whether a consignment stands there: which rows exist."""
    answered = select(ConsignmentAnswer.id).where(
        ConsignmentAnswer.consignment_id == Consignment.id
    )
    if state is ConsignmentState.IN_TRANSIT:
        return ~answered.exists()
    if state is ConsignmentState.CANCELLED:
        return answered.where(ConsignmentAnswer.answer == Answer.CANCELLED).exists()
    lacks = _still_missing().where(ConsignmentFinding.consignment_id == Consignment.id).exists()
    received = answered.where(ConsignmentAnswer.answer == Answer.RECEIVED).exists()
    return and_(received, lacks if state is ConsignmentState.RECEIVED_SHORT else ~lacks)


def _still_missing() -> Select[UUID, int]:
    """Booklets counted as missing that nobody has settled."""
    settled = select(SettledBooklet.booklet_id).where(
        SettledBooklet.consignment_id == ConsignmentFinding.consignment_id,
        SettledBooklet.booklet_id == ConsignmentFinding.booklet_id,
    )
    return select(ConsignmentFinding.consignment_id, ConsignmentFinding.booklet_id).where(
        ConsignmentFinding.finding == Finding.MISSING, ~settled.exists()
    )


def ranges_of(session: Session, consignment_id: UUID) -> list[ConsignmentRange]:
    """What a consignment took along."""
    return list(
        session.scalars(
            select(ConsignmentRange)
            .where(ConsignmentRange.consignment_id == consignment_id)
            .order_by(ConsignmentRange.first_voucher_id)
        )
    )


def booklets_of(session: Session, consignment_id: UUID) -> list[Booklet]:
    """The booklets of a consignment, in the order of their ids."""
    return list(
        session.scalars(
            select(Booklet)
            .join(
                ConsignmentRange,
                Booklet.id.between(
                    ConsignmentRange.first_voucher_id, ConsignmentRange.last_voucher_id
                ),
            )
            .where(ConsignmentRange.consignment_id == consignment_id)
            .order_by(Booklet.id)
        )
    )


def booklets_counted(session: Session, consignment_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many booklets each of these consignments took along."""
    rows = session.execute(
        select(ConsignmentRange.consignment_id, func.count())
        .join(
            Booklet,
            Booklet.id.between(ConsignmentRange.first_voucher_id, ConsignmentRange.last_voucher_id),
        )
        .where(ConsignmentRange.consignment_id.in_(set(consignment_ids)))
        .group_by(ConsignmentRange.consignment_id)
    )
    return {consignment_id: int(count) for consignment_id, count in rows}


def findings_of(session: Session, consignment_id: UUID) -> list[ConsignmentFinding]:
    """What the count of a consignment found missing or damaged."""
    return list(
        session.scalars(
            select(ConsignmentFinding)
            .where(ConsignmentFinding.consignment_id == consignment_id)
            .order_by(ConsignmentFinding.booklet_id)
        )
    )


def settlements_of(session: Session, consignment_id: UUID) -> list[tuple[ShortfallSettlement, int]]:
    """What became of missing booklets, one by one, the earliest first."""
    rows = session.execute(
        select(ShortfallSettlement, SettledBooklet.booklet_id)
        .join(SettledBooklet, SettledBooklet.settlement_id == ShortfallSettlement.id)
        .where(ShortfallSettlement.consignment_id == consignment_id)
        .order_by(ShortfallSettlement.settled_at, SettledBooklet.booklet_id)
    )
    return [(settlement, booklet_id) for settlement, booklet_id in rows]


def answer_of(session: Session, consignment_id: UUID) -> ConsignmentAnswer | None:
    """How a consignment ended, if it did."""
    return session.scalar(
        select(ConsignmentAnswer).where(ConsignmentAnswer.consignment_id == consignment_id)
    )


def movements_of(session: Session, posting_id: UUID) -> list[int]:
    """The movements of an act."""
    return list(
        session.scalars(
            select(Movement.id).where(Movement.posting_id == posting_id).order_by(Movement.id)
        )
    )


def still_missing(session: Session, consignment_ids: Iterable[UUID]) -> dict[UUID, list[int]]:
    """Booklets that consignments still lack, by consignment, each in the order of ids."""
    wanted = set(consignment_ids)
    rows = session.execute(
        _still_missing()
        .where(ConsignmentFinding.consignment_id.in_(wanted))
        .order_by(ConsignmentFinding.booklet_id)
    )
    found: dict[UUID, list[int]] = {one: [] for one in wanted}
    for consignment_id, booklet_id in rows:
        found[consignment_id].append(booklet_id)
    return found


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────


def booklet_request(session: Session, request_id: UUID) -> BookletRequest | None:
    """The request of that id."""
    return session.get(BookletRequest, request_id)


def booklet_request_by_number(session: Session, number: str) -> BookletRequest | None:
    """The request of that number."""
    return session.scalar(select(BookletRequest).where(BookletRequest.number == number))


def answer_to(session: Session, request_id: UUID) -> BookletRequestAnswer | None:
    """The answer to a request, if it has one."""
    return session.scalar(
        select(BookletRequestAnswer).where(BookletRequestAnswer.request_id == request_id)
    )


def request_behind(session: Session, consignment_id: UUID) -> BookletRequest | None:
    """The request that an allocation answers, if any."""
    return session.scalar(
        select(BookletRequest)
        .join(BookletRequestAnswer, BookletRequestAnswer.request_id == BookletRequest.id)
        .where(BookletRequestAnswer.consignment_id == consignment_id)
    )


def requests_after(
    session: Session,
    after: UUID | None,
    *,
    limit: int,
    prescriber_id: UUID | None = None,
) -> list[BookletRequest]:
    """Requests in the order of their ids, from after that one; one prescriber's or all."""
    query = select(BookletRequest).order_by(BookletRequest.id).limit(limit)
    if after is not None:
        query = query.where(BookletRequest.id > after)
    if prescriber_id is not None:
        query = query.where(BookletRequest.prescriber_id == prescriber_id)
    return list(session.scalars(query))


REQUESTS_BY = {"demande": (BookletRequest.requested_at,)}


def latest_requests(
    session: Session,
    place: Place,
    *,
    prescriber_id: UUID | None = None,
    state: RequestState | None = None,
) -> list[BookletRequest]:
    """The latest requests first; one prescriber's or all, in one state or any."""
    query = placed(select(BookletRequest), place, BookletRequest.id, REQUESTS_BY)
    if prescriber_id is not None:
        query = query.where(BookletRequest.prescriber_id == prescriber_id)
    answered = select(BookletRequestAnswer.id).where(
        BookletRequestAnswer.request_id == BookletRequest.id
    )
    if state is RequestState.PENDING:
        query = query.where(~answered.exists())
    elif state is not None:
        wanted = RequestAnswer(str(state))
        query = query.where(answered.where(BookletRequestAnswer.answer == wanted).exists())
    return list(session.scalars(query))


# ── Who holds what ────────────────────────────────────────────────────────────────────────────────


MOST_INCOMPLETE = 200
"""Incomplete booklets that a page names: more are a matter for a count."""


@dataclass(frozen=True, slots=True)
class Held:
    """Booklets with consecutive numbers, of one size and vintage, that rest in one account."""

    kind: str
    party_id: UUID
    counterparty_id: UUID
    vintage_id: int
    label: str
    size: int
    first_number: int
    last_number: int

    @property
    def count(self) -> int:
        """How many booklets."""
        return self.last_number - self.first_number + 1


@dataclass(frozen=True, slots=True)
class Incomplete:
    """What is left of a booklet in one account, when some of its passes rest elsewhere."""

    party_id: UUID
    label: str
    number: int
    size: int
    first_id: int
    last_id: int
    here_count: int
    blocked_count: int
    """Of the others, those that are blocked."""


class StockReading:
    """What rests in accounts of some kinds, read once and told as often as is asked.

    With a party, what rests with it, and what is on its way from it or to it.
    """

    def __init__(
        self, session: Session, kinds: Sequence[str], *, party_id: UUID | None = None
    ) -> None:
        self.session = session
        query = select(
            AccountRow.id, AccountRow.kind, AccountRow.party_id, AccountRow.counterparty_id
        ).where(AccountRow.kind.in_(kinds))
        if party_id is not None:
            query = query.where(
                or_(AccountRow.party_id == party_id, AccountRow.counterparty_id == party_id)
            )
        self._accounts = {row.id: row for row in session.execute(query)}
        self._labels: dict[int, str] = dict(
            session.execute(select(VintageTerms.vintage_id, VintageTerms.label)).all()
        )
        self._found = resting_in(session, self._accounts)

    def held(self) -> list[Held]:
        """Whole booklets in the fewest runs of numbers, by holder.

        A booklet of which a pass rests elsewhere (blocked, withheld) is whole nowhere, and is not
        told.
        """
        holders = sorted({account.party_id for account in self._accounts.values()})
        place_of = {party_id: place for place, party_id in enumerate(holders)}
        runs = [
            (place_of[account.party_id], self._labels[run.vintage_id], account.id, run)
            for account in self._accounts.values()
            for run in self._found[account.id].runs
        ]
        runs.sort(key=lambda one: (one[0], one[1], -one[3].size, one[3].first_number))
        held = []
        for _, label, account_id, run in runs:
            account = self._accounts[account_id]
            held.append(
                Held(
                    account.kind,
                    account.party_id,
                    account.counterparty_id,
                    run.vintage_id,
                    label,
                    run.size,
                    run.first_number,
                    run.last_number,
                )
            )
        return held

    def incomplete(self, party_id: UUID | None = None) -> list[Incomplete]:
        """Booklets of which some passes rest here, and not all of them; of all or of one holder."""
        parts = [
            (account.party_id, self._labels[part.vintage_id], part)
            for account in self._accounts.values()
            if party_id is None or party_id == account.party_id
            for part in self._found[account.id].parts
        ]
        parts.sort(key=lambda one: (one[0], one[1], one[2].number, one[2].first_id))
        told = parts[:MOST_INCOMPLETE]
        blocked = self._blocked_counts({part.booklet_id for *_, part in told})
        return [
            Incomplete(
                party,
                label,
                part.number,
                part.size,
                part.first_id,
                part.last_id,
                part.here_count,
                blocked.get(part.booklet_id, 0),
            )
            for party, label, part in told
        ]

    def _blocked_counts(self, booklet_ids: Collection[int]) -> dict[int, int]:
        rows = self.session.execute(
            select(Voucher.booklet_id, func.count())
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .join(Booklet, Voucher.id.between(Booklet.id, Booklet.id + Booklet.size - 1))
            .where(Booklet.id.in_(booklet_ids), AccountRow.kind == AccountKind.BLOCKED)
            .group_by(Voucher.booklet_id)
        )
        return dict(rows.all())


class HeldBack(NamedTuple):
    """Booklets of a vintage in a drawer that a hold withholds, and since when."""

    vintage_id: int
    label: str
    booklet_count: int
    since: datetime


def held_back(session: Session, party_id: UUID) -> list[HeldBack]:
    """What lies in a drawer and may not be handed out any more, by vintage.

    What the end of validity let expire is not told: it is worth nothing.
    """
    rows = session.execute(
        select(
            AccountRow.vintage_id,
            VintageTerms.label,
            func.count(Voucher.booklet_id.distinct()),
            select(func.min(Posting.occurred_at))
            .join(Movement, Movement.posting_id == Posting.id)
            .where(
                Movement.credit_account_id == AccountRow.id,
                Movement.kind == MovementKind.WITHHOLD,
            )
            .correlate(AccountRow)
            .scalar_subquery(),
        )
        .join(Voucher, Voucher.account_id == AccountRow.id)
        .join(VintageTerms, VintageTerms.vintage_id == AccountRow.vintage_id)
        .where(AccountRow.kind == AccountKind.WITHHELD, AccountRow.party_id == party_id)
        .group_by(AccountRow.id, AccountRow.vintage_id, VintageTerms.label)
        .order_by(VintageTerms.label)
    )
    return [HeldBack(*row) for row in rows]


def held_booklets(
    session: Session, kinds: Sequence[str], *, party_id: UUID | None = None
) -> list[Held]:
    """Whole booklets that rest in accounts of those kinds: see `StockReading`."""
    return StockReading(session, kinds, party_id=party_id).held()


def missing_numbers(session: Session) -> set[tuple[int, int]]:
    """Booklets that counts did not find and that nobody has settled: vintage and number."""
    lost = _still_missing().subquery()
    rows = session.execute(
        select(Booklet.vintage_id, Booklet.number).join(lost, lost.c.booklet_id == Booklet.id)
    )
    return {(vintage_id, number) for vintage_id, number in rows}


def handed_over_since(session: Session, prescriber_id: UUID, *, since: date) -> dict[int, int]:
    """Booklets that a prescriber has handed to people since that day, by size."""
    rows = session.execute(
        select(PrescriptionBooklet.booklet_size, func.count())
        .join(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
        .where(Prescription.prescriber_id == prescriber_id, Prescription.prescribed_on >= since)
        .group_by(PrescriptionBooklet.booklet_size)
    )
    return {size: int(count) for size, count in rows}


def prescribers_on(session: Session, day: date) -> list[Organisation]:
    """Who may receive booklets that day, by name."""
    signed = select(Agreement.organisation_id).where(
        Agreement.role == AgreementRole.PRESCRIBER, *agreement_covers(day)
    )
    return list(
        session.scalars(
            select(Organisation)
            .where(Organisation.id.in_(signed), may_hold(day))
            .order_by(Organisation.name)
        )
    )
