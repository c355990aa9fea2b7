"""The journal of movements as people read it: in the order of recording, by what one looks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import Session

from app import ledger
from app.database.lists import Place
from app.identity.rules import Actor, Right
from app.kernel.money import Cents
from app.ledger import Account, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Snapshot, SnapshotSum
from app.partners.queries import organisation_names
from app.programmes import queries as programmes
from app.reports import queries
from app.reports.registers import (
    COLUMNS,
    Piece,
    Span,
    Step,
    bounds_of,
    kinds_of,
    leaves_of,
    next_ids,
    place_of,
    span,
)
from app.web import words

FEW_STRETCHES = 2
"""So many stretches of the journal are looked into first, and four times as many each next time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which movements to tell; None takes all. `until` is a day that is counted too."""

    since: date
    until: date
    kind: MovementKind | None = None
    vintage_id: int | None = None
    party_id: UUID | None = None
    """On either side."""

    @property
    def is_rare(self) -> bool:
        """Whether what fits may be far apart in the journal, and is not found by its account."""
        return self.kind is not None or (self.vintage_id is not None and self.party_id is None)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: what it did, from where to where, and with which passes."""

    number: int
    recorded_at: datetime
    operation: str
    origin: str
    destination: str
    first_serial: str
    last_serial: str
    voucher_count: int
    amount_cents: Cents
    document: str

    @property
    def id(self) -> int:
        """The movement's own number."""
        return self.number


def lines(
    session: Session, place: Place, *, actor: Actor, wanted: Wanted, now: datetime
) -> list[Line]:
    """The movements that fit, in the order of recording or against it, from that place on.

    Raises:
        RightMissing.
        InvalidInput: the period makes no sense, as app.reports.registers.span.
    """
    actor.check(Right.SEE_LEDGER)
    within = span(since=wanted.since, until=wanted.until, now=now)
    accounts = ledger.all_accounts(session)
    low, high = bounds_of(session, within)
    down = place.descending != place.back
    beyond = int(place.after) if place.after is not None else None
    if beyond is not None and down:
        high = beyond - 1 if high is None else min(high, beyond - 1)
    elif beyond is not None:
        low = max(low, beyond)
    rows: list[Row[Any]] = []
    while len(rows) < place.limit:
        piece = Piece(low, high, place.limit, down)
        ids = _candidates(session, accounts, wanted, piece)
        if not ids:
            break
        low, high = (low, ids[-1] - 1) if down else (ids[-1], high)
        found = session.execute(_chosen(wanted, within).where(Movement.id.in_(ids))).all()
        rows += reversed(found) if down else found
    return _told(session, rows[: place.limit], accounts)


def _candidates(
    session: Session, accounts: dict[int, Account], wanted: Wanted, piece: Piece
) -> list[int]:
    """The next movements that fit, or touch an account of the partner that was named."""
    if wanted.is_rare:
        return _by_sums(session, accounts, wanted, piece)
    if wanted.party_id is None:
        return list(session.scalars(piece.of(select(Movement.id))))
    return next_ids(session, sorted(_accounts_of(accounts, wanted.party_id)), piece)


def _accounts_of(accounts: dict[int, Account], party_id: UUID) -> list[int]:
    return [a.id for a in accounts.values() if party_id in {a.party_id, a.counterparty_id}]


def _by_sums(
    session: Session, accounts: dict[int, Account], wanted: Wanted, piece: Piece
) -> list[int]:
    """What fits: sums of the journal say in which stretches, and on which accounts.

    So what is rare is not looked for in the whole journal. The tail, which has no sums, is read.
    """
    sums = _sums_of(accounts, wanted)
    newest = select(func.max(Snapshot.generation)).scalar_subquery()
    read_whole = (Snapshot.generation == newest, Snapshot.level == 0)
    end = session.scalar(select(func.max(Snapshot.last_movement_id)).where(*read_whole)) or 0
    tail = replace(piece, after=max(piece.after, end)).of(select(Movement.id).where(*_fits(wanted)))
    if piece.down and (ids := list(session.scalars(tail))):
        return ids
    summed = replace(piece, until=end if piece.until is None else min(piece.until, end))
    few = FEW_STRETCHES
    while True:
        stretches = session.execute(
            select(Snapshot.id, Snapshot.after_movement_id, Snapshot.last_movement_id)
            .where(
                *read_whole,
                Snapshot.last_movement_id > summed.after,
                Snapshot.after_movement_id < summed.until,
                exists().where(*sums),
            )
            .order_by(Snapshot.last_movement_id.desc() if piece.down else Snapshot.last_movement_id)
            .limit(few)
        ).all()
        if not stretches:
            break
        last, few = stretches[-1], few * 4
        if piece.down:
            here = replace(summed, after=max(summed.after, last.after_movement_id))
            summed = replace(summed, until=last.after_movement_id)
        else:
            here = replace(summed, until=min(summed.until or end, last.last_movement_id))
            summed = replace(summed, after=last.last_movement_id)
        fitting = _movements_of(sums, [stretch.id for stretch in stretches])
        if ids := list(session.scalars(here.of(fitting))):
            return ids
    return [] if piece.down else list(session.scalars(tail))


