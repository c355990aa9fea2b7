"""Looking up clearing runs, and what waits for one."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from app.clearing.models import ClearingRun, Statement, StatementWithdrawal
from app.clearing.redemption_models import Redemption, RedemptionReversal
from app.clearing.session_queries import only_with_session
from app.kernel.clock import martinique_day
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.ledger.reading import Window, cover, of_stretches
from app.partners.models import Agreement
from app.programmes.models import VintageTerms


def run(session: Session, run_id: UUID) -> ClearingRun | None:
    """The clearing run of that id."""
    return session.get(ClearingRun, run_id)


def runs_after(session: Session, after: UUID | None, *, limit: int) -> list[ClearingRun]:
    """Runs in the order of their ids, from after that one."""
    query = select(ClearingRun).order_by(ClearingRun.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(ClearingRun.id > after)))


def days_of_runs(session: Session, programme_id: UUID, *, limit: int) -> list[date]:
    """The days on which the latest runs of a programme were made, the last one first."""
    latest = session.scalars(
        select(ClearingRun.prepared_at)
        .where(ClearingRun.programme_id == programme_id)
        .order_by(ClearingRun.prepared_at.desc())
        .limit(limit)
    )
    return [martinique_day(at) for at in latest]


def _redeemed(programme_id: UUID, *columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    return (
        select(*columns)
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .where(
            AccountRow.kind == AccountKind.REDEEMED,
            VintageTerms.programme_id == programme_id,
        )
    )


def _unclaimed(programme_id: UUID, before: datetime, *columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    return (
        _redeemed(programme_id, *columns)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.recorded_at < before)
    )


def anything_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> bool:
    """Whether a run would take anything at all."""
    waiting = _unclaimed(programme_id, before, Voucher.id).where(
        *only_with_session(session, programme_id)
    )
    waiting = waiting.limit(1)
    return session.scalar(waiting) is not None


def anything_old_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> bool:
    """The same, answered in good time while thousands of younger passes wait.

    A mediator whose statement was drafted since, up to then or later, has none left: what is taken
    off a draft is recorded anew. Only what lacked its session then may wait still.
    """
    accounts = _accounts_redeemed(session, programme_id)
    kept = only_with_session(session, programme_id)
    if not kept:
        cleared = _cleared_since(session, programme_id, before)
        accounts = {one: party for one, party in accounts.items() if party not in cleared}
    return any(_waiting_in(session, accounts, before, *kept)) if accounts else False


def _cleared_since(session: Session, programme_id: UUID, before: datetime) -> set[UUID]:
    """Mediators of whom a run took, after an instant, all that was recorded before it."""
    return set(
        session.scalars(
            select(Statement.mediator_id)
            .join(ClearingRun, ClearingRun.id == Statement.run_id)
            .join(Posting, Posting.id == Statement.id)
            .where(
                ClearingRun.programme_id == programme_id,
                ClearingRun.cut_off_on > martinique_day(before - timedelta(microseconds=1)),
                Posting.recorded_at >= before,
            )
        )
    )


def _accounts_redeemed(session: Session, programme_id: UUID) -> dict[int, UUID]:
    """Where a programme's passes wait for a run, and whose each of these accounts is.

    Passes are asked for by these ids: PostgreSQL cannot tell how few rest in the accounts of a
    kind, and would read all passes.
    """
    rows = session.execute(
        select(AccountRow.id, AccountRow.party_id)
        .join(VintageTerms, VintageTerms.vintage_id == AccountRow.vintage_id)
        .where(AccountRow.kind == AccountKind.REDEEMED, VintageTerms.programme_id == programme_id)
    )
    return dict(rows.all())


def mediators_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> list[UUID]:
    """Mediators with passes to claim that were recorded before an instant."""
    return [one.mediator_id for one in waiting_to_clear(session, programme_id, before=before)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run would take of one mediator."""

    mediator_id: UUID
    voucher_count: int
    amount_cents: int


def waiting_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> list[Waiting]:
    """What a run would take, mediator by mediator, in the order of their ids.

    Each pass tells the movement that brought it here, and snapshots tell when the movements of a
    stretch were recorded: only of the stretches that the instant cuts is each asked for.
    """
    parties = _accounts_redeemed(session, programme_id)
    counts, cents = Counter[UUID](), Counter[UUID]()
    for account_id, count, amount in _waiting_in(
        session, parties, before, *only_with_session(session, programme_id)
    ):
        counts[parties[account_id]] += count
        cents[parties[account_id]] += int(amount)
    return [Waiting(one, counts[one], cents[one]) for one in sorted(counts) if counts[one]]


