"""The end of a vintage, day after day, whoever pays the mediators."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.errors import OutsideValidity, VoucherExpired
from app.closing import calendar, complements, endings, errors, queries
from app.closing.models import ClosingComplement, ComplementSettlement
from app.closing.papers import complement_statement, joint_statement
from app.closing.rules import Side, Step
from app.closing.views import account_of, complements_shown, counted_list
from app.database.connections import Database
from app.kernel.clock import end_of_day, first_instant
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.ledger import AccountKind, rule_named_by
from app.orders import queries as orders
from app.orders import service as orders_service
from app.orders.budget import Budget, budget_of
from app.orders.errors import OverBudget
from app.orders.models import OrderApproval
from app.orders.rules import LineAsked, SerialRange
from app.orders.service import totals_of
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_queries import held_back
from app.prescribers.errors import BookletBlocked, LateHandOver
from app.prescribers.rules import LateReason
from app.programmes.rules import Payer, Terms
from app.programmes.service import (
    change_settings,
    create_vintage,
    known_programme,
    known_vintage,
)
from app.reports import evidence
from tests.factories import ALIKE, Scheme
from tests.papers.reading import words


@pytest.fixture
def lasting(database: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Scheme:
    """A scheme with a booklet handed out, two in a drawer and one in stock; three passes used."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, tmp_path, payer=getattr(request, "param", Payer.AUTHORITY))
        scheme.stock(session, tens=4, fives=0)
        if request.node.originalname == IN_FULL:
            arrived_and_never_in_service(scheme, session)
        scheme.allocation(session, 1, 3)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        for code in scheme.codes(session, 1)[:3]:
            scheme.redeem(session, code).accepted()
        scheme.blocked(session, scheme.serial(1, 10), by="plie")
    return scheme


IN_FULL = "test_a_vintage_ends_day_after_day"


