"""Two statements could recover one receivable at the same moment: one does, once."""

from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clearing import correction_queries, queries
from app.clearing.correction_models import Recovery
from app.clearing.statements import approve_statement
from app.database.connections import Database
from app.database.locks import hold
from tests.factories import Scheme
from tests.race.together import Answer, after, everywhere, in_transactions, meeting, no_hold, said


def owed(database: Database, scheme: Scheme) -> list[UUID]:
    """Ten euros owed back, and two drafts of ten euros that could recover them."""
    with database.transaction() as session:
        codes = scheme.issued_booklet(session)
        wrong = scheme.redeem(session, codes[0]).accepted().id
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        scheme.paid(session, scheme.ordered(session, statement_id))
        scheme.taken_back(session, wrong)
    drafts = []
    for code in codes[1:3]:
        with database.transaction() as session:
            scheme.redeem(session, code).accepted()
        run_id = scheme.clearing(database)
        with database.transaction(writing=False) as session:
            drafts.append(scheme.draft(session, run_id, "exo7").id)
    return drafts


def approved_at_once(database: Database, scheme: Scheme, drafts: list[UUID]) -> list[Answer]:
    """Both as they were read: nothing is left to pay."""

    def approve(session: Session, *, statement_id: UUID) -> object:
        return approve_statement(
            session,
            actor=scheme.actors["finance2"],
            statement_id=statement_id,
            version=1,
            net_cents=0,
            now=scheme.later,
        )

    return in_transactions(database, [partial(approve, statement_id=one) for one in drafts])


def test_one_of_two_statements_recovers_what_is_owed(database: Database, scheme: Scheme) -> None:
    drafts = owed(database, scheme)

    answers = approved_at_once(database, scheme, drafts)

    assert said(answers) == ["accepted", "statement_changed"]
    with database.transaction(writing=False) as session:
        assert session.scalar(select(func.count()).select_from(Recovery)) == 1
        assert sum(queries.approval_of(session, one) is not None for one in drafts) == 1


def test_without_the_hold_the_database_alone_refuses_and_nobody_is_told_why(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = owed(database, scheme)
    everywhere(monkeypatch, hold, no_hold)

    with meeting(2) as meet:
        after(monkeypatch, correction_queries.open_receivables, meet)
        answers = approved_at_once(database, scheme, drafts)

    assert said(answers) == ["IntegrityError", "accepted"]
    [crash] = [one.crash for one in answers if one.crash is not None]
    assert isinstance(crash, IntegrityError)
    assert "recovery" in str(crash)