def _waiting_in(
    session: Session,
    account_ids: Collection[int],
    before: datetime,
    *kept: ColumnElement[bool],
) -> Iterator[tuple[int, int, int]]:
    """Passes recorded before an instant in each account: how many, and their face value.

    An account comes twice when the instant cuts what came to it.
    """
    found, last = cover(session, Window(before)), Voucher.last_movement_id
    passes = select(
        Voucher.account_id,
        Voucher.face_value_cents,
        case((of_stretches(found.whole, last), 1), else_=0).label("is_whole"),
    ).where(of_stretches([*found.whole, *found.stretches], last))
    if kept:
        # They ask the terms of each pass; the accounts are of one programme already.
        passes = passes.join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        passes = passes.where(*kept)
    cut = []
    for account_id, is_whole, count, amount in _added_up(session, passes, account_ids):
        if is_whole:
            yield account_id, count, amount
        else:
            cut.append(account_id)
    if cut:
        looked_at = (
            passes.join(Movement, Movement.id == last)
            .join(Posting, Posting.id == Movement.posting_id)
            .where(of_stretches(found.stretches), Posting.recorded_at < before)
        )
        for account_id, _, count, amount in _added_up(session, looked_at, cut):
            yield account_id, count, amount


def _added_up(session: Session, passes: Select[Any], account_ids: Collection[int]) -> Sequence[Any]:
    some = passes.where(Voucher.account_id.in_(account_ids)).subquery().c
    return session.execute(
        select(
            some.account_id, some.is_whole, func.count(), func.sum(some.face_value_cents)
        ).group_by(some.account_id, some.is_whole)
    ).all()


def withdrawn_since(session: Session, programme_id: UUID, *, since: datetime) -> int:
    """How many passes were taken off drafts since an instant and wait for a run still.

    What is taken off was recorded anew: a cut-off takes it from the following day on.
    """
    made = session.scalars(
        select(Movement.id)
        .select_from(StatementWithdrawal)
        .join(Statement, Statement.id == StatementWithdrawal.statement_id)
        .join(Posting, Posting.id == StatementWithdrawal.id)
        .join(Movement, Movement.posting_id == Posting.id)
        .where(Statement.programme_id == programme_id, Posting.recorded_at >= since)
    ).all()
    if not made:
        return 0
    waiting = (
        select(func.count())
        .select_from(Movement)
        .join(Voucher, Voucher.id.between(Movement.first_id, Movement.last_id))
        .where(Movement.id.in_(made), Voucher.last_movement_id == Movement.id)
    )
    return session.scalar(waiting) or 0


@dataclass(frozen=True, slots=True)
class UnclaimedSum:
    """What a mediator took in one programme and no statement claims."""

    programme_id: UUID
    voucher_count: int
    amount_cents: int


def unclaimed_of(
    session: Session, mediator_id: UUID, *, before: datetime | None = None
) -> list[UnclaimedSum]:
    """What a mediator took and no statement claims yet, by programme; recorded before then."""
    query = (
        select(VintageTerms.programme_id, func.count(), func.sum(Voucher.face_value_cents))
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .where(AccountRow.kind == AccountKind.REDEEMED, AccountRow.party_id == mediator_id)
        .group_by(VintageTerms.programme_id)
    )
    if before is not None:
        query = (
            query.join(Movement, Movement.id == Voucher.last_movement_id)
            .join(Posting, Posting.id == Movement.posting_id)
            .where(Posting.recorded_at < before)
        )
    rows = session.execute(query)
    return [UnclaimedSum(programme, count, int(cents)) for programme, count, cents in rows]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A pass that waits for a statement, and the movement that brought it there."""

    voucher_id: int
    account_id: int
    last_movement_id: int
    face_value_cents: int


def vouchers_to_claim(
    session: Session, programme_id: UUID, mediator_id: UUID, *, before: datetime
) -> list[Unclaimed]:
    """The passes of one mediator that wait for a statement, in the order of ids."""
    rows = session.execute(
        _unclaimed(
            programme_id,
            before,
            Voucher.id,
            Voucher.account_id,
            Voucher.last_movement_id,
            Voucher.face_value_cents,
        )
        .where(AccountRow.party_id == mediator_id, *only_with_session(session, programme_id))
        .order_by(Voucher.id)
    )
    return [Unclaimed(*row) for row in rows]


def with_a_fee_of_their_own(session: Session, mediator_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these mediators of which an agreement says what is kept of their passes."""
    return set(
        session.scalars(
            select(Agreement.organisation_id).where(
                Agreement.organisation_id.in_(set(mediator_ids)),
                Agreement.redemption_fee_basis_points.is_not(None),
            )
        )
    )


def fees_by_agreement(
    session: Session, programme_id: UUID, mediator_id: UUID, *, before: datetime
) -> dict[int, int]:
    """What the agreement in force at the redemption keeps of passes that wait, in basis points.

    Only of those whose agreement says so, by voucher.
    """
    redeemed = (
        _unclaimed(programme_id, before, Voucher.id)
        .where(AccountRow.party_id == mediator_id)
        .subquery("waiting")
    )
    rows = session.execute(
        select(Redemption.voucher_id, Agreement.redemption_fee_basis_points)
        .join(redeemed, redeemed.c.id == Redemption.voucher_id)
        .join(Agreement, Agreement.id == Redemption.agreement_id)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(RedemptionReversal.id.is_(None))
        .order_by(Redemption.movement_id)
    )
    last = dict(rows.all())
    return {voucher_id: fee for voucher_id, fee in last.items() if fee is not None}
