"""The account that a statement pays, as its pages tell it, and the one that is to replace it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import payments
from app.clearing.rules import StatementState
from app.clearing.standing_queries import Standing
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.money import NO_BREAK
from app.partners import queries as partners


@dataclass(frozen=True, slots=True)
class Account:
    """Where a statement is paid, in words; after a rejection what was refused as well."""

    words: str = ""
    rejected: str = ""
    same: bool = False


@dataclass(frozen=True, slots=True)
class AwaitedAccount:
    """An account that a second person has yet to confirm."""

    id: UUID
    organisation_id: UUID
    words: str
    typed_on: date
    may_confirm: bool
    """The reader may; else they only read of it."""
    own: bool


def account_of(session: Session, one: Standing) -> Account:
    """Holder and masked IBAN: frozen, or those that the next act would freeze or pay."""
    if one.approval is None:
        details = partners.approved_bank_details(session, one.statement.mediator_id)
        if details is None or one.state is not StatementState.DRAFT:
            return Account()
        return Account(account_words(details.holder, details.iban_masked))
    if one.order is None or one.rejection is None:
        frozen = one.order or one.approval
        return Account(account_words(frozen.payee_name, frozen.payee_iban_masked))
    details = payments.account_to_pay(session, one.approval, one.order)
    return Account(
        account_words(details.holder, details.iban_masked),
        account_words(one.order.payee_name, one.order.payee_iban_masked),
        same=details.iban_fingerprint == one.order.payee_iban_fingerprint,
    )


def account_awaited(session: Session, actor: Actor, one: Standing) -> AwaitedAccount | None:
    """The account that waits to be confirmed, where the next act depends on which one is."""
    if one.state not in {StatementState.DRAFT, StatementState.REJECTED}:
        return None
    details = partners.waiting_bank_details(session, one.statement.mediator_id)
    if details is None:
        return None
    return AwaitedAccount(
        details.id,
        details.organisation_id,
        account_words(details.holder, details.iban_masked),
        martinique_day(details.prepared_at),
        may_confirm=Right.APPROVE_BANK_DETAILS in RIGHTS[actor.role]
        and details.prepared_by != actor.agent_id,
        own=actor.scope is not None,
    )


def account_words(holder: str, iban_masked: str) -> str:
    """An account in a few words that do not break within its number."""
    return f"{holder}, {iban_masked.replace(' ', NO_BREAK)}"
