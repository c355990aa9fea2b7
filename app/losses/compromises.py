"""A vintage whose key has leaked: withheld where it rests, replaced where people hold it.

Whoever has the key can print passes that look true. So nothing of the vintage is handed out any
more, and each pass in circulation becomes void and is replaced by one of another vintage. It is
done in small transactions, and doing it again goes on where it stopped.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id, request_hash
from app.ledger import AccountKind, MovementKind, chart
from app.losses import replacement_queries as queries
from app.losses.blocks import read_reason, runs
from app.losses.errors import CompromisedAlready, VintagesDiffer
from app.losses.replacement_models import Compromise, Replacement
from app.losses.replacement_queries import Owed
from app.losses.replacements import choose_new, exchange
from app.losses.rules import ReplacementCause, Source
from app.losses.write_offs import UNISSUED
from app.programmes import numbering
from app.programmes.models import VintageTerms
from app.programmes.rules import Validity
from app.programmes.service import known_programme, known_vintage

DOCUMENT = "vintage_compromise"
AT_ONCE = 500
"""Passes replaced in one transaction: whoever redeems another pass waits a moment at most."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the withdrawal of a vintage has come."""

    compromise: Compromise
    withheld_count: int
    replaced_count: int
    """Both of this time."""
    left_count: int
    """Still in circulation, for lack of passes to replace them."""


def withdraw_vintage(
    database: Database,
    *,
    actor: Actor,
    compromise_id: UUID,
    vintage_id: int,
    replacement_id: int,
    reason: str,
    now: datetime,
    at_once: int = AT_ONCE,
) -> Progress:
    """Withhold a vintage and replace what is in circulation, or go on with that.

    Raises:
        RightMissing, UnknownVintage, InvalidInput (no reason).
        VintagesDiffer: the other vintage cannot stand for this one.
        CompromisedAlready: another vintage was named before.
        IdAlreadyUsed: the id came earlier with another content.
    """
    with database.transaction() as session:
        compromise = declare_compromise(
            session,
            actor=actor,
            compromise_id=compromise_id,
            vintage_id=vintage_id,
            replacement_id=replacement_id,
            reason=reason,
            now=now,
        )
    withheld = replaced = 0
    while True:
        with database.transaction() as session:
            count = _withhold_some(session, actor, compromise, at_once=100 * at_once, now=now)
        if not count:
            break
        withheld += count
    while True:
        with database.transaction() as session:
            count = _replace_some(session, actor, compromise, at_once=at_once, now=now)
        if not count:
            break
        replaced += count
    with database.transaction(writing=False) as session:
        left = queries.count_in(session, vintage_id, [AccountKind.CIRCULATION])
    return Progress(compromise, withheld, replaced, left)


