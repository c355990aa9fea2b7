"""What is told of consignments and requests for booklets, whole pages at a time."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.rows import rows_by
from app.ledger.models import Voucher
from app.prescribers import custody_queries as queries
from app.prescribers.custody_models import (
    BookletRequest,
    BookletRequestAnswer,
    Consignment,
    ConsignmentAnswer,
    ConsignmentFinding,
    ConsignmentRange,
)
from app.prescribers.custody_rules import Answer, ConsignmentState, Finding, RequestState
from app.prescribers.recalls import Recall
from app.vouchers.queries import booklet_numbers
from app.web.api import Json, shown


def state_of(answer: ConsignmentAnswer | None, *, lacks: bool) -> ConsignmentState:
    """Where a consignment stands."""
    if answer is None:
        return ConsignmentState.IN_TRANSIT
    if answer.answer == Answer.CANCELLED:
        return ConsignmentState.CANCELLED
    return ConsignmentState.RECEIVED_SHORT if lacks else ConsignmentState.RECEIVED


def answers_to(
    session: Session, consignment_ids: Sequence[UUID]
) -> dict[UUID, ConsignmentAnswer | None]:
    """How each of these consignments ended, None for those still on their way."""
    found = rows_by(session, ConsignmentAnswer.consignment_id, consignment_ids)
    return {one: next(iter(rows), None) for one, rows in found.items()}


def allocations_shown(session: Session, consignments: Sequence[Consignment]) -> list[Json]:
    """Consignments with their booklets by printed number, and how they ended."""
    ids = [consignment.id for consignment in consignments]
    ranges = rows_by(
        session, ConsignmentRange.consignment_id, ids, ConsignmentRange.first_voucher_id
    )
    findings = rows_by(
        session, ConsignmentFinding.consignment_id, ids, ConsignmentFinding.booklet_id
    )
    answers, lacking = answers_to(session, ids), queries.still_missing(session, ids)
    ends = {i for r in ranges.values() for x in r for i in (x.first_voucher_id, x.last_voucher_id)}
    booklet_of = {v.id: v.booklet_id for v in ledger.voucher_states(session, Voucher.id.in_(ends))}
    numbers = booklet_numbers(
        session,
        {*booklet_of.values(), *(f.booklet_id for rows in findings.values() for f in rows)},
    )

    def one(consignment: Consignment) -> Json:
        answer = answers[consignment.id]
        return shown(
            consignment,
            state=state_of(answer, lacks=bool(lacking[consignment.id])),
            booklets=[
                {
                    "first": str(numbers[booklet_of[r.first_voucher_id]]),
                    "last": str(numbers[booklet_of[r.last_voucher_id]]),
                    "voucher_count": r.last_voucher_id - r.first_voucher_id + 1,
                }
                for r in ranges[consignment.id]
            ],
            still_missing=[str(numbers[booklet_id]) for booklet_id in lacking[consignment.id]],
            damaged=[
                str(numbers[f.booklet_id])
                for f in findings[consignment.id]
                if f.finding == Finding.DAMAGED
            ],
            answered_by=answer.answered_by if answer else None,
            answered_at=answer.answered_at if answer else None,
            note=answer.note if answer else None,
        )

    return [one(consignment) for consignment in consignments]


def requests_shown(session: Session, requests: Sequence[BookletRequest]) -> list[Json]:
    """Requests with their answers."""
    answers = rows_by(session, BookletRequestAnswer.request_id, [asked.id for asked in requests])

    def one(asked: BookletRequest) -> Json:
        answer: BookletRequestAnswer | None = next(iter(answers[asked.id]), None)
        return shown(
            asked,
            state=RequestState(answer.answer) if answer else RequestState.PENDING,
            allocation_id=answer.consignment_id if answer else None,
            declined_because=answer.reason if answer else None,
            answered_by=answer.answered_by if answer else None,
            answered_at=answer.answered_at if answer else None,
        )

    return [one(asked) for asked in requests]


def recall_shown(recall: Recall) -> Json:
    """What one holder must return of one programme."""
    return {
        "holder_id": recall.holder_id,
        "programme_id": recall.programme_id,
        "reason": recall.reason,
        "since": recall.since,
        "booklets": [
            {"first": first, "last": last, "voucher_count": held.count * held.size}
            for (first, last), held in zip(recall.runs, recall.booklets, strict=True)
        ],
        "booklet_count": recall.booklet_count,
        "voucher_count": recall.voucher_count,
        "amount_cents": recall.amount_cents,
    }
