"""Who people are is forgotten in its time: the name goes, what was handed over and used stays.

Nothing else knows a name, nor what a guess of it could be tried against: hand-overs keep a public
and figures, the ledger opaque numbers, and so no sum and no seal changes. Whoever comes again
afterwards is registered anew.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity.events import record_event
from app.identity.rules import FROM_SERVER, AccountEventKind, Origin
from app.kernel.clock import martinique_day, months_before
from app.prescribers import queries


def forget_identities(
    session: Session, *, months: int, now: datetime, origin: Origin = FROM_SERVER
) -> int:
    """Delete who people are whose last contact is older than so many months; returns how many.

    The journal keeps the count and the day. Doing it again finds nobody.
    """
    before = months_before(martinique_day(now), months)
    count = queries.forget_identities_before(session, before)
    if count:
        record_event(
            session,
            kind=AccountEventKind.IDENTITIES_FORGOTTEN,
            agent_id=None,
            actor=None,
            origin=origin,
            now=now,
            detail=f"{count}, sans contact depuis le {before:%d/%m/%Y}",
        )
    return count