def declare_compromise(
    session: Session,
    *,
    actor: Actor,
    compromise_id: UUID,
    vintage_id: int,
    replacement_id: int,
    reason: str,
    now: datetime,
) -> Compromise:
    """Say that a key has leaked, and which vintage replaces the one that it makes.

    Said again with the same other vintage, it is what was said the first time.

    Raises:
        As `withdraw_vintage`.
    """
    actor.check(Right.WITHDRAW_VINTAGE)
    said = read_reason(reason)
    digest = request_hash(DOCUMENT, vintage=vintage_id, replacement=replacement_id, reason=said)
    if record := earlier(session, Compromise, compromise_id, digest):
        return record
    hold(session, DOCUMENT, vintage_id)
    terms, other = known_vintage(session, vintage_id), known_vintage(session, replacement_id)
    if before := queries.compromise_of(session, vintage_id):
        if before.replacement_id != replacement_id:
            label = known_vintage(session, before.replacement_id).label
            raise CompromisedAlready(label=terms.label, replacement=label)
        return before
    face_value = ledger.face_value(session, vintage_id)
    if not _stands_for(session, terms, other, now=now):
        raise VintagesDiffer(label=terms.label, replacement=other.label)
    record = Compromise(
        id=compromise_id,
        request_hash=digest,
        programme_id=terms.programme_id,
        vintage_id=vintage_id,
        replacement_id=replacement_id,
        face_value_cents=face_value,
        reason=said,
        declared_by=actor.agent_id,
        declared_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _stands_for(
    session: Session, terms: VintageTerms, other: VintageTerms, *, now: datetime
) -> bool:
    serves = Validity(other.valid_from, other.valid_until, other.tolerance_days)
    return (
        other.vintage_id != terms.vintage_id
        and other.programme_id == terms.programme_id
        and ledger.face_value(session, other.vintage_id)
        == ledger.face_value(session, terms.vintage_id)
        and serves.issuable(on=martinique_day(now))
        and queries.compromise_of(session, other.vintage_id) is None
    )


def _withhold_some(
    session: Session, actor: Actor, compromise: Compromise, *, at_once: int, now: datetime
) -> int:
    """Withhold some of what is not with people; returns how many, none when all is done."""
    hold(session, DOCUMENT, compromise.vintage_id)
    for account_id, _, _ in queries.accounts_holding(session, compromise.vintage_id, UNISSUED):
        ids = queries.first_in(session, account_id, limit=at_once)
        states = ledger.lock_vouchers(session, list(ledger.contiguous(ids)))
        here = [state for state in states if state.account.kind in UNISSUED]
        if not here:
            continue
        lines = []
        for account, whole in runs(here):
            place = chart.account(AccountKind.WITHHELD, account.party_id, account.vintage_id)
            held = ledger.account(session, place)
            lines.append(ledger.Line(MovementKind.WITHHOLD, whole, account, held))
        ledger.post(
            session,
            ledger.Act(
                posting_id=new_id(),
                kind=MovementKind.WITHHOLD,
                document_type=DOCUMENT,
                document_id=compromise.id,
                actor_id=actor.agent_id,
                occurred_at=now,
            ),
            lines,
        )
        return len(here)
    return 0


def _replace_some(
    session: Session, actor: Actor, compromise: Compromise, *, at_once: int, now: datetime
) -> int:
    """Replace some passes that one prescriber handed over; returns how many."""
    hold(session, DOCUMENT, compromise.vintage_id)
    sponsor_id = known_programme(session, compromise.programme_id).sponsor_id
    hold(session, "replacing from", sponsor_id)
    in_pockets = [AccountKind.CIRCULATION]
    for account_id, _, prescriber_id in queries.accounts_holding(
        session, compromise.vintage_id, in_pockets
    ):
        ids = queries.first_in(session, account_id, limit=at_once)
        states = ledger.lock_vouchers(session, list(ledger.contiguous(ids)))
        old_ids = [s.id for s in states if s.account.kind is AccountKind.CIRCULATION]
        new_ids = choose_new(
            session,
            source=Source.STOCK,
            holder_id=sponsor_id,
            vintages=[compromise.replacement_id],
            needed=len(old_ids),
        )
        if not new_ids:
            return 0
        today, record_id = martinique_day(now), new_id()
        record = Replacement(
            id=record_id,
            request_hash=request_hash("replacement", compromise=compromise.id, id=record_id),
            number=numbering.next_document_number(session, numbering.REPLACEMENT, today.year),
            prescriber_id=prescriber_id,
            source=Source.STOCK,
            cause=ReplacementCause.COMPROMISED,
            free_of_charge=False,
            compromise_id=compromise.id,
            replaced_on=today,
            replaced_by=actor.agent_id,
            replaced_at=now,
        )
        exchange(session, record, old_ids=old_ids[: len(new_ids)], new_ids=new_ids)
        return len(new_ids)
    return 0


def owed(session: Session, *, actor: Actor, vintage_id: int) -> list[Owed]:
    """Who must receive what after a vintage was withdrawn, hand-over by hand-over, unnamed.

    Raises:
        RightMissing.
    """
    actor.check(Right.SEE_LEDGER)
    compromise = queries.compromise_of(session, vintage_id)
    return queries.owed_by(session, compromise.id) if compromise else []
