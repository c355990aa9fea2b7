"""Roles and what each may do: plain values, no database."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from unicodedata import category
from uuid import UUID

from app.identity.errors import (
    DeviceCannot,
    OtherOrganisation,
    RightMissing,
    TokenCannotApprove,
)


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
    SEE_DEVICES = "see_devices"
    OFFER_DEVICE = "offer_device"
    REVOKE_DEVICE = "revoke_device"
    TAKE_VOUCHER_LIST = "take_voucher_list"
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
    SEE_ACCOUNTS = "see_accounts"
    INVITE_AGENTS = "invite_agents"
    SEE_ACCOUNT_EVENTS = "see_account_events"
    SEE_MAILS = "see_mails"
    PRACTISE = "practise"


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
        Right.INVITE_AGENTS,
        Right.MANAGE_ACCOUNTS,
    }
)
"""Rights that a token never carries: a person approves, signed in, not a program."""

DEVICE_RIGHTS = frozenset({Right.REDEEM, Right.TAKE_VOUCHER_LIST})
"""All that the credential of a device carries, whatever its agent may do."""

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
        Right.SEE_DEVICES,
        Right.REVOKE_DEVICE,
        Right.SEE_ACCOUNTS,
        Right.INVITE_AGENTS,
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
    Role.ACCOUNTANT: _SEEING_ALL
    | {Right.RECORD_PAYMENT, Right.SIGN_COUNT, Right.SEE_ACCOUNT_EVENTS},
    Role.AUDITOR: _SEEING_ALL | {Right.SEE_PRESCRIPTIONS, Right.SEE_ACCOUNT_EVENTS},
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
            Right.SEE_ACCOUNTS,
            Right.INVITE_AGENTS,
            Right.PRACTISE,
        }
    ),
    Role.MEDIATOR: frozenset(
        {
            Right.SEE_PROGRAMME,
            Right.SEE_PARTNERS,
            Right.CORRECT_PROFILE,
            Right.PREPARE_BANK_DETAILS,
            Right.SEE_VOUCHERS,
            Right.CHECK_VOUCHER,
            Right.REDEEM,
            Right.UNDO_REDEMPTION,
            Right.OPEN_DISPUTE,
            Right.SEE_REDEMPTIONS,
            Right.SEE_DEVICES,
            Right.OFFER_DEVICE,
            Right.REVOKE_DEVICE,
            Right.TAKE_VOUCHER_LIST,
            Right.SEE_STATEMENTS,
            Right.CERTIFY_STATEMENT,
            Right.SEE_ACCOUNTS,
            Right.INVITE_AGENTS,
            Right.PRACTISE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.MANAGE_ACCOUNTS,
            Right.SEE_ACCOUNTS,
            Right.INVITE_AGENTS,
            Right.SEE_ACCOUNT_EVENTS,
            Right.SEE_MAILS,
        }
    ),
}

SEES_ALL_ORGANISATIONS = frozenset({Role.COORDINATOR, Role.FINANCE, Role.ACCOUNTANT, Role.AUDITOR})
"""The other roles see what concerns their own organisation, and nothing else."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an agent, for an organisation, in a role, signed in, by a token or by a device."""

    agent_id: int
    organisation_id: UUID
    role: Role
    by_token: bool = False
    device_id: UUID | None = None
    """The enrolled device whose credential was shown: it may do little."""

    def check(self, right: Right) -> None:
        """Refuse what this agent may not do.

        Raises:
            TokenCannotApprove: the role may, a token never.
            DeviceCannot: the role may, a device never.
            RightMissing: the role may not.
        """
        if right not in RIGHTS[self.role]:
            raise RightMissing
        if self.device_id is not None and right not in DEVICE_RIGHTS:
            raise DeviceCannot
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


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────


class LinkPurpose(StrEnum):
    """What a link sent by e-mail opens."""

    INVITATION = "invitation"
    RESET = "reset"


LINK_LIFE = {
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=1),
}


class LinkEnd(StrEnum):
    """Why a link serves no more, before its time."""

    USED = "used"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class Way(StrEnum):
    """How an act came to us."""

    PAGE = "page"
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    COMMAND = "command"
    SERVER = "server"


class Browser(StrEnum):
    """The family of a browser: enough to recognise one's own, too little to follow anybody."""

    FIREFOX = "Firefox"
    CHROME = "Chrome"
    SAFARI = "Safari"
    EDGE = "Edge"
    OTHER = "autre"


def browser_family(user_agent: str) -> Browser:
    """The family of the browser that says this of itself; the order matters, for they all lie."""
    said = user_agent.lower()
    for word, family in (
        ("edg", Browser.EDGE),
        ("firefox", Browser.FIREFOX),
        ("fxios", Browser.FIREFOX),
        ("opr/", Browser.OTHER),
        ("chrom", Browser.CHROME),
        ("crios", Browser.CHROME),
        ("safari", Browser.SAFARI),
    ):
        if word in said:
            return family
    return Browser.OTHER


