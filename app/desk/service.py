"""What waits for a person today: each thing where the scheme keeps it, told in one list."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from app.desk import booklets, money, people, scheme
from app.desk.queries import Day
from app.desk.rules import Task, in_order
from app.identity.rules import RIGHTS, Actor, Right

_Source = Callable[[Session, Actor, Day], list[Task]]

SOURCES: tuple[tuple[Right, _Source], ...] = (
    (Right.SEE_ALLOCATIONS, scheme.works_under_way),
    (Right.MANAGE_PROGRAMME, scheme.beginning_to_finish),
    (Right.CONFIRM_RECEIPT, booklets.consignments_to_receive),
    (Right.ISSUE_BOOKLETS, people.people_to_call),
    (Right.SEE_STATEMENTS, money.statements_unpaid),
    (Right.PREPARE_CLEARING, money.runs_to_make),
    (Right.APPROVE_BANK_DETAILS, money.accounts_to_confirm),
    (Right.APPROVE_ORDER, booklets.orders_to_approve),
    (Right.PREPARE_ORDER, booklets.orders_to_send),
    (Right.PREPARE_ORDER, booklets.orders_to_cancel),
    (Right.RECORD_MANDATE, booklets.deliveries_to_activate),
    (Right.ALLOCATE, booklets.requests_to_answer),
    (Right.ISSUE_BOOKLETS, booklets.booklets_to_ask_for),
    (Right.COUNT_STOCK, booklets.counts_to_finish),
    (Right.SIGN_COUNT, booklets.counts_to_sign),
    (Right.APPROVE_WRITE_OFF, booklets.write_offs_to_approve),
    (Right.APPROVE_TAKEOVER, scheme.takeovers_to_approve),
    (Right.APPROVE_SHEET, money.sheets_to_check),
    (Right.DECIDE_DISPUTE, money.disputes_to_decide),
    (Right.APPROVE_CLAWBACK, money.clawbacks_to_approve),
    (Right.RECORD_PAYMENT, money.notes_to_collect),
    (Right.ISSUE_DEBIT_NOTE, money.notes_to_issue),
    (Right.SEE_LEDGER, scheme.vintages_to_close),
    (Right.MANAGE_PARTNERS, scheme.partners_to_renew),
    (Right.ALLOCATE, booklets.shortfalls_to_settle),
    (Right.PREPARE_ORDER, booklets.deliveries_to_chase),
    (Right.SEND_BOOKLETS, booklets.consignments_to_chase),
    (Right.DECIDE_SIGNAL, scheme.signals_to_read),
)
"""Whose turn it is: the right that the act asks for, and where what waits for it is found.

In the order in which they are told when nothing is due: people first, then money, then paper.
"""


def waiting(session: Session, *, actor: Actor, today: date) -> tuple[Task, ...]:
    """What waits for that very person: nothing that they prepared themselves, or may not do."""
    rights, day = RIGHTS[actor.role], Day(session, today)
    return in_order(
        task for right, source in SOURCES if right in rights for task in source(session, actor, day)
    )
