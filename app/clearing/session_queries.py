"""Looking support sessions, typed sheets and the redemptions of a day up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.clearing.correction_models import Receivable, StatementOffset
from app.clearing.receipts import serial_in
from app.clearing.redemption_models import (
    Redemption,
    RedemptionReversal,
    SessionRedemption,
    SessionTopic,
    SupportSession,
    TypedSheet,
    TypedSheetDecision,
    TypedSheetLine,
)
from app.clearing.rules import RedemptionState, SheetState, Topic
from app.database.lists import Place, placed
from app.kernel.money import Cents
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Movement, Voucher
from app.mediators.models import Label
from app.partners.models import Agreement, Organisation
from app.partners.queries import organisations_in
from app.partners.rules import AgreementRole
from app.programmes.models import ProgrammeSettings, VintageTerms
from app.programmes.queries import stands

# ── What became of redemptions ────────────────────────────────────────────────────────────────────

_OFFSETS = (
    select(Movement.id)
    .join(StatementOffset, StatementOffset.posting_id == Movement.posting_id)
    .correlate(None)
)
"""The movements that settled passes without a payment: few statements are compensated whole."""

_STATE: ColumnElement[str] = case(
    (RedemptionReversal.id.is_not(None), RedemptionState.UNDONE),
    (
        exists(select(1).where(Receivable.redemption_id == Redemption.id).correlate(Redemption)),
        RedemptionState.TAKEN_BACK,
    ),
    (Voucher.last_movement_id == Redemption.movement_id, RedemptionState.OPEN),
    (AccountRow.kind == AccountKind.CLAIMED, RedemptionState.CLAIMED),
    (
        and_(AccountRow.kind == AccountKind.SETTLED, Voucher.last_movement_id.in_(_OFFSETS)),
        RedemptionState.OFFSET,
    ),
    (AccountRow.kind == AccountKind.SETTLED, RedemptionState.SETTLED),
    (AccountRow.kind == AccountKind.REDEEMED, RedemptionState.WITHDRAWN),
    else_=RedemptionState.TAKEN_BACK,
)
"""Where the pass rests now says how far its redemption has come."""


def _of_redemptions(*columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    return (
        select(*columns)
        .select_from(Redemption)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
    )


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What one mediator took for one day, of redemptions that have come equally far."""

    mediator_id: UUID
    state: RedemptionState
    voucher_count: int
    amount_cents: Cents


def day_totals(session: Session, on: date, *, mediator_id: UUID | None) -> list[DayTotal]:
    """The passes of a day by mediator and state; one mediator's or everybody's."""
    query = (
        _of_redemptions(
            Redemption.mediator_id,
            _STATE.label("state"),
            func.count(),
            func.sum(Redemption.amount_cents),
        )
        .where(Redemption.redeemed_on == on)
        .group_by(Redemption.mediator_id, "state")
        .order_by(Redemption.mediator_id, "state")
    )
    if mediator_id is not None:
        query = query.where(Redemption.mediator_id == mediator_id)
    return [
        DayTotal(mediator, RedemptionState(state), count, Cents(int(cents)))
        for mediator, state, count, cents in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class DayLine:
    """One redemption of a day, how far it has come, and the session that it paid for."""

    redemption: Redemption
    state: RedemptionState
    session_id: UUID | None
    voucher_id: int
    booklet_id: int

    @property
    def id(self) -> UUID:
        """The redemption's."""
        return self.redemption.id


REDEMPTIONS_BY = {"recu": (Redemption.movement_id,), "heure": (Redemption.redeemed_at,)}
"""What the redemptions of a day may be sorted by: a day has thousands of them at most."""


def day_lines(
    session: Session, on: date, place: Place, *, mediator_id: UUID | None
) -> list[DayLine]:
    """The redemptions of a day from that place of the list on, what was recorded last first."""
    told = _of_redemptions(Redemption, _STATE, SessionRedemption.session_id, Voucher.booklet_id)
    told = told.outerjoin(SessionRedemption, SessionRedemption.redemption_id == Redemption.id)
    query = placed(told, place, Redemption.id, REDEMPTIONS_BY).where(Redemption.redeemed_on == on)
    if mediator_id is not None:
        query = query.where(Redemption.mediator_id == mediator_id)
    return [_day_line(row) for row in session.execute(query)]


def lines_between(
    session: Session, mediator_id: UUID, *, since: date, until: date, limit: int | None
) -> list[DayLine]:
    """The redemptions of a mediator for those days, both included, the latest first."""
    rows = session.execute(
        _of_redemptions(Redemption, _STATE, SessionRedemption.session_id, Voucher.booklet_id)
        .outerjoin(SessionRedemption, SessionRedemption.redemption_id == Redemption.id)
        .where(Redemption.mediator_id == mediator_id, Redemption.redeemed_on.between(since, until))
        .order_by(Redemption.redeemed_on.desc(), Redemption.movement_id.desc())
        .limit(limit)
    )
    return [_day_line(row) for row in rows]


def sums_between(
    session: Session, mediator_id: UUID, *, since: date, until: date
) -> tuple[tuple[int, Cents], tuple[int, Cents]]:
    """What a mediator took for those days, and what of it was undone: passes and their value."""
    undone = RedemptionReversal.redemption_id.is_not(None)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Redemption.amount_cents), 0),
            func.count(RedemptionReversal.redemption_id),
            func.coalesce(func.sum(case((undone, Redemption.amount_cents), else_=0)), 0),
        )
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(Redemption.mediator_id == mediator_id, Redemption.redeemed_on.between(since, until))
    ).one()
    return (row[0], Cents(int(row[1]))), (row[2], Cents(int(row[3])))


