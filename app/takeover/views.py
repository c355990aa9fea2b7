"""What is told of a procès-verbal."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.partners import queries as partners
from app.programmes.service import known_programme
from app.takeover import queries, service
from app.takeover.checking import Reading
from app.takeover.models import Takeover
from app.takeover.papers import Report
from app.takeover.rules import Total
from app.web.api import Json, shown


def report_of(session: Session, record: Takeover) -> Report:
    """A procès-verbal with its totals and the names of holders."""
    programme = known_programme(session, record.programme_id)
    approval = queries.approval(session, record.id)
    refusal = queries.refusal(session, record.id)
    totals = service.takeover_totals(session, record)
    holders = service.holder_ids(totals)
    names = partners.organisation_names(session, {programme.sponsor_id, *holders})
    return Report(
        number=record.number,
        sponsor=names[programme.sponsor_id],
        programme=programme.name,
        counted_on=record.counted_on,
        prepared_at=record.prepared_at,
        approved_on=martinique_day(approval.approved_at) if approval else None,
        refused_on=martinique_day(refusal.refused_at) if refusal else None,
        reason=refusal.reason if refusal else "",
        fingerprint=record.file_hash.hex()[:16],
        line_count=queries.lot_count(session, record.id),
        totals=tuple(totals),
        holders={str(holder): names[holder] for holder in holders},
    )


def checked_shown(reading: Reading) -> Json:
    """The verdicts on a file."""
    return {
        "line_count": reading.faults.line_count,
        "fault_count": reading.faults.count,
        "faults": reading.faults.kept,
        "voucher_count": reading.voucher_count,
        "totals": totals_shown(reading.totals),
    }


def takeovers_shown(session: Session, records: Sequence[Takeover]) -> list[Json]:
    """Procès-verbaux with their totals and what became of them."""
    ids, told = [record.id for record in records], []
    approvals, refusals = queries.approvals(session, ids), queries.refusals(session, ids)
    counted = service.takeovers_totals(session, records)
    for record in records:
        approval, refusal = approvals.get(record.id), refusals.get(record.id)
        told.append(
            shown(
                record,
                approved_at=approval.approved_at if approval else None,
                refused_at=refusal.refused_at if refusal else None,
                reason=refusal.reason if refusal else None,
                totals=totals_shown(counted[record.id]),
            )
        )
    return told


def totals_shown(totals: Iterable[Total]) -> list[Json]:
    """Totals with the ids of their holders."""
    return [
        {
            "vintage": total.vintage,
            "place": total.place,
            "holder_id": UUID(total.holder) if total.holder else None,
            "booklets_of_10": total.tens,
            "booklets_of_5": total.fives,
            "voucher_count": total.voucher_count,
            "used_count": total.used_count,
            "amount_cents": total.amount_cents,
        }
        for total in totals
    ]
