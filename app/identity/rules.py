"""Roles and what each may do: plain values, no database."""

from enum import StrEnum


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
    PREPARE_BANK_DETAILS = "prepare_bank_details"
    APPROVE_BANK_DETAILS = "approve_bank_details"
    SEE_ORDERS = "see_orders"
    PREPARE_ORDER = "prepare_order"
    APPROVE_ORDER = "approve_order"
    RECEIVE_DELIVERY = "receive_delivery"
    RECORD_MANDATE = "record_mandate"
    SEE_VOUCHERS = "see_vouchers"
    CHECK_VOUCHER = "check_voucher"
    SEE_ALLOCATIONS = "see_allocations"
    ALLOCATE = "allocate"
    CONFIRM_RECEIPT = "confirm_receipt"
    SEE_BENEFICIARIES = "see_beneficiaries"
    ISSUE_BOOKLETS = "issue_booklets"
    REDEEM = "redeem"
    SEE_REDEMPTIONS = "see_redemptions"
    PREPARE_CLEARING = "prepare_clearing"
    SEE_STATEMENTS = "see_statements"
    APPROVE_STATEMENT = "approve_statement"
    ORDER_PAYMENT = "order_payment"
    RECORD_PAYMENT = "record_payment"
    SEE_REPORTS = "see_reports"
    SEE_LEDGER = "see_ledger"
    MANAGE_ACCOUNTS = "manage_accounts"


APPROVALS = frozenset({Right.APPROVE_ORDER, Right.APPROVE_STATEMENT, Right.APPROVE_BANK_DETAILS})
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
        Right.SEE_REPORTS,
        Right.SEE_LEDGER,
    }
)

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.COORDINATOR: _SEEING_ALL
    | {
        Right.MANAGE_PROGRAMME,
        Right.MANAGE_PARTNERS,
        Right.PREPARE_BANK_DETAILS,
        Right.APPROVE_BANK_DETAILS,
        Right.PREPARE_ORDER,
        Right.APPROVE_ORDER,
        Right.RECEIVE_DELIVERY,
        Right.ALLOCATE,
        Right.APPROVE_STATEMENT,
    },
    Role.FINANCE: _SEEING_ALL
    | {
        Right.PREPARE_BANK_DETAILS,
        Right.APPROVE_BANK_DETAILS,
        Right.PREPARE_ORDER,
        Right.APPROVE_ORDER,
        Right.RECORD_MANDATE,
        Right.PREPARE_CLEARING,
        Right.APPROVE_STATEMENT,
        Right.ORDER_PAYMENT,
    },
    Role.ACCOUNTANT: _SEEING_ALL | {Right.RECORD_PAYMENT},
    Role.AUDITOR: _SEEING_ALL,
    Role.PRESCRIBER: frozenset(
        {
            Right.SEE_PROGRAMME,
            Right.SEE_PARTNERS,
            Right.SEE_VOUCHERS,
            Right.SEE_ALLOCATIONS,
            Right.CONFIRM_RECEIPT,
            Right.SEE_BENEFICIARIES,
            Right.ISSUE_BOOKLETS,
        }
    ),
    Role.MEDIATOR: frozenset(
        {
            Right.SEE_PROGRAMME,
            Right.CHECK_VOUCHER,
            Right.REDEEM,
            Right.SEE_REDEMPTIONS,
            Right.SEE_STATEMENTS,
        }
    ),
    Role.ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS}),
}

SEES_ALL_ORGANISATIONS = frozenset({Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.AUDITOR})
"""The other roles see what concerns their own organisation, and nothing else."""


def may(role: Role, right: Right, *, by_token: bool = False) -> bool:
    """Whether that role has that right; a token never carries an approval."""
    return right in RIGHTS[role] and not (by_token and right in APPROVALS)
