"""The journal of movements as people read it: in the order of recording, by what one looks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app import ledger
from app.database import Place
from app.identity.rules import Actor, Right
from app.kernel.money import Cents
from app.ledger import Account, MovementKind
from app.ledger.chart import TRANSITIONS
from app.ledger.models import AccountRow, Movement, Posting
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which movements to tell; None takes all. `until` is a day that is counted too."""

    since: date
    until: date
    kind: MovementKind | None = None
    vintage_id: int | None = None
    party_id: UUID | None = None
    """On either side."""


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
    """The next movements that may fit: by the accounts on which they must touch, if any are named.

    A kind leads to few kinds of accounts, so what is rare is not looked for in the whole journal.
    """
    leads_to = {to for kind, _, to in TRANSITIONS if kind is wanted.kind}
    if wanted.kind is None and wanted.vintage_id is None and wanted.party_id is None:
        return list(session.scalars(piece.of(select(Movement.id))))
    fitting = [
        account.id
        for account in accounts.values()
        if (not leads_to or account.kind in leads_to)
        and wanted.vintage_id in {None, account.vintage_id}
        and (
            wanted.party_id is None
            or wanted.kind is not None
            or wanted.party_id in {account.party_id, account.counterparty_id}
        )
    ]
    return next_ids(session, sorted(fitting), piece)


def _chosen(wanted: Wanted, within: Span) -> Any:  # noqa: ANN401 - a select of COLUMNS
    query = (
        select(*COLUMNS, Movement.vintage_id, Movement.amount_cents)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.recorded_at >= within.start, Posting.recorded_at < within.end)
        .order_by(Movement.id)
    )
    if wanted.kind is not None:
        query = query.where(Movement.kind == wanted.kind)
    if wanted.vintage_id is not None:
        query = query.where(Movement.vintage_id == wanted.vintage_id)
    if wanted.party_id is not None:
        theirs = select(AccountRow.id).where(
            (AccountRow.party_id == wanted.party_id)
            | (AccountRow.counterparty_id == wanted.party_id)
        )
        query = query.where(
            Movement.debit_account_id.in_(theirs) | Movement.credit_account_id.in_(theirs)
        )
    return query


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
