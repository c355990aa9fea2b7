"""What a mediator reads first: how much it will be paid, by which day, or what is in the way.

A day is firm once the delay of payment runs: on an approved statement, and on a draft that waits
for nothing of the mediator's. What is on no statement yet is expected by the habit of the runs,
and said so. Whatever blocks has one place that mends it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import (
    correction_queries,
    run_queries,
    session_queries,
    standing_queries,
    statements,
)
from app.clearing.payer_words import who_pays
from app.clearing.rules import Debts, HoldReason, StatementState
from app.clearing.run_queries import UnclaimedSum
from app.clearing.runs import asked_on
from app.clearing.session_queries import Untold
from app.clearing.standing_queries import Filter, Pair, Standing, Sum
from app.database.lists import Place
from app.kernel.clock import first_instant, last_of_month, next_month
from app.kernel.money import Cents
from app.partners import queries as partners
from app.programmes.rules import Payer
from app.programmes.service import known_programme

AT_MOST = 240
"""Statements not paid yet of one mediator: twenty years of them."""
RECENT_RUNS = 6


class Obstacle(StrEnum):
    """What keeps a mediator from being paid, the most pressing first."""

    NO_ACCOUNT = "no_account"
    SENT_BACK = "sent_back"
    TO_CERTIFY = "to_certify"
    LATE = "late"
    SESSION_TO_NOTE = "session_to_note"


@dataclass(frozen=True, slots=True)
class Given:
    """The account that a mediator gave last: nothing more is asked of them about it."""

    iban_masked: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Blocked:
    """A sum that waits for something: for what, since when, and where it is mended."""

    obstacle: Obstacle
    cents: Cents
    on: date | None = None
    statement_id: UUID | None = None
    given: Given | None = None
    """Where an account is in the way: the one that was given for it, and waits for a check."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A sum on its way, and the day by which it is paid; `firm` where a delay runs."""

    on: date
    cents: Cents
    firm: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """How far passes have come: how many, and their value before any fee."""

    name: str
    then: str
    voucher_count: int
    cents: Cents
    state: str = ""
    """The filter of the list of statements, where there is one."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything a mediator has taken, told by what becomes of it."""

    blocked: tuple[Blocked, ...]
    coming: tuple[Coming, ...]
    stages: tuple[Stage, ...]
    to_pay_cents: Cents
    """After fees, what is still to be paid."""
    disputes: int
    kept_cents: Cents
    """Owed back, and deducted from what is coming: the sums told are without it."""
    debt_cents: Cents
    """Owed back, and more than what is coming: it waits for the passes of later months."""
    asked_cents: Cents
    """Asked back by papers of their own, which the mediator pays."""

    @property
    def first(self) -> Coming | None:
        """What is paid next."""
        return self.coming[0] if self.coming else None

    @property
    def pressing(self) -> Blocked | None:
        """What comes before any promise: the bank refuses the account that all would be paid on."""
        first = self.blocked[0] if self.blocked else None
        return first if first and first.obstacle is Obstacle.SENT_BACK else None

    @property
    def compensated(self) -> bool:
        """Whether some of it was never paid, and made up for passes taken back instead."""
        return any(stage.name == COMPENSATED for stage in self.stages)

    @property
    def voucher_count(self) -> int:
        """Passes of all stages."""
        return sum(stage.voucher_count for stage in self.stages)

    @property
    def cents(self) -> Cents:
        """The value of all stages."""
        return Cents(sum(stage.cents for stage in self.stages))


def outlook_of(session: Session, mediator_id: UUID, *, today: date) -> Outlook:
    """What a mediator will be paid, by when, and what is in the way."""
    owed = _owed(session, mediator_id)
    untold = session_queries.untold_sessions(session, mediator_id=mediator_id)
    unclaimed = run_queries.unclaimed_of(session, mediator_id)
    debts = Debts(correction_queries.open_debts(session, [mediator_id]))
    blocked, coming = _statements(session, owed, today, debts)
    fresh = _expected(session, mediator_id, unclaimed, untold, today=today, debts=debts)
    if fresh and partners.approved_bank_details(session, mediator_id) is None:
        missing = Cents(sum(one.cents for one in fresh))
        blocked, fresh = [*blocked, Blocked(Obstacle.NO_ACCOUNT, missing)], []
    if untold:
        waiting = Cents(sum(one.amount_cents for one in untold))
        blocked.append(Blocked(Obstacle.SESSION_TO_NOTE, waiting, untold[0].on))
    disputed = correction_queries.latest_disputes(
        session, Place(AT_MOST), claimant_id=mediator_id, decided=False
    )
    unpaid = sum(_before_debts(one) for one in owed) - debts.kept_cents
    return Outlook(
        tuple(_with_account(session, mediator_id, owed, _merged(blocked))),
        _by_day([*coming, *fresh]),
        _stages(
            session,
            mediator_id,
            unclaimed,
            pays=_who_pays(session, owed),
            to_certify=any(one.obstacle is Obstacle.TO_CERTIFY for one in blocked),
        ),
        Cents(unpaid + sum(one.amount_cents for one in unclaimed)),
        len(disputed),
        kept_cents=Cents(debts.kept_cents),
        debt_cents=Cents(debts.left_cents),
        asked_cents=Cents(correction_queries.asked_back_cents(session, mediator_id)),
    )


