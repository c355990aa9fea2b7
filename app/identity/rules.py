"""Roles and what each may do: plain values, no database."""

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category
from uuid import UUID

from app.identity.errors import OtherOrganisation, RightMissing, TokenCannotApprove


class Role(StrEnum):
    """What an agent is trusted with."""

    COORDINATOR = "coordinator"
    FINANCE = "finance"
    ACCOUNTANT = "accountant"
    PRESCRIBER = "prescriber"
    MEDIATOR = "mediator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


FRENCH_ROLE = {
    Role.COORDINATOR: "Coordination",
    Role.FINANCE: "Service financier",
    Role.ACCOUNTANT: "Comptable public",
    Role.PRESCRIBER: "Prescripteur",
    Role.MEDIATOR: "Médiateur",
    Role.AUDITOR: "Contrôle",
    Role.ADMINISTRATOR: "Administration des comptes",
}


class Right(StrEnum):
    """One thing that somebody may do. A route asks for a right, never for a role."""

    SEE_PROGRAMME = "see_programme"
    MANAGE_PROGRAMME = "manage_programme"
    SEE_PARTNERS = "see_partners"
    MANAGE_PARTNERS = "manage_partners"
    CORRECT_PROFILE = "correct_profile"
    PREPARE_BANK_DETAILS = "prepare_bank_details"
    APPROVE_BANK_DETAILS = "approve_bank_details"
    SEE_ORDERS = "see_orders"
    PREPARE_TAKEOVER = "prepare_takeover"
    APPROVE_TAKEOVER = "approve_takeover"
    PREPARE_ORDER = "prepare_order"
    APPROVE_ORDER = "approve_order"
    PRINT_BOOKLETS = "print_booklets"
    RECEIVE_DELIVERY = "receive_delivery"
    RECORD_MANDATE = "record_mandate"
    SEE_VOUCHERS = "see_vouchers"
    CHECK_VOUCHER = "check_voucher"
    SEE_ALLOCATIONS = "see_allocations"
    ALLOCATE = "allocate"
    SEND_BOOKLETS = "send_booklets"
    CONFIRM_RECEIPT = "confirm_receipt"
    REQUEST_BOOKLETS = "request_booklets"
    COUNT_STOCK = "count_stock"
    SIGN_COUNT = "sign_count"
    SEE_BENEFICIARIES = "see_beneficiaries"
    ISSUE_BOOKLETS = "issue_booklets"
    SEE_PRESCRIPTIONS = "see_prescriptions"
    UNDO_PRESCRIPTION = "undo_prescription"
    REDEEM = "redeem"
    UNDO_REDEMPTION = "undo_redemption"
    SEE_REDEMPTIONS = "see_redemptions"
    TYPE_SHEETS = "type_sheets"
    APPROVE_SHEET = "approve_sheet"
    PREPARE_CLEARING = "prepare_clearing"
    SEE_STATEMENTS = "see_statements"
    CERTIFY_STATEMENT = "certify_statement"
    APPROVE_STATEMENT = "approve_statement"
    ORDER_PAYMENT = "order_payment"
    RECORD_PAYMENT = "record_payment"
    PREPARE_CLAWBACK = "prepare_clawback"
    APPROVE_CLAWBACK = "approve_clawback"
    ISSUE_DEBIT_NOTE = "issue_debit_note"
    OPEN_DISPUTE = "open_dispute"
    DECIDE_DISPUTE = "decide_dispute"
    SEE_LOSSES = "see_losses"
    DECLARE_LOSS = "declare_loss"
    LIFT_BLOCK = "lift_block"
    REPLACE_PASSES = "replace_passes"
    PREPARE_WRITE_OFF = "prepare_write_off"
    APPROVE_WRITE_OFF = "approve_write_off"
    WITHDRAW_VINTAGE = "withdraw_vintage"
    VALIDATE_HOLD = "validate_hold"
    RELEASE_HELD = "release_held"
    SIGN_CLOSING = "sign_closing"
    SETTLE_CLOSING = "settle_closing"
    SEE_REPORTS = "see_reports"
    SEE_SIGNALS = "see_signals"
    DECIDE_SIGNAL = "decide_signal"
    SEE_LEDGER = "see_ledger"
    MANAGE_ACCOUNTS = "manage_accounts"