def arrived_and_never_in_service(scheme: Scheme, session: Session) -> None:
    """Four booklets more: the mandat of the second delivery lacks, and the first one's came late.

    The first two are covered, and nobody put them in service; one of the others is burnt. Of two
    booklets of another order nothing ever comes.
    """
    order_id = scheme.sent_order(session, tens=4, fives=0)
    [allotted] = orders.allotments(session, order_id)
    first = allotted.serials.first
    for start in (first, first + 20):
        scheme.delivery(session, order_id, [SerialRange(start, start + 19)])
    order = orders.order(session, order_id)
    assert order is not None
    scheme.mandate(session, order_id, (totals_of(order).total_cents + order.fee_cents) // 2)
    scheme.destroyed(session, scheme.serial(7, 1))
    scheme.sent_order(session, tens=2, fives=0)


def run(database: Database, scheme: Scheme, days: int, *, evening: bool = False) -> list[Step]:
    """Let the calendar run so many days from the last day of validity, twice."""
    with database.transaction(writing=False) as session:
        terms = known_vintage(session, scheme.vintage_id)
        end = terms.valid_until + timedelta(days=days)
    scheme.now = end_of_day(end) if evening else first_instant(end) + timedelta(hours=8)
    done = [one.step for one in calendar.run_due(database, now=scheme.now)]
    assert calendar.run_due(database, now=scheme.now) == []
    return done


@pytest.mark.parametrize("lasting", list(Payer), indirect=True)
def test_a_vintage_ends_day_after_day(  # noqa: PLR0915 - one story, told in the order of its days
    database: Database, lasting: Scheme
) -> None:
    scheme, vintage_id = lasting, lasting.vintage_id
    plie, sponsor = scheme.organisations["plie"], scheme.organisations["sponsor"]

    # The alert lists what is handed out and what is not, begun or not.
    assert run(database, scheme, -31) == []
    with database.transaction() as session, pytest.raises(errors.HoldNotDue):
        endings.validate_hold(
            session,
            actor=scheme.actors["coordinator"],
            hold_id=new_id(),
            vintage_id=vintage_id,
            now=scheme.now,
        )
    assert run(database, scheme, -30) == [Step.ALERT]
    with database.transaction(writing=False) as session:
        listed = counted_list(session, vintage_id)
        assert listed is not None
        assert (listed.total.kept_passes, listed.total.unused_passes) == (69, 6)
        assert (listed.alert_count, listed.apart_count) == (76, 1), "one is blocked"
        found = {c.holder_id: c for c in queries.counts_of(session, vintage_id, Step.ALERT)}
        assert (found[sponsor].kept_booklets, found[sponsor].kept_passes) == (5, 49)
        assert (found[plie].kept_booklets, found[plie].kept_passes) == (2, 20)
        assert (found[plie].untouched_booklets, found[plie].begun_booklets) == (0, 1)
        assert found[plie].unused_passes == 6

    # The hold takes effect once validated, and lets go what is to be handed out late.
    assert run(database, scheme, -15) == [Step.WITHHOLD]
    with database.transaction() as session:
        held = endings.validate_hold(
            session,
            actor=scheme.actors["coordinator"],
            hold_id=new_id(),
            vintage_id=vintage_id,
            now=scheme.now,
        )
        person = scheme.beneficiary(session)
    assert held.voucher_count == 69
    with database.transaction(writing=False) as session:
        [kept_apart] = held_back(session, plie)
    assert (kept_apart.booklet_count, kept_apart.since) == (2, scheme.now)
    with database.transaction() as session, pytest.raises(BookletBlocked):
        scheme.prescription(session, person, [2])
    assert run(database, scheme, -7) == [Step.LATE]
    with database.transaction() as session:
        endings.release_held(
            session,
            actor=scheme.actors["coordinator"],
            release_id=new_id(),
            vintage_id=vintage_id,
            booklets=[BookletRange(scheme.booklet(2), scheme.booklet(2))],
            reason="Rendez-vous pris le 3",
            now=scheme.now,
        )
        hand_over_late(scheme, session, person)

    # Sessions count until the end of the tolerance, and may be sent a few days later.
    assert run(database, scheme, 31) == []
    last_day = scheme.now
    with database.transaction(writing=False) as session:
        # Ten booklets at 2 € and their hundred passes, one of which no mediator will be paid for.
        before = budget_of_all(session, scheme)
        void = 1000 if known_programme(session, scheme.programme_id).payer == "authority" else 0
        assert (before.committed_cents, before.released_cents) == (102_000 - void, void)
    assert run(database, scheme, 31, evening=True) == [Step.REFUSE]
    with database.transaction() as session:
        codes = scheme.codes(session, 2)
        late = scheme.redeem(session, codes[0], redeemed_at=scheme.now).refusal
        assert isinstance(late, OutsideValidity)
        in_time = scheme.redeem(session, codes[0], redeemed_at=last_day).accepted()
    assert run(database, scheme, 36) == []
    with database.transaction() as session:
        taken = scheme.redeem(session, codes[1], redeemed_at=last_day).accepted()
    assert run(database, scheme, 36, evening=True) == [Step.EXPIRE]
    with database.transaction() as session:
        refused = scheme.redeem(session, codes[2], redeemed_at=last_day).refusal
        assert isinstance(refused, VoucherExpired)
        scheme.undone(session, taken.id)

    # The accounts close to zero, two people record two signatures, and what is unused comes back.
    assert run(database, scheme, 38) == [Step.STATEMENT]
    settle_after_two_signatures(database, scheme)
    with database.transaction(writing=False) as session:
        statement = queries.joint_statement(session, vintage_id)
        settlement = queries.settlement_of(session, vintage_id)
        rests = queries.rest(session, vintage_id)
        assert ledger.verify(session).honest
    assert statement is not None
    assert settlement is not None
    assert (statement.received_count, statement.used_count, statement.expired_count) == (80, 4, 75)
    assert (statement.void_count, statement.inert_count) == (1, 39)
    with database.transaction(writing=False) as session:
        account = account_of(session, vintage_id)
    paper = " ".join(" ".join(words(joint_statement(account, specimen=False))).split())
    assert "Reçus, jamais mis en service 39" in paper
    assert "Mis en service, expirés sans avoir servi 36" in paper
    if statement.payer == Payer.ISSUER:
        # What no mandat covers was not paid for: twenty passes, one of them burnt.
        assert (statement.unpaid_count, statement.unused_count) == (20, 56)
        assert (settlement.kind, settlement.number[:2]) == ("credit_note", "AV")
        assert (settlement.voucher_count, settlement.amount_cents) == (56, 56_000)
        assert rests == {
            AccountKind.REDEEMED: 4,
            AccountKind.CREDITED: 56,
            AccountKind.EXPIRED: 19,
            AccountKind.VOID: 1,
        }
        assert "Payés à l’émetteur et jamais utilisés 56" in paper
        assert "20 pass jamais mis en service n’ont pas été payés" in paper
        # Paid, and not given back: what was used, and the printing that the mandates cover.
        approved_up_to(database, scheme, committed=4 * 1000 + 6 * 200)
    else:
        # Nothing was paid for: everything that was committed and never used is released.
        assert (statement.unpaid_count, statement.unused_count) == (0, 76)
        assert (settlement.kind, settlement.number[:3]) == ("release", "LIB")
        assert settlement.amount_cents == 76_000
        assert rests == {AccountKind.REDEEMED: 4, AccountKind.EXPIRED: 75, AccountKind.VOID: 1}
        assert "Jamais utilisés : crédit à dégager 76" in paper
        assert "payés" not in paper
        # Of the third order nothing came, and nothing will be paid; what came was printed.
        approved_up_to(database, scheme, committed=4 * 1000 + 8 * 200)
    complete(database, scheme, in_time.id)
    assert run(database, scheme, 400) == []


def budget_of_all(session: Session, scheme: Scheme) -> Budget:
    """What the programme has committed by today."""
    programme = known_programme(session, scheme.programme_id)
    return budget_of(session, programme, on=scheme.today)


def approved_up_to(database: Database, scheme: Scheme, *, committed: int) -> None:
    """What is committed, to the cent: the application says it, and the database.

    A budget of an order of another vintage more lets it be approved, and a cent less does not.
    Nothing of that is kept.
    """

    def allow(budget_cents: int) -> None:
        change_settings(
            session,
            actor=coordinator,
            settings_id=new_id(),
            programme_id=scheme.programme_id,
            applies_from=scheme.today,
            terms=replace(Terms(), budget_cents=budget_cents),
            now=scheme.now,
        )

    coordinator, another = (scheme.actors[name] for name in ("coordinator", "coordinator2"))
    with database.transaction() as session:
        there = budget_of_all(session, scheme)
        assert (there.committed_cents, there.released_cents) == (committed, 102_000 - committed)
        order = orders_service.prepare_order(
            session,
            actor=coordinator,
            order_id=new_id(),
            programme_id=scheme.programme_id,
            vintage_id=create_vintage(
                session,
                actor=coordinator,
                programme_id=scheme.programme_id,
                label="31A",
                face_value_cents=Cents(1000),
                valid_from=scheme.today,
                valid_until=scheme.today + timedelta(days=900),
                tolerance_days=0,
                keys=scheme.keys,
                now=scheme.now,
            ).vintage_id,
            lines=[LineAsked(10, 1, Cents(200))],
            now=scheme.now,
        )
        allow(committed + 10_200 - 1)
        with pytest.raises(OverBudget):
            orders_service.approve_order(session, actor=another, order_id=order.id, now=scheme.now)
        row = insert(OrderApproval).values(
            order_id=order.id,
            prepared_by=coordinator.agent_id,
            approved_by=another.agent_id,
            approved_at=scheme.now,
            approved_on=scheme.today,
        )
        point = session.begin_nested()
        with pytest.raises(DBAPIError) as refused:
            session.execute(row)
        point.rollback()
        assert rule_named_by(refused.value) == "approval_stays_within_the_budget"
        allow(committed + 10_200)
        orders_service.approve_order(session, actor=another, order_id=order.id, now=scheme.now)
        session.rollback()


def complete(database: Database, scheme: Scheme, redemption_id: UUID) -> None:
    """A redemption undone after the accounts were closed: its pass is in a complement, once."""

    def draw(complement_id: UUID) -> ClosingComplement:
        with database.transaction() as session:
            return complements.draw_complement(
                session,
                actor=scheme.actors["finance"],
                complement_id=complement_id,
                vintage_id=scheme.vintage_id,
                now=scheme.now,
            )

    def settle(by: str, signed_on: date, reference: str | None = None) -> ComplementSettlement:
        with database.transaction() as session:
            return complements.settle_complement(
                session,
                actor=scheme.actors[by],
                complement_id=made.id,
                sponsor_signed_on=signed_on,
                issuer_signed_on=signed_on,
                reference=reference,
                now=scheme.now,
            )

    with pytest.raises(errors.NothingExpiredLate):
        draw(new_id())
    assert run(database, scheme, 60) == []
    with database.transaction() as session:
        scheme.undone(session, redemption_id)
    assert run(database, scheme, 61) == [], "it expires at once, and no step is done again"
    made = draw(drawn := new_id())
    assert draw(drawn).number == made.number
    assert (made.voucher_count, made.amount_cents) == (1, 1000)
    with pytest.raises(errors.ComplementWaits):
        draw(new_id())
    with pytest.raises(errors.ComplementByTheSamePerson):
        settle("finance", scheme.today)
    with pytest.raises(InvalidInput):
        settle("coordinator", scheme.today - timedelta(days=1))
    settled = settle("coordinator", scheme.today)
    assert settle("coordinator", scheme.today).number == settled.number
    for by, reference in (("coordinator2", None), ("coordinator", "Courrier 12")):
        with pytest.raises(errors.ComplementSettledAlready):
            settle(by, scheme.today, reference)
    with pytest.raises(errors.NothingExpiredLate):
        draw(new_id())
    with database.transaction(writing=False) as session:
        rests = queries.rest(session, scheme.vintage_id)
        [told] = complements_shown(session, scheme.vintage_id)
        assert ledger.verify(session).honest
    if made.payer == Payer.ISSUER:
        assert settled.number.startswith("AV-")
        assert (rests[AccountKind.REDEEMED], rests[AccountKind.CREDITED]) == (3, 57)
        assert rests[AccountKind.EXPIRED] == 19
    else:
        assert settled.number.startswith("LIB-")
        assert (rests[AccountKind.REDEEMED], rests[AccountKind.EXPIRED]) == (3, 76)
    paper = " ".join(" ".join(words(complement_statement(told, specimen=False))).split())
    assert "dix euros" in paper
    assert settled.number in paper
    asking = evidence.Asking(
        scheme.actors["accountant"], scheme.today, scheme.today, "", scheme.now, specimen=False
    )
    with database.transaction() as session:
        kept = {piece.name: piece for piece in evidence.pieces_of(session, asking)}
        assert kept[f"{made.number}.pdf"].render(session).startswith(b"%PDF")


def hand_over_late(scheme: Scheme, session: Session, person: UUID) -> None:
    """A booklet let go is handed over in the last days, once somebody accepts that for a reason."""
    with pytest.raises(LateHandOver):
        scheme.prescription(session, person, [2])
    scheme.prescription(
        session, person, [2], reasons=replace(ALIKE, late=LateReason.SESSIONS_BOOKED)
    )


def settle_after_two_signatures(database: Database, scheme: Scheme) -> None:
    """Each step in its order, and what comes too soon is refused."""

    def sign(by: str, side: Side) -> None:
        with database.transaction() as session:
            endings.sign_statement(
                session,
                actor=scheme.actors[by],
                signature_id=new_id(),
                vintage_id=scheme.vintage_id,
                side=side,
                signed_on=scheme.today,
                now=scheme.now,
            )

    def settle() -> None:
        with database.transaction() as session:
            endings.settle_closing(
                session,
                actor=scheme.actors["finance"],
                settlement_id=new_id(),
                vintage_id=scheme.vintage_id,
                now=scheme.now,
            )

    sign("coordinator", Side.SPONSOR)
    with pytest.raises(errors.SideSignedAlready):
        sign("finance", Side.SPONSOR)
    with pytest.raises(errors.SignedByTheSamePerson):
        sign("coordinator", Side.ISSUER)
    with pytest.raises(errors.NotYetSigned):
        settle()
    sign("finance", Side.ISSUER)
    settle()
    with pytest.raises(errors.SettledAlready):
        settle()


def test_after_a_long_stop_every_step_is_done_in_its_order(
    database: Database, lasting: Scheme
) -> None:
    assert run(database, lasting, 100) == list(Step)

    with database.transaction() as session:
        for refusal, act in (
            (errors.HoldTooLate, endings.validate_hold),
            (errors.ReleaseTooLate, endings.release_held),
        ):
            more: dict[str, object] = (
                {"hold_id": new_id()}
                if act is endings.validate_hold
                else {
                    "release_id": new_id(),
                    "reason": "x",
                    "booklets": [BookletRange(lasting.booklet(2), lasting.booklet(2))],
                }
            )
            with pytest.raises(refusal):
                act(
                    session,
                    actor=lasting.actors["coordinator"],
                    vintage_id=lasting.vintage_id,
                    now=lasting.now,
                    **more,  # type: ignore[arg-type]
                )
        statement = queries.joint_statement(session, lasting.vintage_id)
    assert statement is not None
    assert (statement.used_count, statement.expired_count) == (3, 37)


@pytest.mark.parametrize("lasting", [Payer.ISSUER], indirect=True)
def test_what_is_destroyed_after_the_statement_is_not_credited(
    database: Database, lasting: Scheme
) -> None:
    scheme = lasting
    run(database, scheme, 30)
    with database.transaction() as session:
        taken = scheme.redeem(session, scheme.codes(session, 1)[5]).accepted()
    run(database, scheme, 40)
    with database.transaction() as session:
        scheme.undone(session, taken.id)
        scheme.destroyed(session, scheme.serial(1, 6))

    settle_after_two_signatures(database, scheme)

    with database.transaction(writing=False) as session:
        statement = queries.joint_statement(session, scheme.vintage_id)
        settlement = queries.settlement_of(session, scheme.vintage_id)
        rests = queries.rest(session, scheme.vintage_id)
    assert statement is not None
    assert settlement is not None
    assert statement.unused_count == settlement.voucher_count == rests[AccountKind.CREDITED] == 36
    assert rests[AccountKind.VOID] == 1


def test_no_booklet_is_cut_by_a_hold_that_goes_lot_by_lot(
    database: Database, lasting: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = lasting
    monkeypatch.setattr(calendar, "AT_ONCE", 7)
    run(database, scheme, -15)
    asked = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    with database.transaction() as session:
        endings.validate_hold(
            session,
            hold_id=new_id(),
            vintage_id=scheme.vintage_id,
            **asked,  # type: ignore[arg-type]
        )
        for number in (2, 3, 4):
            endings.release_held(
                session,
                release_id=new_id(),
                vintage_id=scheme.vintage_id,
                booklets=[BookletRange(scheme.booklet(number), scheme.booklet(number))],
                reason="Rendez-vous pris",
                **asked,  # type: ignore[arg-type]
            )

    with database.transaction(writing=False) as session:
        assert AccountKind.WITHHELD not in queries.rest(session, scheme.vintage_id)