def _owed(session: Session, mediator_id: UUID) -> list[Standing]:
    """Statements that are not paid yet, the oldest first: so debts are deducted from them."""
    found = standing_queries.statements_listed(
        session, Place(AT_MOST), asked=Filter(mediator_id=mediator_id, owed=True)
    )
    return sorted(found, key=lambda one: (one.run.cut_off_on, one.id))


def _who_pays(session: Session, owed: Sequence[Standing]) -> str:
    """Who pays what is approved."""
    paid = {one.statement.programme_id for one in owed if one.approval}
    return who_pays(Payer(known_programme(session, one).payer) for one in paid)


def _before_debts(one: Standing) -> Cents:
    """What it pays before debts are deducted: an approved statement has deducted its own."""
    return one.payable_cents if one.approval else Cents(one.version.net_cents)


def _statements(
    session: Session, owed: Sequence[Standing], today: date, debts: Debts[Pair]
) -> tuple[list[Blocked], list[Coming]]:
    """What is on statements: what is in the way of some, and the days of the others."""
    held = statements.held_because(session, owed)
    blocked, coming = [], []
    for one in owed:
        reasons = held.get(one.id, ())
        cents, due_on = _before_debts(one), statements.due_on(session, one)
        if one.approval is None:
            pair = one.statement.mediator_id, one.statement.programme_id
            cents = debts.deducted(pair, cents)
        if not cents:
            continue
        if HoldReason.BANK_DETAILS in reasons:
            blocked.append(Blocked(Obstacle.NO_ACCOUNT, cents))
        elif HoldReason.CERTIFICATION in reasons:
            blocked.append(Blocked(Obstacle.TO_CERTIFY, cents, None, one.id))
        elif one.state is StatementState.REJECTED:
            blocked.append(Blocked(Obstacle.SENT_BACK, cents, due_on, one.id))
        elif due_on < today:
            blocked.append(Blocked(Obstacle.LATE, cents, due_on, one.id))
        else:
            coming.append(Coming(due_on, cents, firm=True))
    return blocked, coming


def _expected(
    session: Session,
    mediator_id: UUID,
    unclaimed: Sequence[UnclaimedSum],
    untold: Sequence[Untold],
    *,
    today: date,
    debts: Debts[Pair],
) -> list[Coming]:
    """What is on no statement yet, by the habit of the runs."""
    first = today.replace(day=1)
    before = {
        o.programme_id: o.amount_cents
        for o in run_queries.unclaimed_of(session, mediator_id, before=first_instant(first))
    }
    found = []
    for one in unclaimed:
        programme_id = one.programme_id
        # Passes that wait for their session are told apart: no run takes them meanwhile.
        aside = untold and session_queries.untold_sessions(
            session, mediator_id=mediator_id, programme_id=programme_id
        )
        aside_before = sum(day.amount_cents for day in aside if day.on < first)
        now = before.get(programme_id, 0)
        rest = one.amount_cents - now - sum(day.amount_cents for day in aside) + aside_before
        now, rest = max(0, now - aside_before), max(0, rest)
        days = run_queries.days_of_runs(session, programme_id, limit=RECENT_RUNS)
        usual = max((day.day for day in days), default=1)
        if days and days[0] >= first:
            now, rest = 0, now + rest
        for month, cents in ((first, now), (next_month(first), rest)):
            run_on = max(today, usual_day(month, usual))
            delay = asked_on(session, programme_id, day=run_on).payment_delay_days
            if net := debts.deducted((mediator_id, programme_id), cents):
                found.append(Coming(run_on + timedelta(days=delay), net, firm=False))
    return found


def usual_day(month: date, day: int) -> date:
    """That day of the month, or its last one."""
    return month.replace(day=min(day, last_of_month(month).day))


