"""Two people act on one statement at the same moment: one succeeds, the other is told."""

from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.clearing import payment_queries, queries, run_queries, runs
from app.clearing.run_queries import Unclaimed
from app.clearing.standing_queries import Filter, statements_after
from app.database.connections import Database
from app.ledger import VouchersNotThere
from tests.factories import Scheme
from tests.race.together import Answer, in_transactions, said


def drafted(database: Database, scheme: Scheme) -> UUID:
    """A draft of three passes."""
    with database.transaction() as session:
        for code in scheme.issued_booklet(session)[:3]:
            scheme.redeem(session, code).accepted()
    run_id = scheme.clearing(database)
    with database.transaction(writing=False) as session:
        return scheme.draft(session, run_id, "exo7").id


def withdrawn_while_approved(
    database: Database, scheme: Scheme, statement_id: UUID
) -> list[Answer]:
    """One takes a pass off while another approves what they have just read."""

    def approve(session: Session) -> object:
        statement = queries.statement(session, statement_id)
        assert statement is not None
        return scheme.approved(session, statement)

    def withdraw(session: Session) -> object:
        return scheme.withdrawn(session, statement_id, f"{scheme.booklet(1)} 02")

    return in_transactions(database, [approve, withdraw])


def test_a_pass_leaves_a_draft_or_is_approved_and_not_both(
    database: Database, scheme: Scheme
) -> None:
    answers = withdrawn_while_approved(database, scheme, drafted(database, scheme))

    assert said(answers) in (
        ["accepted", "statement_not_a_draft"],
        ["accepted", "statement_changed"],
        ["accepted", "accepted"],  # withdrawn first, then the rest was read and approved
    )
    with database.transaction(writing=False) as session:
        [one] = statements_after(session, None, limit=2, asked=Filter())
        assert one.approval is not None or one.version.voucher_count == 2
        if one.approval is not None:
            assert one.approval.version == one.version.version


def test_a_payment_is_recorded_or_its_order_sent_back_and_not_both(
    database: Database, scheme: Scheme
) -> None:
    statement_id = drafted(database, scheme)
    with database.transaction() as session:
        statement = queries.statement(session, statement_id)
        assert statement is not None
        order_id = scheme.ordered(session, scheme.approved(session, statement))

    answers = in_transactions(
        database,
        [
            partial(scheme.paid, payment_order_id=order_id),
            partial(scheme.rejected, payment_order_id=order_id),
        ],
    )

    # Paid first, the payment then comes back; sent back first, there is nothing to pay.
    assert said(answers) in (["accepted", "accepted"], ["accepted", "payment_order_rejected"])
    with database.transaction(writing=False) as session:
        [(_, payment, rejection)] = payment_queries.rounds_of(session, statement_id)
        assert rejection is not None
        assert rejection.payment_id == (payment.id if payment else None)


def undone_meanwhile(database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passes are taken; one is undone just after a run has looked at them."""
    with database.transaction() as session:
        codes = scheme.issued_booklet(session)
        undone, _ = (scheme.redeem(session, code).accepted() for code in codes[:2])
    look = run_queries.vouchers_to_claim

    def look_then_undo(*args: object, **kwargs: object) -> list[Unclaimed]:
        seen = look(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came
        with database.transaction() as session:
            scheme.undone(session, undone.id)
        return seen

    monkeypatch.setattr(run_queries, "vouchers_to_claim", look_then_undo)


def test_an_undo_does_not_stop_a_run(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone_meanwhile(database, scheme, monkeypatch)

    run_id = scheme.clearing(database)

    with database.transaction(writing=False) as session:
        assert scheme.total(session, run_id, "exo7").voucher_count == 1


def test_an_undo_stops_a_run_that_does_not_look_again(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone_meanwhile(database, scheme, monkeypatch)
    monkeypatch.setattr(runs, "held_vouchers", lambda _session, seen: list(seen))

    with pytest.raises(VouchersNotThere):
        scheme.clearing(database)
