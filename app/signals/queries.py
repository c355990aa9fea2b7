"""Reading what signals are made of, and the signals themselves."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import SQLColumnExpression, case, exists, func, select
from sqlalchemy.orm import Session

from app.clearing.redemption_models import (
    Redemption,
    RedemptionAttempt,
    RedemptionReversal,
    SessionRedemption,
    SupportSession,
)
from app.database.lists import Place, placed
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.signals.models import Signal, SignalDecision
from app.signals.rules import SignalKind, Taken
from app.vouchers.errors import UnknownVoucher
from app.vouchers.models import Booklet


def taken_since(session: Session, since: date, *, vintages: Collection[int]) -> list[Taken]:
    """Passes taken from that day on and not given back since."""
    undone = exists().where(RedemptionReversal.redemption_id == Redemption.id)
    described = exists().where(SessionRedemption.redemption_id == Redemption.id)
    rows = session.execute(
        select(
            Redemption.voucher_id,
            Booklet.id,
            Booklet.size,
            Redemption.mediator_id,
            AccountRow.party_id,
            Redemption.redeemed_on,
            Posting.occurred_at,
            described,
        )
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(Booklet, Booklet.id == Voucher.booklet_id)
        .join(Posting, Posting.id == Redemption.id)
        .join(Movement, Movement.id == Redemption.movement_id)
        .join(AccountRow, AccountRow.id == Movement.debit_account_id)
        .where(
            Redemption.redeemed_on >= since,
            Redemption.vintage_id.in_(vintages),
            ~undone,
        )
    )
    return [Taken(*row[:-1], bool(row[-1])) for row in rows]


def sessions_since(session: Session, since: date) -> dict[UUID, list[date]]:
    """Days on which each mediator declared a session."""
    rows = session.execute(
        select(SupportSession.mediator_id, SupportSession.held_on)
        .where(SupportSession.held_on >= since)
        .distinct()
    )
    found: dict[UUID, list[date]] = {}
    for mediator_id, day in rows:
        found.setdefault(mediator_id, []).append(day)
    return found


def unknown_codes_since(session: Session, since: datetime) -> list[tuple[int, datetime]]:
    """Who typed a code that nothing bears, and when."""
    rows = session.execute(
        select(RedemptionAttempt.agent_id, RedemptionAttempt.attempted_at).where(
            RedemptionAttempt.verdict == UnknownVoucher.code,
            RedemptionAttempt.attempted_at >= since,
        )
    )
    return [(agent_id, at) for agent_id, at in rows]


def signal(session: Session, signal_id: UUID) -> Signal | None:
    """The signal of that id."""
    return session.get(Signal, signal_id)


def known_ids(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these signals that were told before."""
    return set(session.scalars(select(Signal.id).where(Signal.id.in_(ids))))


def decisions_of(session: Session, ids: Collection[UUID]) -> dict[UUID, SignalDecision]:
    """What was decided of these signals."""
    rows = session.scalars(select(SignalDecision).where(SignalDecision.signal_id.in_(ids)))
    return {row.signal_id: row for row in rows}


def waiting_count(session: Session) -> int:
    """How many signals nobody has decided."""
    told = exists().where(SignalDecision.signal_id == Signal.id)
    return session.scalar(select(func.count()).select_from(Signal).where(~told)) or 0


def signals_after(
    session: Session, after: UUID | None, *, limit: int, decided: bool | None = None
) -> list[Signal]:
    """Signals in the order of their ids, from after that one."""
    query = select(Signal).order_by(Signal.id).limit(limit)
    if after is not None:
        query = query.where(Signal.id > after)
    if decided is not None:
        told = exists().where(SignalDecision.signal_id == Signal.id)
        query = query.where(told if decided else ~told)
    return list(session.scalars(query))


_DECIDED = exists().where(SignalDecision.signal_id == Signal.id)

SIGNALS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "jour": (Signal.acted_on,),
    "attente": (case((_DECIDED, 0), else_=1), Signal.acted_on.desc()),
}


def latest_signals(
    session: Session,
    place: Place,
    *,
    kind: SignalKind | None = None,
    decided: bool | None = None,
) -> list[Signal]:
    """Signals from that place of the list on, by the day they are about, the latest first."""
    query = placed(select(Signal), place, Signal.id, SIGNALS_BY)
    if kind is not None:
        query = query.where(Signal.kind == kind)
    if decided is not None:
        query = query.where(_DECIDED if decided else ~_DECIDED)
    return list(session.scalars(query))