APPROVALS = frozenset(
    {
        Right.APPROVE_ORDER,
        Right.APPROVE_TAKEOVER,
        Right.APPROVE_STATEMENT,
        Right.APPROVE_BANK_DETAILS,
        Right.APPROVE_SHEET,
        Right.CERTIFY_STATEMENT,
        Right.APPROVE_CLAWBACK,
        Right.DECIDE_DISPUTE,
        Right.APPROVE_WRITE_OFF,
        Right.VALIDATE_HOLD,
        Right.SIGN_CLOSING,
        Right.SIGN_COUNT,
    }
)
"""Rights that a token never carries: a person approves, signed in, not a program."""

_SEEING_ALL = frozenset(
    {
        Right.SEE_PROGRAMME,
        Right.SEE_PARTNERS,
        Right.SEE_ORDERS,
        Right.SEE_VOUCHERS,
        Right.SEE_ALLOCATIONS,
        Right.SEE_REDEMPTIONS,
        Right.SEE_STATEMENTS,
        Right.SEE_LOSSES,
        Right.SEE_REPORTS,
        Right.SEE_SIGNALS,
        Right.SEE_LEDGER,
    }
)

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.COORDINATOR: _SEEING_ALL
    | {
        Right.MANAGE_PROGRAMME,
        Right.MANAGE_PARTNERS,
        Right.CORRECT_PROFILE,
        Right.PREPARE_BANK_DETAILS,
        Right.APPROVE_BANK_DETAILS,
        Right.PREPARE_TAKEOVER,
        Right.APPROVE_TAKEOVER,
        Right.PREPARE_ORDER,
        Right.APPROVE_ORDER,
        Right.PRINT_BOOKLETS,
        Right.RECEIVE_DELIVERY,
        Right.ALLOCATE,
        Right.TYPE_SHEETS,
        Right.APPROVE_SHEET,
        Right.DECIDE_SIGNAL,
        Right.UNDO_REDEMPTION,
        Right.PREPARE_CLAWBACK,
        Right.APPROVE_CLAWBACK,
        Right.OPEN_DISPUTE,
        Right.DECIDE_DISPUTE,
        Right.SEND_BOOKLETS,
        Right.CONFIRM_RECEIPT,
        Right.COUNT_STOCK,
        Right.SIGN_COUNT,
        Right.SEE_PRESCRIPTIONS,
        Right.UNDO_PRESCRIPTION,
        Right.APPROVE_STATEMENT,
        Right.DECLARE_LOSS,
        Right.LIFT_BLOCK,
        Right.REPLACE_PASSES,
        Right.PREPARE_WRITE_OFF,
        Right.APPROVE_WRITE_OFF,
        Right.WITHDRAW_VINTAGE,
        Right.VALIDATE_HOLD,
        Right.RELEASE_HELD,
        Right.SIGN_CLOSING,
    },
    Role.FINANCE: _SEEING_ALL
    | {
        Right.PREPARE_BANK_DETAILS,
        Right.APPROVE_BANK_DETAILS,
        Right.PREPARE_TAKEOVER,
        Right.APPROVE_TAKEOVER,
        Right.PREPARE_ORDER,
        Right.APPROVE_ORDER,
        Right.PRINT_BOOKLETS,
        Right.RECORD_MANDATE,
        Right.TYPE_SHEETS,
        Right.APPROVE_SHEET,
        Right.UNDO_REDEMPTION,
        Right.PREPARE_CLAWBACK,
        Right.APPROVE_CLAWBACK,
        Right.ISSUE_DEBIT_NOTE,
        Right.OPEN_DISPUTE,
        Right.DECIDE_DISPUTE,
        Right.PREPARE_CLEARING,
        Right.APPROVE_STATEMENT,
        Right.ORDER_PAYMENT,
        Right.DECIDE_SIGNAL,
        Right.PREPARE_WRITE_OFF,
        Right.APPROVE_WRITE_OFF,
        Right.SIGN_CLOSING,
        Right.SETTLE_CLOSING,
        Right.COUNT_STOCK,
        Right.SIGN_COUNT,
    },
    Role.ACCOUNTANT: _SEEING_ALL | {Right.RECORD_PAYMENT, Right.SIGN_COUNT},
    Role.AUDITOR: _SEEING_ALL | {Right.SEE_PRESCRIPTIONS},
    Role.PRESCRIBER: frozenset(
        {
            Right.SEE_PROGRAMME,
            Right.SEE_PARTNERS,
            Right.CORRECT_PROFILE,
            Right.SEE_VOUCHERS,
            Right.SEE_ALLOCATIONS,
            Right.SEND_BOOKLETS,
            Right.CONFIRM_RECEIPT,
            Right.REQUEST_BOOKLETS,
            Right.COUNT_STOCK,
            Right.SIGN_COUNT,
            Right.SEE_BENEFICIARIES,
            Right.ISSUE_BOOKLETS,
            Right.SEE_PRESCRIPTIONS,
            Right.UNDO_PRESCRIPTION,
            Right.SEE_LOSSES,
            Right.DECLARE_LOSS,
            Right.REPLACE_PASSES,
        }
    ),
    Role.MEDIATOR: frozenset(
        {
            Right.SEE_PROGRAMME,
            Right.SEE_PARTNERS,
            Right.CORRECT_PROFILE,
            Right.SEE_VOUCHERS,
            Right.CHECK_VOUCHER,
            Right.REDEEM,
            Right.UNDO_REDEMPTION,
            Right.OPEN_DISPUTE,
            Right.SEE_REDEMPTIONS,
            Right.SEE_STATEMENTS,
            Right.CERTIFY_STATEMENT,
        }
    ),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS}),
}

