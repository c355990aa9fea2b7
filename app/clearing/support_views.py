"""What is told of support sessions, typed sheets and days, whole pages at a time."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import session_queries, sheets
from app.clearing.redemption_models import SupportSession, TypedSheet, TypedSheetDecision
from app.clearing.redemptions import ACCEPTED
from app.clearing.rules import RedemptionState, SheetState
from app.clearing.session_queries import DayTotal
from app.database.rows import rows_by
from app.kernel.money import Cents
from app.vouchers import queries as vouchers
from app.web.api import Json, shown

NOTHING = (0, Cents(0))


def sessions_shown(session: Session, held: Sequence[SupportSession]) -> list[Json]:
    """Sessions with their topics and what passes paid for them."""
    ids = [one.id for one in held]
    topics = session_queries.topics_of(session, ids)
    paid = session_queries.passes_of(session, ids)

    def told(one: SupportSession) -> Json:
        count, cents = paid.get(one.id, NOTHING)
        return shown(one, topics=topics[one.id], voucher_count=count, amount_cents=cents)

    return [told(one) for one in held]


def session_shown(session: Session, held: SupportSession) -> Json:
    """One session, with the redemptions that paid for it."""
    [told] = sessions_shown(session, [held])
    return {**told, "redemption_ids": session_queries.redemptions_of_session(session, held.id)}


def by_mediator(totals: Sequence[DayTotal]) -> dict[UUID, list[DayTotal]]:
    """The totals of a day, a list for each mediator."""
    found: dict[UUID, list[DayTotal]] = {}
    for total in totals:
        found.setdefault(total.mediator_id, []).append(total)
    return found


def day_shown(day: date, totals: Sequence[DayTotal], held: Mapping[UUID, tuple[int, int]]) -> Json:
    """A day by mediator: whoever took a pass or held a session."""
    gathered = by_mediator(totals)
    mediators = sorted({*gathered, *held}, key=str)

    def told(mediator_id: UUID) -> Json:
        states = gathered.get(mediator_id, [])
        kept = [total for total in states if total.state is not RedemptionState.UNDONE]
        sessions, minutes = held.get(mediator_id, (0, 0))
        return {
            "mediator_id": mediator_id,
            "voucher_count": sum(total.voucher_count for total in kept),
            "amount_cents": sum(total.amount_cents for total in kept),
            "session_count": sessions,
            "duration_minutes": minutes,
            "states": states,
        }

    return {"day": day, "mediators": [told(mediator_id) for mediator_id in mediators]}


def sheet_state(decision: TypedSheetDecision | None) -> SheetState:
    """How far a sheet has come."""
    return SheetState.WAITING if decision is None else SheetState(decision.decision)


def sheets_shown(session: Session, typed: Sequence[TypedSheet]) -> list[Json]:
    """Sheets, their size, and who decided."""
    ids = [one.id for one in typed]
    decisions = rows_by(session, TypedSheetDecision.sheet_id, ids)
    sizes = session_queries.sizes_of_sheets(session, ids)

    def told(one: TypedSheet) -> Json:
        decision = next(iter(decisions[one.id]), None)
        count, cents = sizes[one.id]
        return shown(
            one,
            state=sheet_state(decision),
            voucher_count=count,
            amount_cents=cents,
            decided_by=decision.decided_by if decision else None,
            decided_at=decision.decided_at if decision else None,
            reason=decision.reason if decision else None,
            session=one.told_session,
        )

    return [told(one) for one in typed]


def sheet_shown(session: Session, typed: TypedSheet) -> Json:
    """One sheet with its passes and, once it is approved, the verdict of each."""
    [told] = sheets_shown(session, [typed])
    lines = session_queries.lines_of_sheet(session, typed.id)
    serials = vouchers.serial_numbers(session, [(one.voucher_id, one.booklet_id) for one in lines])
    verdicts = sheets.verdicts_of(session, typed.id)

    def line_told(line: session_queries.SheetLine) -> Json:
        verdict = verdicts.get(line.id)
        refusal = verdict.refusal if verdict else None
        return {
            "place": line.place,
            "serial": str(serials[line.voucher_id]),
            "read_from": line.read_from,
            "redemption_id": line.id,
            "verdict": None if verdict is None else refusal.code if refusal else ACCEPTED,
            "detail": refusal.message if refusal else None,
        }

    return {**told, "lines": [line_told(line) for line in lines]}