def _by_day(coming: Sequence[Coming]) -> tuple[Coming, ...]:
    """One line a day, the soonest first; a day is firm where all of it is."""
    days = sorted({(one.on, not one.firm) for one in coming})
    return tuple(
        Coming(
            on,
            Cents(sum(one.cents for one in coming if (one.on, not one.firm) == (on, open_))),
            firm=not open_,
        )
        for on, open_ in days
    )


def _merged(blocked: Sequence[Blocked]) -> tuple[Blocked, ...]:
    """One line an obstacle, the most pressing first: it leads to its oldest statement."""
    told = []
    for obstacle in Obstacle:
        found = [one for one in blocked if one.obstacle is obstacle]
        if found:
            whole = Cents(sum(one.cents for one in found))
            told.append(Blocked(obstacle, whole, found[0].on, found[0].statement_id))
    return tuple(told)


def _with_account(
    session: Session, mediator_id: UUID, owed: Sequence[Standing], blocked: Sequence[Blocked]
) -> Iterator[Blocked]:
    """The same, saying of an account that is in the way whether a new one has been given."""
    about = {Obstacle.NO_ACCOUNT, Obstacle.SENT_BACK}
    told = any(one.obstacle in about for one in blocked)
    named = partners.bank_details_of(session, mediator_id) if told else []
    accounts = [one for one in named if one.lives]
    sent_back = max((one.rejection.recorded_at for one in owed if one.rejection), default=None)
    for one in blocked:
        given = None
        if accounts and one.obstacle in about:
            last, approval = accounts[-1].details, accounts[-1].approval
            # The account that the bank refused is no answer to its refusal.
            if approval is None or (sent_back and approval.approved_at > sent_back):
                given = Given(last.iban_masked, confirmed=approval is not None)
        yield replace(one, given=given)


COMPENSATED = "Compensés par des pass repris"


def _over(
    session: Session, mediator_id: UUID, sums: Mapping[StatementState, Sum]
) -> tuple[Stage, Stage]:
    """What was paid onto the account, and what only made up for passes paid and taken back.

    A payment that held something back paid for as many passes less as had been taken back.
    """
    none = Sum(0, 0, 0, 0, 0)
    paid, offset = sums.get(StatementState.PAID, none), sums.get(StatementState.OFFSET, none)
    count, cents = 0, Cents(0)
    if paid.recovered_cents:
        count, cents = standing_queries.compensated_by_paid(session, mediator_id)
        count = min(count, paid.voucher_count)
    return (
        Stage(
            "Payé",
            "Sur votre compte.",
            paid.voucher_count - count,
            Cents(paid.amount_cents - cents),
            StatementState.PAID,
        ),
        Stage(
            COMPENSATED,
            "Ils remplacent des pass payés puis repris : rien n’est versé.",
            offset.voucher_count + count,
            Cents(offset.amount_cents + cents),
            StatementState.OFFSET if offset.voucher_count else "",
        ),
    )


def _stages(
    session: Session,
    mediator_id: UUID,
    unclaimed: Sequence[UnclaimedSum],
    *,
    pays: str,
    to_certify: bool,
) -> tuple[Stage, ...]:
    """Everything taken and kept, by how far it has come; each pass is on one line."""
    asked = Filter(mediator_id=mediator_id)
    sums = standing_queries.sums_by_state(session, asked=asked)
    none = Sum(0, 0, 0, 0, 0)

    def stage(name: str, then: str, *states: StatementState) -> Stage:
        found = [sums.get(state, none) for state in states]
        return Stage(
            name,
            then,
            sum(one.voucher_count for one in found),
            Cents(sum(one.amount_cents for one in found)),
            states[0],
        )

    stages = [
        Stage(
            "Pas encore sur un bordereau",
            "Ils seront sur celui du mois.",
            sum(one.voucher_count for one in unclaimed),
            Cents(sum(one.amount_cents for one in unclaimed)),
        ),
        stage(
            "Bordereau en préparation",
            "Certifiez ce qui attend votre signature ; la collectivité approuve ensuite."
            if to_certify
            else "La collectivité l’approuve.",
            StatementState.DRAFT,
        ),
        stage(
            "Approuvé, en paiement",
            pays,
            StatementState.APPROVED,
            StatementState.ORDERED,
        ),
        stage("Paiement revenu", "La banque l’a renvoyé.", StatementState.REJECTED),
        *_over(session, mediator_id, sums),
    ]
    return tuple(one for one in stages if one.voucher_count or one.state == "paid")