SEES_ALL_ORGANISATIONS = frozenset({Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.AUDITOR})
"""The other roles see what concerns their own organisation, and nothing else."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an agent, for an organisation, in a role, signed in or through a token."""

    agent_id: int
    organisation_id: UUID
    role: Role
    by_token: bool = False

    def check(self, right: Right) -> None:
        """Refuse what this agent may not do.

        Raises:
            TokenCannotApprove: the role may, a token never.
            RightMissing: the role may not.
        """
        if right not in RIGHTS[self.role]:
            raise RightMissing
        if self.by_token and right in APPROVALS:
            raise TokenCannotApprove

    def sees(self, *organisation_ids: UUID) -> bool:
        """Whether what concerns these organisations is this agent's business."""
        return self.role in SEES_ALL_ORGANISATIONS or self.organisation_id in organisation_ids

    @property
    def scope(self) -> UUID | None:
        """The only organisation whose things this agent sees; None when it sees all."""
        return None if self.sees() else self.organisation_id

    def check_sees(self, *organisation_ids: UUID) -> None:
        """Refuse what concerns only other organisations.

        Raises:
            OtherOrganisation: neither this agent's, nor seen by its role.
        """
        if not self.sees(*organisation_ids):
            raise OtherOrganisation


LEAST_LENGTH_BY_CLASSES = {4: 12, 3: 14}
LEAST_WORDS = 7
LONGEST_PASSWORD = 1000


def password_is_strong(password: str) -> bool:
    """The rule of the CNIL (deliberation 2022-100): about 80 bits, said three ways.

    12 characters of four classes, 14 of three, or a sentence of seven words. Nobody types control
    characters or half a character.
    """
    if len(password) > LONGEST_PASSWORD or any(category(c) in {"Cc", "Cs"} for c in password):
        return False
    classes = sum(
        (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() and not c.isspace() for c in password),
        )
    )
    if len(password) >= LEAST_LENGTH_BY_CLASSES.get(classes, LONGEST_PASSWORD + 1):
        return True
    return len({word.lower() for word in password.split() if len(word) > 1}) >= LEAST_WORDS
