"""A typed sheet approved by two people at once, and a pass that its mediator takes meanwhile."""

from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import session_queries, sheets
from app.clearing.redemption_models import TypedSheet, TypedSheetDecision
from app.clearing.redemptions import Verdict
from app.database.connections import Database
from app.database.locks import hold
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from tests.factories import Scheme
from tests.race.together import Answer, after, everywhere, in_transactions, meeting, no_hold, said


def typed(database: Database, scheme: Scheme, number: int) -> tuple[UUID, list[VoucherCode]]:
    """A sheet of the ten passes of one booklet."""
    with database.transaction() as session:
        codes = scheme.issued_booklet(session, number)
        sheet = sheets.prepare_sheet(
            session,
            actor=scheme.actors["coordinator"],
            sheet_id=new_id(),
            mediator_id=scheme.organisations["exo7"],
            held_on=scheme.today,
            typed=codes,
            now=scheme.now,
        )
        assert isinstance(sheet, TypedSheet)
        return sheet.id, codes


def approve(scheme: Scheme, by: str, sheet_id: UUID, session: Session) -> TypedSheetDecision:
    return sheets.approve_sheet(
        session,
        actor=scheme.actors[by],
        sheet_id=sheet_id,
        signer=scheme.signer,
        now=scheme.now,
    )


def by_two(database: Database, scheme: Scheme, number: int) -> list[Answer]:
    """Two people approve one sheet at the same moment."""
    sheet_id, _ = typed(database, scheme, number)
    return in_transactions(
        database, [partial(approve, scheme, by, sheet_id) for by in ("finance", "coordinator2")]
    )


def test_one_of_two_people_approves_a_sheet(database: Database, scheme: Scheme) -> None:
    for number in range(1, 4):
        answers = by_two(database, scheme, number)

        assert said(answers) == ["accepted", "typed_sheet_decided_already"]


def test_without_holding_the_sheet_the_second_gets_no_answer(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, session_queries.decision_of, meet)
        answers = by_two(database, scheme, 1)

    assert said(answers) != ["accepted", "typed_sheet_decided_already"]


def test_a_pass_taken_at_the_counter_and_from_a_sheet_is_taken_once(
    database: Database, scheme: Scheme
) -> None:
    for number in range(1, 4):
        sheet_id, codes = typed(database, scheme, number)
        acts = [partial(approve, scheme, "finance", sheet_id)]
        counter = [
            lambda session, code=code: scheme.redeem(session, code) for code in reversed(codes)
        ]

        answers = in_transactions(database, [*acts, *counter])

        assert [a.said for a in answers] == ["accepted"] * len(answers)
        with database.transaction(writing=False) as session:
            sheet = sheets.verdicts_of(session, sheet_id)
            lines = session_queries.lines_of_sheet(session, sheet_id)
            assert ledger.verify(session).honest
        for line, answer in zip(lines, reversed(answers[1:]), strict=True):
            there = answer.value
            assert isinstance(there, Verdict)
            taken = [v for v in (sheet[line.id], there) if v.refusal is None]
            refused = [v.refusal.code for v in (sheet[line.id], there) if v.refusal]
            assert len(taken) == 1
            assert refused == ["voucher_already_redeemed"]