def line_of(session: Session, redemption_id: UUID) -> DayLine:
    """One redemption, how far it has come, and the session that it paid for."""
    row = session.execute(
        _of_redemptions(Redemption, _STATE, SessionRedemption.session_id, Voucher.booklet_id)
        .outerjoin(SessionRedemption, SessionRedemption.redemption_id == Redemption.id)
        .where(Redemption.id == redemption_id)
    ).one()
    return _day_line(row)


def _day_line(row: Any) -> DayLine:  # noqa: ANN401 - a row of four columns
    redemption, state, session_id, booklet_id = row
    return DayLine(
        redemption, RedemptionState(state), session_id, redemption.voucher_id, booklet_id
    )


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────


def support_session(session: Session, session_id: UUID) -> SupportSession | None:
    """The session of that id."""
    return session.get(SupportSession, session_id)


def sessions_after(
    session: Session,
    after: UUID | None,
    *,
    limit: int,
    mediator_id: UUID | None,
    on: date | None = None,
) -> list[SupportSession]:
    """Sessions in the order of their ids, from after that one; one mediator's or everybody's."""
    query = select(SupportSession).order_by(SupportSession.id).limit(limit)
    if after is not None:
        query = query.where(SupportSession.id > after)
    if mediator_id is not None:
        query = query.where(SupportSession.mediator_id == mediator_id)
    if on is not None:
        query = query.where(SupportSession.held_on == on)
    return list(session.scalars(query))


