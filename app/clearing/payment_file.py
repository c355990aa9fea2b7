"""The payment file: what is to be paid, for the finance software (docs/payment-file.md).

It never holds what an issuer pays: the authority would pay that twice. Each issuer has a list of
its own, of the same columns.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import standing_queries
from app.clearing.models import StatementApproval
from app.clearing.payments import account_to_pay
from app.clearing.rules import StatementState
from app.clearing.standing_queries import Filter, Standing
from app.database.lists import Place
from app.identity.rules import Actor, Right
from app.papers.sheets import Field, Kind, csv_bytes
from app.partners.bank_details import clear_iban
from app.partners.models import BankDetails
from app.partners.vault import BankVault
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.rules import Payer

COLUMNS = (
    Field("Bordereau"),
    Field("Tour", Kind.NUMBER),
    Field("Dispositif"),
    Field("Créancier"),
    Field("SIRET"),
    Field("Titulaire du compte"),
    Field("IBAN"),
    Field("Pass", Kind.NUMBER),
    Field("Valeur faciale (€)", Kind.EUROS),
    Field("Frais (€)", Kind.EUROS),
    Field("Repris (€)", Kind.EUROS),
    Field("Net à payer (€)", Kind.EUROS),
    Field("Approuvé le", Kind.MOMENT),
    Field("À payer avant", Kind.DAY),
    Field("Objet"),
)
TO_ORDER = (StatementState.APPROVED, StatementState.REJECTED)
EVERYTHING = 100_000


def payment_file(
    session: Session, *, actor: Actor, vault: BankVault, issuer_id: UUID | None = None
) -> bytes:
    """One line for each statement that waits for a mandat, with its account in clear.

    One that came back waits for another account first. Those that the authority pays, or those that
    this issuer pays.

    Raises:
        RightMissing: the actor orders no payments.
        BankKeyMissing: the key that seals accounts is not on this machine.
    """
    actor.check(Right.ORDER_PAYMENT)
    names = {
        one.id: one.name
        for one in programmes.programmes_after(session, None, limit=EVERYTHING)
        if issuer_id == (one.issuer_id if one.payer == Payer.ISSUER else None)
    }
    waiting = [
        (one, details)
        for state in TO_ORDER
        for one in standing_queries.statements_listed(
            session, Place(EVERYTHING), asked=Filter(state=state)
        )
        if one.statement.programme_id in names
        and (details := _payable_account(session, one)) is not None
    ]
    rows = [
        _row(one, details, names[one.statement.programme_id], vault) for one, details in waiting
    ]
    return csv_bytes(COLUMNS, rows, specimen=programmes.is_demonstration(session))


def _payable_account(session: Session, standing: Standing) -> BankDetails | None:
    """The account to pay; none while the one that came back is the only one confirmed.

    Paying that one again takes a reason, typed with the mandat: a file must not do it unseen.
    """
    approval, last = _approval(standing), standing.order
    details = account_to_pay(session, approval, last)
    if last is not None and last.payee_iban_fingerprint == details.iban_fingerprint:
        return None
    return details


def _approval(standing: Standing) -> StatementApproval:
    if standing.approval is None:
        message = f"statement {standing.id} waits for a payment without an approval"
        raise AssertionError(message)
    return standing.approval


def _row(
    standing: Standing, details: BankDetails, programme: str, vault: BankVault
) -> tuple[object, ...]:
    approval, last = _approval(standing), standing.order
    number = numbering.written(numbering.STATEMENT, approval.year, approval.number)
    return (
        number,
        last.ordinal + 1 if last else 1,
        programme,
        approval.printed["mediator"],
        approval.printed["siret"],
        details.holder,
        clear_iban(details, vault),
        approval.voucher_count,
        approval.amount_cents,
        approval.fee_cents,
        approval.recovered_cents,
        approval.payable_cents,
        approval.approved_at,
        approval.due_on,
        f"Pass numérique {number}",
    )