def _sums_of(accounts: dict[int, Account], wanted: Wanted) -> list[ColumnElement[bool]]:
    """Which sums tell that a stretch holds what is wanted."""
    sums = [SnapshotSum.snapshot_id == Snapshot.id]
    if wanted.kind is not None:
        sums.append(SnapshotSum.kind == wanted.kind)
    if wanted.vintage_id is not None:
        sums.append(SnapshotSum.vintage_id == wanted.vintage_id)
    if wanted.party_id is not None:
        theirs = _accounts_of(accounts, wanted.party_id)
        sums.append(
            SnapshotSum.debit_account_id.in_(theirs) | SnapshotSum.credit_account_id.in_(theirs)
        )
    return sums


def _movements_of(sums: Sequence[ColumnElement[bool]], stretches: Sequence[int]) -> Select[int]:
    """The movements that those sums added up, in those stretches."""
    return (
        select(Movement.id)
        .join(
            SnapshotSum,
            (SnapshotSum.debit_account_id == Movement.debit_account_id)
            & (SnapshotSum.credit_account_id == Movement.credit_account_id)
            & (SnapshotSum.kind == Movement.kind),
        )
        .join(Snapshot, Snapshot.id == SnapshotSum.snapshot_id)
        .where(
            *sums,
            Snapshot.id.in_(stretches),
            Movement.id > Snapshot.after_movement_id,
            Movement.id <= Snapshot.last_movement_id,
        )
        .distinct()
    )


def _chosen(wanted: Wanted, within: Span) -> Any:  # noqa: ANN401 - a select of COLUMNS
    query = (
        select(*COLUMNS, Movement.vintage_id, Movement.amount_cents)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.recorded_at >= within.start, Posting.recorded_at < within.end)
        .order_by(Movement.id)
    )
    return query.where(*_fits(wanted))


def _fits(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    if wanted.kind is not None:
        found.append(Movement.kind == wanted.kind)
    if wanted.vintage_id is not None:
        found.append(Movement.vintage_id == wanted.vintage_id)
    if wanted.party_id is not None:
        theirs = select(AccountRow.id).where(
            (AccountRow.party_id == wanted.party_id)
            | (AccountRow.counterparty_id == wanted.party_id)
        )
        found.append(Movement.debit_account_id.in_(theirs) | Movement.credit_account_id.in_(theirs))
    return found


def _told(session: Session, rows: Sequence[Row[Any]], accounts: dict[int, Account]) -> list[Line]:
    if not rows:
        return []
    touched = {i for r in rows for i in (r.debit_account_id, r.credit_account_id)}
    parties = {p for i in touched for p in (accounts[i].party_id, accounts[i].counterparty_id)}
    names = organisation_names(session, parties)
    leaves = leaves_of(session, {i for r in rows for i in (r.first_id, r.last_id)})
    papers = queries.papers(session, {(r.document_type, r.document_id) for r in rows})
    undone = kinds_of(session, {r.reverses_id for r in rows if r.reverses_id})
    labels = {key: terms.label for key, terms in programmes.all_vintages(session).items()}
    return [
        Line(
            number=row.id,
            recorded_at=row.recorded_at,
            operation=words.act_of(
                Step(row.kind, row.debit_kind, undone.get(row.reverses_id or 0))
            ).title,
            origin=place_of(accounts[row.debit_account_id], names),
            destination=place_of(accounts[row.credit_account_id], names),
            first_serial=leaves[row.first_id].serial(labels[row.vintage_id], row.first_id),
            last_serial=leaves[row.last_id].serial(labels[row.vintage_id], row.last_id),
            voucher_count=row.voucher_count,
            amount_cents=Cents(row.amount_cents),
            document=papers.get(row.document_id, ""),
        )
        for row in rows
    ]
