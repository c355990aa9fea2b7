"""What is told of programmes and vintages, whole pages at a time."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from app import ledger
from app.database import rows_by
from app.programmes.models import Entitlement, Programme, ProgrammeSettings, VintageTerms
from app.web.api import Json, shown


def programmes_shown(session: Session, programmes: Sequence[Programme], *, on: date) -> list[Json]:
    """Programmes with what each public is entitled to on that day."""
    ids = [programme.id for programme in programmes]
    versions = rows_by(
        session, ProgrammeSettings.programme_id, ids, ProgrammeSettings.ordinal.desc()
    )
    applied = {
        programme_id: next((s for s in found if s.applies_from <= on), found[-1])
        for programme_id, found in versions.items()
    }
    entitlements = rows_by(
        session, Entitlement.settings_id, [s.id for s in applied.values()], Entitlement.public
    )
    return [shown(p, entitlements=entitlements[applied[p.id].id]) for p in programmes]


def vintages_shown(session: Session, vintages: Sequence[VintageTerms]) -> list[Json]:
    """Vintages with their face value, which the ledger keeps."""
    return [
        shown(v, id=v.vintage_id, face_value_cents=ledger.face_value(session, v.vintage_id))
        for v in vintages
    ]
