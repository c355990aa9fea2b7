"""Where an organisation is paid: typed by one person, confirmed or refused by another."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, not_latin
from app.mails.rules import MailKind
from app.partners import queries
from app.partners.announcing import announce
from app.partners.errors import (
    BankDetailsApprovedAlready,
    BankDetailsConfirmed,
    BankDetailsDiffer,
    BankDetailsPreparerCannotApprove,
    BankDetailsRefused,
    BankDetailsSuperseded,
    UnknownBankDetails,
)
from app.partners.models import BankDetails, BankDetailsApproval, BankDetailsRefusal
from app.partners.rules import LONGEST_REFUSAL_REASON, NO_IBAN, BankDetailsState, read_iban
from app.partners.service import known_organisation
from app.partners.vault import BankVault, SealedIban


def prepare_bank_details(
    session: Session,
    *,
    actor: Actor,
    bank_details_id: UUID,
    organisation_id: UUID,
    holder: str,
    iban: str,
    vault: BankVault,
    now: datetime,
) -> BankDetails:
    """Type where an organisation asks to be paid; a second person must approve it.

    Raises:
        OtherOrganisation: a partner types its own account only.
        InvalidInput: holder or IBAN cannot be one.
        UnknownOrganisation: nobody has that id.
        BankKeyMissing: the key that seals IBANs is lost.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_BANK_DETAILS)
    actor.check_sees(organisation_id)
    cleaned, number = clean(holder, longest=70), read_iban(iban)
    wrong = not_latin(holder=holder)
    if cleaned is None:
        wrong["holder"] = "Écrivez le titulaire du compte, en 70 caractères au plus."
    if number is None:
        wrong["iban"] = NO_IBAN
    if cleaned is None or number is None or wrong:
        raise InvalidInput(**wrong)
    if not queries.any_bank_details(session):
        # The first account makes the key. Later a missing key is a lost one, never made anew.
        vault.create()
    digest = request_hash(
        "bank details",
        organisation=organisation_id,
        holder=cleaned,
        iban=vault.fingerprint(number).hex(),
    )
    if record := earlier(session, BankDetails, bank_details_id, digest):
        return record
    known_organisation(session, organisation_id)
    sealed = vault.seal(number, organisation_id=organisation_id, bank_details_id=bank_details_id)
    record = BankDetails(
        id=bank_details_id,
        request_hash=digest,
        organisation_id=organisation_id,
        holder=cleaned,
        iban_sealed=sealed.ciphertext,
        iban_key_id=sealed.key_id,
        iban_fingerprint=sealed.fingerprint,
        iban_masked=sealed.masked,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    announce(session, record, MailKind.BANK_DETAILS_PROPOSED, actor=actor, now=now)
    return record


def known_bank_details(
    session: Session, bank_details_id: UUID, *, organisation_id: UUID | None = None
) -> BankDetails:
    """The bank details of that id, of that organisation when one is named.

    Raises:
        UnknownBankDetails: there are none.
    """
    details = queries.bank_details(session, bank_details_id)
    if details is None or organisation_id not in {None, details.organisation_id}:
        raise UnknownBankDetails
    return details


def clear_iban(details: BankDetails, vault: BankVault) -> str:
    """The IBAN of an account in clear: for a payment file, never for a page or an answer.

    Raises:
        BankKeyMissing: the key that sealed it is not on this machine.
        BankDetailsDamaged: the row is not as it was written.
    """
    sealed = SealedIban(
        details.iban_sealed, details.iban_key_id, details.iban_fingerprint, details.iban_masked
    )
    return vault.open(sealed, organisation_id=details.organisation_id, bank_details_id=details.id)


def known_account(
    session: Session, bank_details_id: UUID, *, organisation_id: UUID | None = None
) -> queries.NamedAccount:
    """The same with what became of it.

    Raises:
        UnknownBankDetails: there are none.
    """
    account = queries.named_account(session, bank_details_id)
    if account is None or organisation_id not in {None, account.details.organisation_id}:
        raise UnknownBankDetails
    return account


def check_may_approve(account: queries.NamedAccount, *, actor: Actor) -> BankDetailsApproval | None:
    """Refuse an account to whoever cannot confirm it; their own confirmation, if they have.

    Raises:
        BankDetailsRefused, BankDetailsSuperseded: it was ended otherwise.
        BankDetailsPreparerCannotApprove: the same person typed it.
        BankDetailsApprovedAlready: somebody else approved it before.
    """
    _check_not_ended(account)
    if account.details.prepared_by == actor.agent_id:
        raise BankDetailsPreparerCannotApprove
    approval = account.approval
    if approval is not None and approval.approved_by != actor.agent_id:
        raise BankDetailsApprovedAlready
    return approval


def _check_not_ended(account: queries.NamedAccount) -> None:
    if account.refusal is not None:
        raise BankDetailsRefused
    if account.state is BankDetailsState.SUPERSEDED:
        raise BankDetailsSuperseded


def approve_bank_details(
    session: Session,
    *,
    actor: Actor,
    bank_details_id: UUID,
    iban: str,
    vault: BankVault,
    now: datetime,
) -> BankDetailsApproval:
    """Confirm an account, by another person than the one who typed it; twice is once.

    That person types the IBAN too, from the paper or as the organisation says it: two ends of it,
    which is all that pages show, would let a slip or a swap in the middle pass.

    Raises:
        InvalidInput: the IBAN cannot be one.
        BankDetailsDiffer: it is not the one that was typed first.
        BankKeyMissing: the key is not on this machine.
        UnknownBankDetails: nothing has that id.
        BankDetailsRefused: somebody refused it, or who typed it took it back.
        BankDetailsSuperseded: another one, typed later, was confirmed meanwhile.
        BankDetailsPreparerCannotApprove: the same person typed it.
        BankDetailsApprovedAlready: somebody else approved it before.
    """
    actor.check(Right.APPROVE_BANK_DETAILS)
    details = known_bank_details(session, bank_details_id)
    _hold(session, details)
    earlier_approval = check_may_approve(known_account(session, details.id), actor=actor)
    number = read_iban(iban)
    if number is None:
        raise InvalidInput(iban=NO_IBAN)
    if not hmac.compare_digest(vault.fingerprint(number), details.iban_fingerprint):
        raise BankDetailsDiffer
    if earlier_approval:
        return earlier_approval
    approval = BankDetailsApproval(
        bank_details_id=details.id,
        organisation_id=details.organisation_id,
        prepared_by=details.prepared_by,
        approved_by=actor.agent_id,
        approved_at=now,
    )
    session.add(approval)
    session.flush()
    announce(session, details, MailKind.BANK_DETAILS_CONFIRMED, actor=actor, now=now)
    return approval


def refuse_bank_details(
    session: Session,
    *,
    actor: Actor,
    refusal_id: UUID,
    bank_details_id: UUID,
    reason: str,
    now: datetime,
) -> BankDetailsRefusal:
    """Say that an account is not the right one: nothing is ever paid there.

    By whoever could confirm it; and by the person who typed it, who takes it back. The
    organisation is told.

    Raises:
        UnknownBankDetails: nothing has that id.
        BankDetailsConfirmed: it was confirmed before; another account replaces it.
        BankDetailsRefused, BankDetailsSuperseded: it was ended before.
        InvalidInput: no reason, or not one line of 200 characters at most.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_BANK_DETAILS)
    typed = queries.bank_details(session, bank_details_id)
    _check_may_end(typed, actor)
    cleaned = clean(reason, longest=LONGEST_REFUSAL_REASON)
    if cleaned is None:
        raise InvalidInput(
            reason=f"Dites pourquoi, en {LONGEST_REFUSAL_REASON} caractères au plus."
        )
    digest = request_hash("bank details refusal", bank_details=bank_details_id, reason=cleaned)
    if record := earlier(session, BankDetailsRefusal, refusal_id, digest):
        return record
    details = known_bank_details(session, bank_details_id)
    _hold(session, details)
    check_may_refuse(known_account(session, details.id), actor=actor)
    record = BankDetailsRefusal(
        id=refusal_id,
        request_hash=digest,
        bank_details_id=details.id,
        reason=cleaned,
        refused_by=actor.agent_id,
        refused_at=now,
    )
    session.add(record)
    session.flush()
    announce(session, details, MailKind.BANK_DETAILS_REFUSED, reason=cleaned, actor=actor, now=now)
    return record


def check_may_refuse(account: queries.NamedAccount, *, actor: Actor) -> None:
    """Refuse an account to whoever cannot say that it is not the right one.

    Raises:
        RightMissing, TokenCannotApprove: the actor neither typed it nor may confirm it.
        BankDetailsConfirmed, BankDetailsRefused, BankDetailsSuperseded: it was ended before.
    """
    _check_may_end(account.details, actor)
    if account.approval is not None:
        raise BankDetailsConfirmed
    _check_not_ended(account)


def _check_may_end(details: BankDetails | None, actor: Actor) -> None:
    """An unknown account and one of somebody else look alike to who may confirm neither."""
    if details is None or details.prepared_by != actor.agent_id:
        actor.check(Right.APPROVE_BANK_DETAILS)


def _hold(session: Session, details: BankDetails) -> None:
    """Of one organisation an account is decided at a time: each decision may close another."""
    hold(session, "bank details of", details.organisation_id)
