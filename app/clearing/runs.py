"""Clearing runs: everything unclaimed before a cut-off becomes one draft a mediator."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import correction_queries, queries, run_queries, session_queries
from app.clearing.errors import CutOffInTheFuture, NothingToClear, UnknownClearingRun
from app.clearing.models import ClearingRun, Statement, StatementLine, StatementVersion
from app.clearing.recoveries import fitting
from app.clearing.rules import HoldReason, Total
from app.clearing.run_queries import Unclaimed, Waiting
from app.database.connections import Database, dialect_of
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, LAST_DAY, first_instant
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents
from app.ledger import chart
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.programmes.service import known_programme

# ── What the programme asks ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Asked:
    """What the settings of a programme ask of its statements on a day."""

    fee_basis_points: int
    certification_required: bool
    payment_delay_days: int
    offline_upload_days: int
    recovery_delay_days: int


def asked_on(session: Session, programme_id: UUID, *, day: date) -> Asked:
    """What applied to a programme on that day; before its first settings, what they say."""
    settings = programmes.settings_on(session, programme_id, day)
    if settings is None:
        settings = programmes.standing_settings(session, programme_id)[0]
    return Asked(
        fee_basis_points=settings.redemption_fee_basis_points,
        certification_required=settings.certification_required,
        payment_delay_days=settings.payment_delay_days,
        offline_upload_days=settings.offline_upload_days,
        recovery_delay_days=settings.recovery_delay_days,
    )


# ── Before ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Expected:
    """A draft that a run would make for one mediator, and what would hold it."""

    mediator_id: UUID
    mediator_name: str
    total: Total
    held_because: tuple[HoldReason, ...]
    untold_count: int
    """Passes left out, because the settings ask for their session and none is noted."""
    recovered_cents: Cents
    """What it would make up for, of passes that were paid and taken back."""

    @property
    def payable_cents(self) -> Cents:
        """The net to pay."""
        return Cents(self.total.net_cents - self.recovered_cents)


@dataclass(frozen=True, slots=True)
class ExpectedSum:
    """What all the drafts of a preview come to."""

    voucher_count: int
    amount_cents: Cents
    fee_cents: Cents
    net_cents: Cents
    recovered_cents: Cents
    payable_cents: Cents


def expected_sum(expected: Iterable[Expected]) -> ExpectedSum:
    """What the drafts that a run would make come to together."""
    every = list(expected)
    return ExpectedSum(
        sum(one.total.voucher_count for one in every),
        Cents(sum(one.total.amount_cents for one in every)),
        Cents(sum(one.total.fee_cents for one in every)),
        Cents(sum(one.total.net_cents for one in every)),
        Cents(sum(one.recovered_cents for one in every)),
        Cents(sum(one.payable_cents for one in every)),
    )


def preview_clearing(
    session: Session, *, actor: Actor, programme_id: UUID, cut_off_on: date, now: datetime
) -> list[Expected]:
    """What a run would take of each mediator, and what would be held and why. Nothing is written.

    What is owed back is taken off as a draft takes it off. Of two drafts for one mediator the first
    makes up for it, as when it is approved first, so that the whole is counted once.

    Raises:
        UnknownProgramme, CutOffInTheFuture.
        InvalidInput: the day is out of bounds.
    """
    actor.check(Right.PREPARE_CLEARING)
    _check_cut_off(cut_off_on, now=now)
    known_programme(session, programme_id)
    asked = asked_on(session, programme_id, day=cut_off_on)
    waiting = run_queries.waiting_to_clear(session, programme_id, before=first_instant(cut_off_on))
    untold: Counter[UUID] = Counter()
    for day in session_queries.untold_sessions(session, programme_id=programme_id):
        untold[day.mediator_id] += day.voucher_count
    ready = {one.mediator_id: one for one in waiting}
    ids = ready.keys() | untold.keys()
    names = partners.organisation_names(session, ids)
    payable = queries.with_approved_account(session, list(ids))
    own = run_queries.with_a_fee_of_their_own(session, ids)
    owed = correction_queries.open_receivables(session, {(one, programme_id) for one in ids})

    def totals(mediator_id: UUID) -> list[Total]:
        """One a fee; nothing is a total too, because a mediator may wait for its sessions."""
        if mediator_id in own and mediator_id in ready:
            return [
                Total.of(
                    len(passes),
                    sum(one.face_value_cents for one in passes),
                    fee_basis_points=fee,
                )
                for fee, passes in _by_fee(
                    session, programme_id, mediator_id, cut_off_on=cut_off_on, asked=asked
                )
            ]
        one = ready.get(mediator_id, Waiting(mediator_id, 0, 0))
        return [
            Total.of(one.voucher_count, one.amount_cents, fee_basis_points=asked.fee_basis_points)
        ]

    def expected(mediator_id: UUID) -> list[Expected]:
        holds = (
            (HoldReason.BANK_DETAILS, mediator_id not in payable),
            (HoldReason.CERTIFICATION, asked.certification_required),
        )
        left, found = owed[mediator_id, programme_id], list[Expected]()
        for place, total in enumerate(totals(mediator_id)):
            recovered = fitting(left, total.net_cents) if total.voucher_count else []
            left = [one for one in left if one not in recovered]
            found.append(
                Expected(
                    mediator_id,
                    names[mediator_id],
                    total,
                    tuple(reason for reason, missing in holds if missing and total.voucher_count),
                    untold[mediator_id] if place == 0 else 0,
                    Cents(sum(one.net_cents for one in recovered)),
                )
            )
        return found

    return sorted(
        (one for mediator_id in ids for one in expected(mediator_id)),
        key=lambda one: one.mediator_name,
    )


def _check_cut_off(cut_off_on: date, *, now: datetime) -> None:
    if not FIRST_DAY <= cut_off_on <= LAST_DAY:
        raise InvalidInput(cut_off_on="Écrivez un jour entre 2000 et 2099.")
    if first_instant(cut_off_on) > now:
        raise CutOffInTheFuture


# ── The run ───────────────────────────────────────────────────────────────────────────────────────


def run_clearing(
    database: Database,
    *,
    actor: Actor,
    run_id: UUID,
    programme_id: UUID,
    cut_off_on: date,
    now: datetime,
    told: Callable[[int, int], None] | None = None,
) -> ClearingRun:
    """Gather everything unclaimed before a cut-off into one draft a mediator.

    One transaction a mediator: a run cut in the middle is finished by sending it again. At the end
    what it moved is summed, so that nobody's balances wait for it. `told` hears how many mediators
    are done, of how many.

    Raises:
        As open_clearing_run.
    """
    with database.transaction() as session:
        run = open_clearing_run(
            session,
            actor=actor,
            run_id=run_id,
            programme_id=programme_id,
            cut_off_on=cut_off_on,
            now=now,
        )
    with database.transaction(writing=False) as session:
        waiting = run_queries.mediators_to_clear(
            session, programme_id, before=first_instant(run.cut_off_on)
        )
    for place, mediator_id in enumerate(waiting):
        if told is not None:
            told(place, len(waiting))
        with database.transaction() as session:
            draft_statements(session, run=run, mediator_id=mediator_id, now=now)
    ledger.take_snapshots(database, now=now)
    return run


def open_clearing_run(
    session: Session,
    *,
    actor: Actor,
    run_id: UUID,
    programme_id: UUID,
    cut_off_on: date,
    now: datetime,
) -> ClearingRun:
    """Open a run. What was recorded before the first instant of `cut_off_on` is taken.

    There is no lower bound: what commits late joins the next run.

    Raises:
        UnknownProgramme, CutOffInTheFuture.
        NothingToClear: no redemption waits; a run sent again is answered all the same.
        InvalidInput: the day is out of bounds.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_CLEARING)
    _check_cut_off(cut_off_on, now=now)
    digest = request_hash(
        "clearing run", programme=programme_id, cut_off_on=cut_off_on, by=actor.agent_id
    )
    if record := earlier(session, ClearingRun, run_id, digest):
        return record
    known_programme(session, programme_id)
    if not run_queries.anything_to_clear(session, programme_id, before=first_instant(cut_off_on)):
        raise NothingToClear(cut_off_on=f"{cut_off_on:%d/%m/%Y}")
    record = ClearingRun(
        id=run_id,
        request_hash=digest,
        programme_id=programme_id,
        cut_off_on=cut_off_on,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    return record


def draft_statements(
    session: Session, *, run: ClearingRun, mediator_id: UUID, now: datetime
) -> list[Statement]:
    """Claim what waits for one mediator: one draft a fee, so that each is rounded once.

    The fee is the one of the agreement in force at the redemption, or else the programme's. Most
    mediators have one draft; nothing waits, and there is none. Ids follow from the run's.
    """
    hold(session, "clearing", run.programme_id, mediator_id)
    if drafted := queries.statements_of_mediator(session, run.id, mediator_id):
        return drafted
    asked = asked_on(session, run.programme_id, day=run.cut_off_on)
    return [
        _draft(session, run, mediator_id, passes, asked=asked, fee_basis_points=fee, now=now)
        for fee, passes in _by_fee(
            session, run.programme_id, mediator_id, cut_off_on=run.cut_off_on, asked=asked
        )
    ]


def _by_fee(
    session: Session, programme_id: UUID, mediator_id: UUID, *, cut_off_on: date, asked: Asked
) -> list[tuple[int, list[Unclaimed]]]:
    """What waits for one mediator, by what is kept of it in basis points, the programme's first."""
    before = first_instant(cut_off_on)
    waiting = held_vouchers(
        session, run_queries.vouchers_to_claim(session, programme_id, mediator_id, before=before)
    )
    fees = (
        run_queries.fees_by_agreement(session, programme_id, mediator_id, before=before)
        if run_queries.with_a_fee_of_their_own(session, [mediator_id])
        else {}
    )
    found: dict[int, list[Unclaimed]] = {}
    for one in waiting:
        found.setdefault(fees.get(one.voucher_id, asked.fee_basis_points), []).append(one)
    return sorted(found.items(), key=lambda item: (item[0] != asked.fee_basis_points, item[0]))


def _draft(
    session: Session,
    run: ClearingRun,
    mediator_id: UUID,
    passes: Sequence[Unclaimed],
    *,
    asked: Asked,
    fee_basis_points: int,
    now: datetime,
) -> Statement:
    apart = "" if fee_basis_points == asked.fee_basis_points else f" {fee_basis_points}"
    statement = Statement(
        id=uuid5(run.id, f"{mediator_id}{apart}"),
        run_id=run.id,
        programme_id=run.programme_id,
        mediator_id=mediator_id,
        prepared_by=run.prepared_by,
        fee_basis_points=fee_basis_points,
        certification_required=asked.certification_required,
    )
    counts = _claim(session, statement, passes, now=now)
    session.add(statement)
    session.flush()
    add_version(
        session,
        statement,
        counts=counts,
        follows=None,
        withdrawal_id=None,
        made_by=run.prepared_by,
        now=now,
    )
    return statement


def held_vouchers(session: Session, seen: Sequence[Unclaimed]) -> list[Unclaimed]:
    """Those of the passes seen that still wait, held until the transaction ends.

    A redemption may have been undone since we looked. SQLite's writers stand in one line already.
    """
    if dialect_of(session) != "postgresql" or not seen:
        return list(seen)
    locked = ledger.lock_vouchers(
        session, list(ledger.contiguous(voucher.voucher_id for voucher in seen))
    )
    there = {voucher.id: voucher.last_movement_id for voucher in locked}
    return [one for one in seen if there[one.voucher_id] == one.last_movement_id]


def _claim(
    session: Session, statement: Statement, waiting: Sequence[Unclaimed], *, now: datetime
) -> dict[tuple[int, int], int]:
    """Move the passes onto a statement; how many of each (vintage, face value in cents)."""
    by_account: dict[int, list[int]] = {}
    for one in waiting:
        by_account.setdefault(one.account_id, []).append(one.voucher_id)
    lines: list[ledger.Line] = []
    counts: dict[tuple[int, int], int] = {}
    for debit in ledger.accounts_by_id(session, by_account).values():
        ids = by_account[debit.id]
        credit = ledger.account(session, chart.claimed(statement.mediator_id, debit.vintage_id))
        lines += [
            ledger.Line(ledger.MovementKind.CLAIM, vouchers, debit, credit)
            for vouchers in ledger.contiguous(ids)
        ]
        counts[debit.vintage_id, debit.face_value_cents] = len(ids)
    ledger.post(
        session,
        ledger.Act(
            posting_id=statement.id,
            kind=ledger.MovementKind.CLAIM,
            document_type="statement",
            document_id=statement.id,
            actor_id=statement.prepared_by,
            occurred_at=now,
        ),
        lines,
    )
    return counts


def add_version(
    session: Session,
    statement: Statement,
    *,
    counts: dict[tuple[int, int], int],
    follows: int | None,
    withdrawal_id: UUID | None,
    made_by: int,
    now: datetime,
) -> StatementVersion:
    """What a statement comes to from now on: `counts` are passes by (vintage, face value)."""
    total = Total.of(
        sum(counts.values()),
        sum(count * face_value_cents for (_, face_value_cents), count in counts.items()),
        fee_basis_points=statement.fee_basis_points,
    )
    version = StatementVersion(
        statement_id=statement.id,
        version=(follows or 0) + 1,
        follows_version=follows,
        withdrawal_id=withdrawal_id,
        voucher_count=total.voucher_count,
        amount_cents=total.amount_cents,
        fee_basis_points=statement.fee_basis_points,
        fee_cents=total.fee_cents,
        net_cents=total.net_cents,
        made_by=made_by,
        made_at=now,
    )
    session.add(version)
    session.flush()
    session.add_all(
        StatementLine(
            statement_id=statement.id,
            version=version.version,
            vintage_id=vintage_id,
            face_value_cents=face_value_cents,
            voucher_count=count,
            amount_cents=count * face_value_cents,
        )
        for (vintage_id, face_value_cents), count in counts.items()
        if count
    )
    session.flush()
    return version


def known_run(session: Session, run_id: UUID) -> ClearingRun:
    """The clearing run of that id.

    Raises:
        UnknownClearingRun: there is none.
    """
    run = run_queries.run(session, run_id)
    if run is None:
        raise UnknownClearingRun
    return run
