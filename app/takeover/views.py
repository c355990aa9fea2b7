"""What is told of a procès-verbal."""

from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.partners import queries as partners
from app.programmes.service import known_programme
from app.takeover import queries, service
from app.takeover.models import Takeover
from app.takeover.papers import Report


def report_of(session: Session, record: Takeover) -> Report:
    """A procès-verbal with its totals and the names of holders."""
    programme = known_programme(session, record.programme_id)
    approval = queries.approval(session, record.id)
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
        fingerprint=record.file_hash.hex()[:16],
        line_count=queries.lot_count(session, record.id),
        totals=tuple(totals),
        holders={str(holder): names[holder] for holder in holders},
    )