@dataclass(frozen=True, slots=True)
class Origin:
    """From where an act came: the keyed hash of a network address, and the browser's family."""

    way: Way
    address_hash: bytes | None = None
    browser: Browser | None = None


FROM_SERVER = Origin(Way.SERVER)
FROM_COMMAND = Origin(Way.COMMAND)


class AccountEventKind(StrEnum):
    """What may happen to an account."""

    OPENED = "opened"
    INVITED = "invited"
    INVITED_AGAIN = "invited_again"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    ACCEPTED = "accepted"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    LOCKED = "locked"
    LOCK_LIFTED = "lock_lifted"
    RESET_ASKED = "reset_asked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, not a secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a secret
    NAME_CHANGED = "name_changed"
    ROLE_CHANGED = "role_changed"
    MANAGER_APPOINTED = "manager_appointed"
    MANAGER_DISMISSED = "manager_dismissed"
    CLOSED = "closed"
    REOPENED = "reopened"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_FAILED = "factor_failed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    DEVICE_OFFERED = "device_offered"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REVOKED = "device_revoked"
    TOKEN_MADE = "token_made"  # noqa: S105 - a word, not a secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a word, not a secret
    BANK_DETAILS_PROPOSED = "bank_details_proposed"
    BANK_DETAILS_CONFIRMED = "bank_details_confirmed"
    BANK_DETAILS_REFUSED = "bank_details_refused"
    LINK_SHOWN = "link_shown"
    IDENTITIES_FORGOTTEN = "identities_forgotten"
    """About no account: who people of the scheme are, gone in its time. Only the count is told."""


FRENCH_EVENT = {
    AccountEventKind.OPENED: "Compte créé",
    AccountEventKind.INVITED: "Invitation envoyée",
    AccountEventKind.INVITED_AGAIN: "Invitation envoyée de nouveau",
    AccountEventKind.INVITATION_WITHDRAWN: "Invitation retirée",
    AccountEventKind.ACCEPTED: "Invitation acceptée",
    AccountEventKind.SIGNED_IN: "Connexion",
    AccountEventKind.SIGN_IN_FAILED: "Connexion refusée",
    AccountEventKind.SIGNED_OUT: "Déconnexion",
    AccountEventKind.LOCKED: "Compte bloqué après trop d’essais",
    AccountEventKind.LOCK_LIFTED: "Blocage levé",
    AccountEventKind.RESET_ASKED: "Nouveau mot de passe demandé",
    AccountEventKind.PASSWORD_RESET: "Mot de passe remplacé par lien",
    AccountEventKind.PASSWORD_CHANGED: "Mot de passe changé",
    AccountEventKind.NAME_CHANGED: "Nom changé",
    AccountEventKind.ROLE_CHANGED: "Rôle changé",
    AccountEventKind.MANAGER_APPOINTED: "Responsable désigné",
    AccountEventKind.MANAGER_DISMISSED: "Responsable retiré",
    AccountEventKind.CLOSED: "Compte fermé",
    AccountEventKind.REOPENED: "Compte rouvert",
    AccountEventKind.FACTOR_ADDED: "Second facteur ajouté",
    AccountEventKind.FACTOR_REMOVED: "Second facteur retiré",
    AccountEventKind.FACTOR_FAILED: "Second facteur refusé",
    AccountEventKind.RECOVERY_CODES_MADE: "Codes de secours créés",
    AccountEventKind.RECOVERY_CODE_USED: "Code de secours utilisé",
    AccountEventKind.SESSION_ENDED: "Session fermée",
    AccountEventKind.SESSIONS_ENDED: "Toutes les sessions fermées",
    AccountEventKind.PROVIDER_LINKED: "ProConnect relié",
    AccountEventKind.PROVIDER_UNLINKED: "ProConnect détaché",
    AccountEventKind.DEVICE_OFFERED: "Ajout d’un appareil proposé",
    AccountEventKind.DEVICE_ENROLLED: "Appareil ajouté",
    AccountEventKind.DEVICE_REVOKED: "Appareil révoqué",
    AccountEventKind.TOKEN_MADE: "Jeton créé",
    AccountEventKind.TOKEN_REVOKED: "Jeton révoqué",
    AccountEventKind.BANK_DETAILS_PROPOSED: "Changement de compte bancaire annoncé",
    AccountEventKind.BANK_DETAILS_CONFIRMED: "Compte bancaire confirmé, annoncé",
    AccountEventKind.BANK_DETAILS_REFUSED: "Compte bancaire refusé ou retiré, annoncé",
    AccountEventKind.LINK_SHOWN: "Lien consulté",
    AccountEventKind.IDENTITIES_FORGOTTEN: "Identités de bénéficiaires effacées",
}

EVENTS_BY_ANOTHER = frozenset(
    {
        AccountEventKind.LOCK_LIFTED,
        AccountEventKind.ROLE_CHANGED,
        AccountEventKind.MANAGER_APPOINTED,
        AccountEventKind.CLOSED,
        AccountEventKind.REOPENED,
    }
)
"""What nobody does to their own account; the database refuses it too."""
