"""What is mended by adding: passes withdrawn, wrong mandates, payments that came back."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, inspect
from sqlalchemy.exc import DBAPIError

from app.clearing import payments, queries, statements
from app.clearing.documents import verified
from app.clearing.errors import SameAccountAgain
from app.clearing.models import PaymentOrder
from app.clearing.payment_file import payment_file
from app.clearing.rules import RedemptionState, verification_code
from app.clearing.session_queries import line_of
from app.clearing.statement_views import StatementPage, statement_page
from app.clearing.statements import PassRange
from app.database.connections import Database
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.orders import mandates
from app.orders import queries as orders
from app.orders.errors import MandateCoversActivation, MandateTaken
from app.orders.models import OrderMandate
from tests.factories import Scheme
from tests.service.test_clearing import held_by, redeemed


@pytest.mark.parametrize("by", ["exo7", "finance"])
def test_a_pass_withdrawn_from_a_draft_can_be_undone_and_no_run_claims_it_again(
    database: Database, scheme: Scheme, by: str
) -> None:
    with database.transaction() as session:
        codes = scheme.issued_booklet(session)
        wrong, _ = (scheme.redeem(session, code).accepted().id for code in codes[:2])
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        draft = scheme.draft(session, run_id, "exo7")
        scheme.withdrawn(session, draft.id, scheme.serial(1, 1))
        assert queries.withdrawn_redemptions(session, draft.id) == [wrong]
        assert line_of(session, wrong).state is RedemptionState.WITHDRAWN

    with database.transaction() as session:
        scheme.undone(session, wrong, by=by, now=scheme.later)

    assert held_by(database, scheme, AccountKind.CIRCULATION, "plie") == 9
    with database.transaction() as session:
        scheme.redeem(session, codes[2])
    scheme.clearing(database)
    assert held_by(database, scheme, AccountKind.CLAIMED, "exo7") == 2
    with database.transaction() as session:
        assert line_of(session, wrong).state is RedemptionState.UNDONE
        scheme.redeem(session, codes[0], at="carecof").accepted()


def test_a_withdrawal_does_not_move_the_day_from_which_payment_is_due(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=2)
    run_id, much_later = scheme.clearing(database), scheme.later + timedelta(days=12)
    with database.transaction() as session:
        draft = scheme.draft(session, run_id, "exo7")
        statements.withdraw_passes(
            session,
            actor=scheme.actors["finance"],
            withdrawal_id=new_id(),
            statement_id=draft.id,
            version=1,
            passes=[PassRange(scheme.serial(1, 1), scheme.serial(1, 1))],
            reason="Saisi deux fois",
            now=much_later,
        )

        approval = statements.approve_statement(
            session,
            actor=scheme.actors["finance2"],
            statement_id=draft.id,
            version=2,
            net_cents=1000,
            now=much_later,
        )

    assert approval.received_on == martinique_day(scheme.later)
    assert approval.due_on == approval.received_on + timedelta(days=30)


def test_a_payment_that_came_back_goes_to_the_same_account_only_for_a_reason(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=1, carecof=1)
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        back = {}
        for name in ("exo7", "carecof"):
            back[name] = scheme.approved(session, scheme.draft(session, run_id, name))
            scheme.rejected(session, scheme.ordered(session, back[name]))
        scheme.bank_details(session, "carecof", iban="DE89370400440532013000", now=scheme.later)

        waiting = payment_file(session, actor=scheme.actors["finance"], vault=scheme.vault).decode()
        assert waiting.count("\r\n") == 2, "CARECOF alone: the other account came back"
        assert "DE89370400440532013000" in waiting

        scheme.ordered(session, back["carecof"])
        with pytest.raises(SameAccountAgain, match="FR14 … 2606"):
            scheme.ordered(session, back["exo7"])
        again = scheme.ordered(session, back["exo7"], why="La banque a rouvert le compte")

        order = payments.known_payment_order(
            session, actor=scheme.actors["finance"], payment_order_id=again
        )
        assert order.same_account_reason == "La banque a rouvert le compte"
        assert order.ordinal == 2


def test_the_page_of_a_payment_that_came_back_shows_the_account_that_the_next_mandat_pays(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=1)
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        sent_back = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        scheme.rejected(session, scheme.ordered(session, sent_back))

        def page(reader: str) -> StatementPage:
            return statement_page(
                session,
                actor=scheme.actors[reader],
                statement_id=sent_back,
                today=martinique_day(scheme.later),
            )

        assert page("finance").same_account
        assert page("finance").awaited is None

        german = "DE89370400440532013000"
        typed = scheme.typed_account(session, "exo7", iban=german, now=scheme.later)
        for reader, may_confirm in (("finance", True), ("coordinator", False), ("exo7", False)):
            awaited = page(reader).awaited
            assert awaited is not None
            assert (awaited.id, awaited.may_confirm) == (typed, may_confirm)
        assert page("finance").same_account, "what waits is not paid"

        scheme.confirmed_account(session, typed, iban=german, now=scheme.later)
        read = page("finance2")
        assert (read.rejected_account[-4:], read.payee[-4:]) == ("2606", "3000")
        assert not read.same_account
        assert read.awaited is None
        scheme.ordered(session, sent_back)
        assert page("finance2").payee == read.payee


def test_a_mandate_sent_back_unpaid_is_not_paid_under_its_number(
    database: Database, scheme: Scheme
) -> None:
    def order(statement_id: UUID, number: str) -> PaymentOrder:
        return payments.order_payment(
            session,
            actor=scheme.actors["finance"],
            payment_order_id=new_id(),
            statement_id=statement_id,
            mandate_number=number,
            bordereau_number="B-1",
            issued_on=martinique_day(scheme.later),
            same_account_reason="Le compte est rouvert",
            now=scheme.later,
        )

    redeemed(database, scheme, exo7=1, carecof=1)
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        sent_back, came_back = (
            scheme.approved(session, scheme.draft(session, run_id, name))
            for name in ("exo7", "carecof")
        )
        unpaid, paid = order(sent_back, "2026-2001"), order(came_back, "2026-2002")
        scheme.paid(session, paid.id)
        for one in (unpaid, paid):
            scheme.rejected(session, one.id)

        with pytest.raises(MandateTaken):
            order(sent_back, "2026-2001")
        row = {one.key: getattr(unpaid, one.key) for one in inspect(PaymentOrder).column_attrs}
        row |= {"id": new_id(), "ordinal": 2, "follows_ordinal": 1, "same_account_reason": "Oui"}
        with (
            pytest.raises(DBAPIError, match="payment_order_number_is_used_once"),
            session.begin_nested(),
        ):
            session.execute(insert(PaymentOrder).values(row))
        assert order(sent_back, "2026-2003").ordinal == 2
        # The bank sent the money back: the accountant pays the same mandat anew.
        assert order(came_back, "2026-2002").ordinal == 2


def test_a_wrong_mandate_is_cancelled_and_its_number_recorded_again(
    database: Database, scheme: Scheme
) -> None:
    def record(number: str, cents: int) -> OrderMandate:
        return scheme.mandate(session, order_id, cents, number=number)

    def cancel(mandate: OrderMandate) -> None:
        mandates.cancel_mandate(
            session,
            actor=scheme.actors["finance"],
            cancellation_id=new_id(),
            mandate_id=mandate.id,
            reason="Somme mal recopiée",
            now=scheme.now,
        )

    with database.transaction() as session:
        order_id = scheme.sent_order(session, tens=1, fives=0)
        wrong = record("M-114", 20_000)
        with pytest.raises(MandateTaken):
            record("M-114", 200)

        cancel(wrong)
        right = record("M-114", 200)

        assert orders.mandates_of(session, order_id) == [right]
        assert orders.progress(session, [order_id])[order_id].mandated_cents == 200
        [allotted] = orders.allotments(session, order_id)
        delivery_id = scheme.delivery(session, order_id, [allotted.serials])
        cancel(record("M-115", 200))
        scheme.activated(session, delivery_id)
        with pytest.raises(MandateCoversActivation):
            cancel(right)


def test_the_code_of_a_paper_is_read_as_it_is_printed(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        scheme.redeem(session, scheme.issued_booklet(session)[0])
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        code = verification_code(scheme.approved(session, scheme.draft(session, run_id, "exo7")))
        groups = [code[i : i + 4].lower() for i in range(0, len(code), 4)]
        found = verified(session, code)
        assert found is not None
        assert verified(session, " ".join(groups)) == found
        assert verified(session, "-".join(groups)) == found
        assert verified(session, "0000") is None
