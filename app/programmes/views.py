"""What is told of programmes and vintages, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import ledger
from app.database import rows_by
from app.programmes.models import Entitlement, Programme, VintageTerms
from app.web.api import Json, shown


def programmes_shown(session: Session, programmes: Sequence[Programme]) -> list[Json]:
    """Programmes with what each public is entitled to."""
    ids = [programme.id for programme in programmes]
    entitlements = rows_by(session, Entitlement.programme_id, ids, Entitlement.public)
    return [shown(p, entitlements=entitlements[p.id]) for p in programmes]


def vintages_shown(session: Session, vintages: Sequence[VintageTerms]) -> list[Json]:
    """Vintages with their face value, which the ledger keeps."""
    return [
        shown(v, id=v.vintage_id, face_value_cents=ledger.face_value(session, v.vintage_id))
        for v in vintages
    ]
