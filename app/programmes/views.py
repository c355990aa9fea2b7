"""What is told of programmes and vintages, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import ledger
from app.programmes import queries
from app.programmes.models import Programme, VintageTerms
from app.web.api import Json, shown


def programmes_shown(session: Session, programmes: Sequence[Programme]) -> list[Json]:
    """Programmes with what each public is entitled to."""
    entitlements = queries.entitlements_by_programme(session, [p.id for p in programmes])
    return [shown(p, entitlements=entitlements.get(p.id, [])) for p in programmes]


def vintages_shown(session: Session, vintages: Sequence[VintageTerms]) -> list[Json]:
    """Vintages with their face value, which the ledger keeps."""
    return [
        shown(v, id=v.vintage_id, face_value_cents=ledger.face_value(session, v.vintage_id))
        for v in vintages
    ]
