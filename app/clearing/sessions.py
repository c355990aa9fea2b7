"""Support sessions: what was given for passes, to one person or to several."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import redemption_queries, session_queries
from app.clearing.errors import (
    RedemptionInAnotherSession,
    SessionOfAnotherDay,
    UnknownRedemption,
    UnknownSupportSession,
)
from app.clearing.receipts import ReceiptSigner
from app.clearing.redemption_models import SessionRedemption, SessionTopic, SupportSession
from app.clearing.redemptions import Scan, Verdict, answered, redeem_vouchers
from app.clearing.rules import SessionKind, ToldSession, Topic
from app.database.locks import earlier
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.errors import InvalidInput, JsonValue
from app.kernel.ids import request_hash


def record_session(
    session: Session,
    *,
    actor: Actor,
    session_id: UUID,
    held_on: date,
    duration_minutes: int,
    kind: SessionKind,
    people_count: int,
    topics: Iterable[Topic] = (),
    now: datetime,
) -> SupportSession:
    """Write a session of the actor's mediator down.

    Topics may be missing: better none than one ticked to get on.

    Raises:
        InvalidInput: the day has not come, or a number cannot be one.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.REDEEM)
    return note_session(
        session,
        actor=actor,
        mediator_id=actor.organisation_id,
        session_id=session_id,
        held_on=held_on,
        told=ToldSession(duration_minutes, kind, people_count, tuple(topics)),
        now=now,
    )


def note_session(
    session: Session,
    *,
    actor: Actor,
    mediator_id: UUID,
    session_id: UUID,
    held_on: date,
    told: ToldSession,
    now: datetime,
) -> SupportSession:
    """Write a session of a mediator down; who may ask for that is the caller's to check.

    Raises:
        As record_session.
    """
    wrong: dict[str, JsonValue] = dict(told.wrong)
    if not FIRST_DAY <= held_on <= martinique_day(now):
        wrong["held_on"] = "Écrivez le jour de l’accompagnement, au plus tard aujourd’hui."
    if wrong:
        raise InvalidInput(**wrong)
    kept = told.as_json()
    digest = request_hash("support session", mediator=mediator_id, on=held_on, **kept)
    if record := earlier(session, SupportSession, session_id, digest):
        return record
    about = kept.pop("topics")
    record = SupportSession(
        id=session_id,
        request_hash=digest,
        mediator_id=mediator_id,
        held_on=held_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
        **kept,
    )
    session.add(record)
    session.flush()
    if about:
        insert_rows(
            session, SessionTopic, [{"session_id": session_id, "topic": topic} for topic in about]
        )
    return record


def known_session(session: Session, *, actor: Actor, session_id: UUID) -> SupportSession:
    """A session of the actor's own mediator, or any for those who see all.

    Raises:
        UnknownSupportSession: none has that id, or another mediator held it: both look alike.
    """
    actor.check(Right.SEE_REDEMPTIONS)
    found = session_queries.support_session(session, session_id)
    if found is None or not actor.sees(found.mediator_id):
        raise UnknownSupportSession
    return found


def link_redemptions(
    session: Session,
    *,
    actor: Actor,
    session_id: UUID,
    redemption_ids: Sequence[UUID],
    now: datetime,
) -> SupportSession:
    """Say which passes paid for a session; those that it has already are left as they are.

    Raises:
        UnknownSupportSession, UnknownRedemption.
        SessionOfAnotherDay: a pass was taken for another day.
        RedemptionInAnotherSession: a pass pays for another session.
    """
    actor.check(Right.REDEEM)
    held = known_session(session, actor=actor, session_id=session_id)
    wanted = sorted(set(redemption_ids), key=lambda redemption_id: redemption_id.bytes)
    if not wanted:
        return held
    found = redemption_queries.redemptions_by_id(session, wanted)
    for redemption_id in wanted:
        redemption = found.get(redemption_id)
        if redemption is None or redemption.mediator_id != held.mediator_id:
            raise UnknownRedemption
        check_day(held, redemption.redeemed_on)
    link(session, held, wanted, actor=actor, now=now)
    return held


def link(
    session: Session,
    held: SupportSession,
    redemption_ids: Sequence[UUID],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Say which passes of the same mediator and day paid for a session.

    Raises:
        RedemptionInAnotherSession: a pass pays for another session.
    """
    # Whoever links the same pass at the same moment waits here, then reads what won.
    insert_rows(
        session,
        SessionRedemption,
        [
            {
                "redemption_id": one,
                "session_id": held.id,
                "linked_by": actor.agent_id,
                "linked_at": now,
            }
            for one in redemption_ids
        ],
        unless_there=True,
    )
    linked = session_queries.links_among(session, redemption_ids)
    if any(linked[redemption_id] != held.id for redemption_id in redemption_ids):
        raise RedemptionInAnotherSession


def check_day(held: SupportSession, on: date) -> None:
    """Refuse a pass taken for another day than the session's.

    Raises:
        SessionOfAnotherDay.
    """
    if on != held.held_on:
        raise SessionOfAnotherDay(day=f"{held.held_on:%d/%m/%Y}", redeemed_on=f"{on:%d/%m/%Y}")


def redeem_one_for_session(
    session: Session,
    *,
    actor: Actor,
    session_id: UUID | None,
    scan: Scan,
    signer: ReceiptSigner,
    now: datetime,
) -> Verdict:
    """Take one pass, and say which session it paid for.

    Raises:
        As redeem_for_session, and as redeem_voucher.
    """
    [verdict] = redeem_for_session(
        session, actor=actor, session_id=session_id, scans=[scan], signer=signer, now=now
    )
    return answered(verdict)


def redeem_for_session(
    session: Session,
    *,
    actor: Actor,
    session_id: UUID | None,
    scans: Sequence[Scan],
    signer: ReceiptSigner,
    now: datetime,
) -> list[Verdict]:
    """Take passes, and say which session they paid for. Without one, only take them.

    Raises:
        As redeem_vouchers and link_redemptions; nothing is taken then.
    """
    if session_id is not None:
        held = known_session(session, actor=actor, session_id=session_id)
        for scan in scans:
            check_day(held, martinique_day(scan.redeemed_at))
    verdicts = redeem_vouchers(session, actor=actor, scans=scans, signer=signer, now=now)
    if session_id is not None:
        taken = [v.redemption.id for v in verdicts if v.redemption is not None]
        link_redemptions(session, actor=actor, session_id=session_id, redemption_ids=taken, now=now)
    return verdicts