def takers_of(session: Session, redemption_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Which mediator took each of these passes."""
    rows = session.execute(
        select(Redemption.id, Redemption.mediator_id).where(Redemption.id.in_(list(redemption_ids)))
    )
    return dict(rows.all())


SESSIONS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {"jour": (SupportSession.held_on,)}
"""Sessions are many: a list of them is sorted by nothing else, and filtered instead."""


def latest_sessions(
    session: Session,
    place: Place,
    *,
    mediator_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[SupportSession]:
    """Sessions from that place of the list on, the latest first; both days are included."""
    query = placed(select(SupportSession), place, SupportSession.id, SESSIONS_BY)
    if mediator_id is not None:
        query = query.where(SupportSession.mediator_id == mediator_id)
    if since is not None:
        query = query.where(SupportSession.held_on >= since)
    if until is not None:
        query = query.where(SupportSession.held_on <= until)
    return list(session.scalars(query))


def sessions_of_day(
    session: Session, on: date, *, mediator_id: UUID | None
) -> dict[UUID, tuple[int, int]]:
    """How many sessions each mediator held that day, and how many minutes they lasted."""
    query = (
        select(SupportSession.mediator_id, func.count(), func.sum(SupportSession.duration_minutes))
        .where(SupportSession.held_on == on)
        .group_by(SupportSession.mediator_id)
    )
    if mediator_id is not None:
        query = query.where(SupportSession.mediator_id == mediator_id)
    return {mediator: (count, int(minutes)) for mediator, count, minutes in session.execute(query)}


def topics_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[Topic]]:
    """What sessions were about, in the order of the vocabulary."""
    found: dict[UUID, set[Topic]] = {session_id: set() for session_id in ids}
    for row in session.execute(
        select(SessionTopic.session_id, SessionTopic.topic).where(
            SessionTopic.session_id.in_(list(found))
        )
    ):
        found[row.session_id].add(Topic(row.topic))
    return {key: [topic for topic in Topic if topic in topics] for key, topics in found.items()}


def passes_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[int, Cents]]:
    """How many passes paid for each session, and how much; those undone since do not count."""
    rows = session.execute(
        select(SessionRedemption.session_id, func.count(), func.sum(Redemption.amount_cents))
        .join(Redemption, Redemption.id == SessionRedemption.redemption_id)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(SessionRedemption.session_id.in_(list(ids)), RedemptionReversal.id.is_(None))
        .group_by(SessionRedemption.session_id)
    )
    return {session_id: (count, Cents(int(cents))) for session_id, count, cents in rows}


def links_among(session: Session, redemption_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Which session each of these redemptions paid for."""
    rows = session.execute(
        select(SessionRedemption.redemption_id, SessionRedemption.session_id).where(
            SessionRedemption.redemption_id.in_(redemption_ids)
        )
    )
    return dict(rows.all())


def serials_of(session: Session, redemption_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The printed numbers of the passes of redemptions, as their receipts name them."""
    rows = session.execute(
        select(Redemption.id, Redemption.receipt).where(Redemption.id.in_(redemption_ids))
    )
    return {redemption_id: serial_in(receipt) for redemption_id, receipt in rows}


def redemptions_of_session(session: Session, session_id: UUID) -> list[UUID]:
    """The redemptions that paid for a session, in the order of their ids."""
    return list(
        session.scalars(
            select(SessionRedemption.redemption_id)
            .where(SessionRedemption.session_id == session_id)
            .order_by(SessionRedemption.redemption_id)
        )
    )


# ── Passes that wait for their session ───────────────────────────────────────────────────────────


def _untold(taken: type[Redemption]) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a redemption, its voucher and the terms of its vintage.

    It is the pass's last, was made on a day whose settings ask for the session, and none is noted.
    """
    later = aliased(Redemption)
    last = select(func.max(later.movement_id)).where(later.voucher_id == Voucher.id)
    asked = (
        select(ProgrammeSettings.session_required)
        .where(
            ProgrammeSettings.programme_id == VintageTerms.programme_id,
            ProgrammeSettings.applies_from <= taken.redeemed_on,
            stands(),
        )
        .order_by(ProgrammeSettings.ordinal.desc())
        .limit(1)
        .correlate(VintageTerms, taken)
    )
    told = select(1).where(SessionRedemption.redemption_id == taken.id).correlate(taken)
    return (
        taken.voucher_id == Voucher.id,
        taken.movement_id == last.correlate(Voucher).scalar_subquery(),
        asked.scalar_subquery(),
        ~exists(told),
    )


def lacks_its_session() -> ColumnElement[bool]:
    """Of a voucher and the terms of its vintage: no statement takes it before its session is noted.

    The database holds the same rule against a statement (0012).
    """
    taken = aliased(Redemption)
    lacking = select(1).select_from(taken).where(*_untold(taken))
    return exists(lacking.correlate(Voucher, VintageTerms))


def only_with_session(session: Session, programme_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """What a run leaves out for want of a session; nothing is asked where no settings ask it."""
    asking = select(ProgrammeSettings.id).where(
        ProgrammeSettings.programme_id == programme_id, ProgrammeSettings.session_required
    )
    return (~lacks_its_session(),) if session.scalar(asking.limit(1)) else ()


def _vintages_asking(session: Session) -> Sequence[int]:
    """Vintages of programmes whose settings ever asked for sessions: mostly none."""
    asking = select(ProgrammeSettings.programme_id).where(ProgrammeSettings.session_required)
    return session.scalars(
        select(VintageTerms.vintage_id).where(VintageTerms.programme_id.in_(asking))
    ).all()


@dataclass(frozen=True, slots=True)
class Untold:
    """Passes of one mediator and day that no statement takes before their session is noted."""

    mediator_id: UUID
    on: date
    voucher_count: int
    amount_cents: Cents


def untold_sessions(
    session: Session, *, mediator_id: UUID | None = None, programme_id: UUID | None = None
) -> list[Untold]:
    """Days whose passes wait for their session, by mediator, the oldest first."""
    asking = _vintages_asking(session)
    if not asking:
        return []
    query = (
        select(
            AccountRow.party_id,
            Redemption.redeemed_on,
            func.count(),
            func.sum(Redemption.amount_cents),
        )
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .join(Redemption, Redemption.voucher_id == Voucher.id)
        .where(
            AccountRow.kind == AccountKind.REDEEMED,
            AccountRow.vintage_id.in_(asking),
            *_untold(Redemption),
        )
        .group_by(AccountRow.party_id, Redemption.redeemed_on)
        .order_by(AccountRow.party_id, Redemption.redeemed_on)
    )
    if mediator_id is not None:
        query = query.where(AccountRow.party_id == mediator_id)
    if programme_id is not None:
        query = query.where(VintageTerms.programme_id == programme_id)
    return [Untold(*row[:3], Cents(int(row[3]))) for row in session.execute(query)]


# ── Mediators ─────────────────────────────────────────────────────────────────────────────────────


def mediators(session: Session) -> list[tuple[UUID, str]]:
    """Whoever signed an agreement as a mediator and was given a label, by name."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.id.in_(
                select(Agreement.organisation_id).where(Agreement.role == AgreementRole.MEDIATOR)
            ),
            Organisation.id.in_(select(Label.organisation_id)),
        )
        .order_by(Organisation.name, Organisation.id)
    )
    return [(mediator_id, name) for mediator_id, name in rows]


# ── Typed sheets ──────────────────────────────────────────────────────────────────────────────────


def sheet(session: Session, sheet_id: UUID) -> TypedSheet | None:
    """The typed sheet of that id."""
    return session.get(TypedSheet, sheet_id)


def decision_of(session: Session, sheet_id: UUID) -> TypedSheetDecision | None:
    """How a sheet was decided, if it was."""
    return session.get(TypedSheetDecision, sheet_id)


def sheets_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None
) -> list[TypedSheet]:
    """Sheets in the order of their ids, from after that one; one mediator's or everybody's."""
    query = select(TypedSheet).order_by(TypedSheet.id).limit(limit)
    if after is not None:
        query = query.where(TypedSheet.id > after)
    if mediator_id is not None:
        query = query.where(TypedSheet.mediator_id == mediator_id)
    return list(session.scalars(query))


SHEET_STATE: ColumnElement[str] = func.coalesce(TypedSheetDecision.decision, SheetState.WAITING)
"""How far a sheet has come."""

SHEETS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "attente": (
        case((TypedSheetDecision.sheet_id.is_(None), 1), else_=0),
        TypedSheet.typed_at.desc(),
    ),
    "seances": (TypedSheet.held_on,),
    "saisie": (TypedSheet.typed_at,),
}


def latest_sheets(
    session: Session,
    place: Place,
    *,
    state: SheetState | None = None,
    mediator_id: UUID | None = None,
) -> list[TypedSheet]:
    """Sheets from that place of the list on: those to check first, then the latest."""
    query = select(TypedSheet).outerjoin(
        TypedSheetDecision, TypedSheetDecision.sheet_id == TypedSheet.id
    )
    query = placed(query, place, TypedSheet.id, SHEETS_BY)
    if state is not None:
        query = query.where(SHEET_STATE.in_([state]))
    if mediator_id is not None:
        query = query.where(TypedSheet.mediator_id == mediator_id)
    return list(session.scalars(query))


def mediators_of_sheets(session: Session) -> list[tuple[UUID, str]]:
    """Mediators for which a sheet was typed, by name."""
    return organisations_in(session, TypedSheet.mediator_id)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One pass of a sheet: its place, what is on the paper, and the hash that names its code."""

    id: UUID
    place: int
    voucher_id: int
    booklet_id: int
    code_hash: bytes
    amount_cents: Cents
    read_from: str


def lines_of_sheet(session: Session, sheet_id: UUID) -> list[SheetLine]:
    """The passes of a sheet, as on the paper."""
    rows = session.execute(
        select(
            TypedSheetLine.id,
            TypedSheetLine.place,
            TypedSheetLine.voucher_id,
            Voucher.booklet_id,
            Voucher.code_hash,
            Voucher.face_value_cents,
            TypedSheetLine.read_from,
        )
        .join(Voucher, Voucher.id == TypedSheetLine.voucher_id)
        .where(TypedSheetLine.sheet_id == sheet_id)
        .order_by(TypedSheetLine.place)
    )
    return [SheetLine(*row[:5], Cents(row[5]), row[6]) for row in rows]


def sizes_of_sheets(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[int, Cents]]:
    """How many passes each sheet names, and their face value."""
    rows = session.execute(
        select(TypedSheetLine.sheet_id, func.count(), func.sum(Voucher.face_value_cents))
        .join(Voucher, Voucher.id == TypedSheetLine.voucher_id)
        .where(TypedSheetLine.sheet_id.in_(list(ids)))
        .group_by(TypedSheetLine.sheet_id)
    )
    return {sheet_id: (count, Cents(int(cents))) for sheet_id, count, cents in rows}
