"""Statements: drafts that lose passes, mediators who certify, and others who approve."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import queries, rules, session_queries, standing_queries
from app.clearing.correction_models import StatementOffset, StatementSession
from app.clearing.errors import (
    StatementApprovedAlready,
    StatementCertifiedAlready,
    StatementChanged,
    StatementEmptied,
    StatementHeld,
    StatementNotADraft,
    StatementNotCertified,
    StatementPreparerCannotApprove,
    StatementWithdrawerCannotApprove,
    UnknownStatement,
    VoucherNotOnStatement,
)
from app.clearing.models import (
    Statement,
    StatementApproval,
    StatementCertification,
    StatementVersion,
    StatementWithdrawal,
)
from app.clearing.queries import Claim
from app.clearing.recoveries import hold_receivables, to_recover, write_recoveries
from app.clearing.rules import HoldReason, StatementState
from app.clearing.runs import add_version, asked_on
from app.clearing.settlements import settle
from app.clearing.standing_queries import Standing
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber
from app.kernel.text import clean
from app.ledger import VoucherRange, chart
from app.partners import queries as partners
from app.partners.models import BankDetails
from app.partners.service import known_organisation
from app.programmes import numbering
from app.programmes.rules import Payer
from app.programmes.service import known_programme
from app.vouchers.errors import NotASerialNumber
from app.vouchers.service import read_serial, voucher_by_serial

MOST_RANGES = 200
"""Ranges of passes in one withdrawal; more is another paper."""


def known_statement(session: Session, *, actor: Actor, statement_id: UUID) -> Statement:
    """The statement of that id, for its mediator and for those who see all.

    Raises:
        UnknownStatement: there is none, or it is another mediator's: both look alike.
    """
    statement = queries.statement(session, statement_id)
    if statement is None or not actor.sees(statement.mediator_id):
        raise UnknownStatement
    return statement


def known_standing(session: Session, *, actor: Actor, statement_id: UUID) -> Standing:
    """A statement with how far it has come, for its mediator and for those who see all.

    Raises:
        UnknownStatement: there is none, or it is another mediator's: both look alike.
    """
    known_statement(session, actor=actor, statement_id=statement_id)
    return standing_queries.standings(session, [statement_id])[statement_id]


def statement_state(session: Session, statement_id: UUID) -> StatementState:
    """Where a statement stands."""
    return standing_queries.standings(session, [statement_id])[statement_id].state


def held_because(
    session: Session, standings: Iterable[Standing]
) -> dict[UUID, tuple[HoldReason, ...]]:
    """What holds each draft, by the id of the statement; nothing holds what is approved."""
    drafts = [one for one in standings if one.state is StatementState.DRAFT]
    payable = queries.with_approved_account(session, {one.statement.mediator_id for one in drafts})
    certified = queries.certifications_of(session, [one.statement.id for one in drafts])
    reasons = {}
    for one in drafts:
        statement = one.statement
        uncertified = (
            statement.certification_required
            and (statement.id, one.version.version) not in certified
        )
        found = []
        if statement.mediator_id not in payable:
            found.append(HoldReason.BANK_DETAILS)
        if uncertified:
            found.append(HoldReason.CERTIFICATION)
        reasons[statement.id] = tuple(found)
    return reasons


# ── Taking passes off a draft ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PassRange:
    """Passes of one booklet or of neighbours, by their printed numbers, both ends included."""

    first: str
    last: str


def withdraw_passes(
    session: Session,
    *,
    actor: Actor,
    withdrawal_id: UUID,
    statement_id: UUID,
    version: int,
    passes: Sequence[PassRange],
    reason: str,
    now: datetime,
) -> StatementWithdrawal:
    """Take passes off a draft: their claim is reversed, and the draft has a new version.

    They rest with the mediator again, and the next run takes them. Whoever takes passes off has
    prepared what is left: another person approves it.

    Raises:
        UnknownStatement, StatementNotADraft.
        StatementChanged: the draft has another version than the one read.
        VoucherNotOnStatement: a pass is not on the statement, or no longer.
        NotASerialNumber, MistypedSerial, UnknownVoucher: a number cannot be read, or is nobody's.
        InvalidInput: no reason, no passes, or a range the wrong way round.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_CLEARING)
    return take_off(
        session,
        actor=actor,
        withdrawal_id=withdrawal_id,
        statement_id=statement_id,
        version=version,
        passes=passes,
        reason=reason,
        now=now,
    )


def take_off(
    session: Session,
    *,
    actor: Actor,
    withdrawal_id: UUID,
    statement_id: UUID,
    version: int,
    passes: Sequence[PassRange],
    reason: str,
    now: datetime,
) -> StatementWithdrawal:
    """Take passes off a draft; who may ask for that is the caller's to check.

    Raises:
        As withdraw_passes.
    """
    cleaned = clean(reason)
    wrong = {}
    if cleaned is None:
        wrong["reason"] = "Écrivez en quelques mots pourquoi ces pass sont retirés."
    if not 0 < len(passes) <= MOST_RANGES:
        wrong["passes"] = f"Choisissez de 1 à {MOST_RANGES} séries de pass à retirer."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "statement withdrawal",
        statement=statement_id,
        version=version,
        passes=[(one.first, one.last) for one in passes],
        reason=cleaned,
    )
    if record := earlier(session, StatementWithdrawal, withdrawal_id, digest):
        return record
    hold(session, "statement", statement_id)
    statement = known_statement(session, actor=actor, statement_id=statement_id)
    before = _draft_as_read(session, statement, version)
    claims = queries.claims_of(session, statement_id)
    pieces = _pieces(session, claims, passes)
    record = _reverse_claims(
        session, actor, statement, pieces, withdrawal_id=withdrawal_id, digest=digest,
        reason=cleaned, now=now,
    )  # fmt: skip
    counts = {
        (line.vintage_id, line.face_value_cents): line.voucher_count
        for line in queries.lines_of(session, statement_id, before.version)
    }
    taken = _count_by_vintage(pieces)
    add_version(
        session,
        statement,
        counts={key: count - taken.get(key[0], 0) for key, count in counts.items()},
        follows=before.version,
        withdrawal_id=record.id,
        made_by=actor.agent_id,
        now=now,
    )
    return record


def _draft_as_read(session: Session, statement: Statement, version: int) -> StatementVersion:
    """The last version of a draft, which must be the one that was read."""
    if queries.approval_of(session, statement.id):
        raise StatementNotADraft
    latest = queries.latest_version(session, statement.id)
    if latest.version != version:
        raise StatementChanged
    return latest


Pieces = list[tuple[Claim, VoucherRange]]


def _pieces(session: Session, claims: Sequence[Claim], passes: Sequence[PassRange]) -> Pieces:
    """What to reverse of which claim."""
    asked = [_read_range(session, one) for one in passes]
    pieces: Pieces = []
    seen: list[VoucherRange] = []
    for wanted, typed in zip(asked, passes, strict=True):
        if any(rules.common(wanted, other) for other in seen):
            raise InvalidInput(passes="Une série figure deux fois : gardez-la une fois.")
        seen.append(wanted)
        shared = [(c, part) for c in claims if (part := rules.common(c.vouchers, wanted))]
        if sum(part.count for _, part in shared) < wanted.count:
            raise VoucherNotOnStatement(serial=typed.first)
        pieces += shared
    return pieces


def _read_range(session: Session, typed: PassRange) -> VoucherRange:
    """The passes between two printed numbers."""
    ends = []
    for number in (typed.first, typed.last):
        serial = read_serial(number)
        if isinstance(serial, BookletNumber):
            raise NotASerialNumber
        ends.append(voucher_by_serial(session, serial))
    first, last = ends
    if last.id < first.id or first.account.vintage_id != last.account.vintage_id:
        raise InvalidInput(passes="Le dernier pass d’une série vient après le premier.")
    return VoucherRange(first.id, last.id)


def _count_by_vintage(pieces: Pieces) -> dict[int, int]:
    counts: dict[int, int] = {}
    for claim, part in pieces:
        counts[claim.vintage_id] = counts.get(claim.vintage_id, 0) + part.count
    return counts


def _reverse_claims(
    session: Session,
    actor: Actor,
    statement: Statement,
    pieces: Pieces,
    *,
    withdrawal_id: UUID,
    digest: bytes,
    reason: str,
    now: datetime,
) -> StatementWithdrawal:
    ledger.reverse(
        session,
        ledger.Act(
            posting_id=withdrawal_id,
            kind=ledger.MovementKind.REVERSE,
            document_type="statement",
            document_id=statement.id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [(claim.movement_id, part) for claim, part in pieces],
    )
    record = StatementWithdrawal(
        id=withdrawal_id,
        request_hash=digest,
        statement_id=statement.id,
        reason=reason,
        voucher_count=sum(part.count for _, part in pieces),
        withdrawn_by=actor.agent_id,
        withdrawn_at=now,
    )
    session.add(record)
    session.flush()
    return record


# ── The mediator certifies ────────────────────────────────────────────────────────────────────────


def certify_statement(
    session: Session,
    *,
    actor: Actor,
    certification_id: UUID,
    statement_id: UUID,
    version: int,
    now: datetime,
) -> StatementCertification:
    """« Je certifie que les accompagnements énumérés ont été réalisés », by the mediator's agent.

    It holds for the version that was read: a draft that changes is certified again.

    Raises:
        UnknownStatement, StatementNotADraft, StatementCertifiedAlready.
        StatementChanged: the draft has another version than the one read.
        StatementEmptied: there is nothing left to certify.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CERTIFY_STATEMENT)
    digest = request_hash(
        "certification", statement=statement_id, version=version, by=actor.agent_id
    )
    if record := earlier(session, StatementCertification, certification_id, digest):
        return record
    hold(session, "statement", statement_id)
    statement = known_statement(session, actor=actor, statement_id=statement_id)
    latest = _draft_as_read(session, statement, version)
    if not latest.voucher_count:
        raise StatementEmptied
    if queries.certification_of(session, statement_id, version):
        raise StatementCertifiedAlready
    record = StatementCertification(
        id=certification_id,
        request_hash=digest,
        statement_id=statement_id,
        version=version,
        mediator_id=statement.mediator_id,
        certified_by=actor.agent_id,
        certified_at=now,
    )
    session.add(record)
    session.flush()
    return record


# ── Another person approves ───────────────────────────────────────────────────────────────────────


def approve_statement(
    session: Session,
    *,
    actor: Actor,
    statement_id: UUID,
    version: int,
    net_cents: int,
    now: datetime,
) -> StatementApproval:
    """Approve what somebody else prepared: number, payee and account are frozen. Twice is once.

    `version` and `net_cents` are what the approver read, the net to pay being what is left once
    receivables are recovered: a statement that changed since is not approved by accident. When
    nothing is left to pay, its passes are settled at once.

    Raises:
        UnknownStatement, StatementApprovedAlready, StatementEmptied.
        StatementPreparerCannotApprove, StatementWithdrawerCannotApprove.
        StatementChanged: version or total is not the one read, or not what the ledger holds.
        StatementHeld: the mediator has no approved account.
        StatementNotCertified: the programme asks for the mediator's certification.
    """
    actor.check(Right.APPROVE_STATEMENT)
    hold(session, "statement", statement_id)
    statement = known_statement(session, actor=actor, statement_id=statement_id)
    if earlier_approval := _check_may_approve(session, statement, actor=actor):
        return earlier_approval
    latest = queries.latest_version(session, statement_id)
    if not latest.voucher_count:
        raise StatementEmptied
    hold_receivables(session, statement)
    recovered = to_recover(session, statement, latest.net_cents)
    recovered_cents = sum(one.net_cents for one in recovered)
    payable_cents = latest.net_cents - recovered_cents
    _check_total(session, statement, latest)
    if (version, net_cents) != (latest.version, payable_cents):
        raise StatementChanged
    certification, details = _check_payable(session, statement, version)
    year = martinique_day(now).year
    number = numbering.next_number(session, numbering.STATEMENT, year)
    received_on = first_received_on(session, statement)
    asked = asked_on(session, statement.programme_id, day=received_on)
    approval = StatementApproval(
        statement_id=statement_id,
        version=latest.version,
        prepared_by=statement.prepared_by,
        approved_by=actor.agent_id,
        approved_at=now,
        approved_on=martinique_day(now),
        voucher_count=latest.voucher_count,
        amount_cents=latest.amount_cents,
        fee_cents=latest.fee_cents,
        net_cents=latest.net_cents,
        recovered_cents=recovered_cents,
        payable_cents=payable_cents,
        certification_required=statement.certification_required,
        certification_id=certification.id if certification else None,
        year=year,
        number=number,
        follows_number=number - 1 or None,
        mediator_id=statement.mediator_id,
        bank_details_id=details.id,
        payee_name=details.holder,
        payee_iban_fingerprint=details.iban_fingerprint,
        payee_iban_masked=details.iban_masked,
        received_on=received_on,
        due_on=received_on + timedelta(days=asked.payment_delay_days),
        verification_code=rules.verification_code(statement_id),
        printed=printed_today(session, statement),
    )
    session.add(approval)
    session.flush()
    write_recoveries(session, recovered, statement_id=statement_id)
    _freeze_sessions(session, statement_id)
    if not payable_cents:
        _offset(session, statement, actor=actor, now=now)
    return approval


def _check_may_approve(
    session: Session, statement: Statement, *, actor: Actor
) -> StatementApproval | None:
    """Refuse a statement to whoever cannot approve it; their own approval, if they gave it."""
    if statement.prepared_by == actor.agent_id:
        raise StatementPreparerCannotApprove
    if queries.withdrawn_by(session, statement.id, actor.agent_id):
        raise StatementWithdrawerCannotApprove
    approval = queries.approval_of(session, statement.id)
    if approval is not None and approval.approved_by != actor.agent_id:
        raise StatementApprovedAlready
    return approval


def _check_payable(
    session: Session, statement: Statement, version: int
) -> tuple[StatementCertification | None, BankDetails]:
    """What the mediator certified of that version, where that is asked for, and its account."""
    mediator = known_organisation(session, statement.mediator_id)
    certification = queries.certification_of(session, statement.id, version)
    if statement.certification_required and certification is None:
        raise StatementNotCertified(mediator=mediator.name)
    details = partners.approved_bank_details(session, mediator.id)
    if details is None:
        raise StatementHeld(mediator=mediator.name)
    return certification, details


def _freeze_sessions(session: Session, statement_id: UUID) -> None:
    """Keep which sessions the paper prints: those noted until now."""
    counts = sessions_paid_by(session, statement_id)
    session.add_all(
        StatementSession(statement_id=statement_id, session_id=session_id, voucher_count=count)
        for session_id, count in counts.items()
    )
    session.flush()


def sessions_paid_by(session: Session, statement_id: UUID) -> Counter[UUID]:
    """The sessions that passes of a statement paid for, and how many passes each."""
    ids = [one.redemption_id for one in queries.redeemed_on_of(session, statement_id)]
    counts: Counter[UUID] = Counter()
    for start in range(0, len(ids), queries.AT_ONCE):
        links = session_queries.links_among(session, ids[start : start + queries.AT_ONCE])
        counts.update(links.values())
    return counts


def _offset(session: Session, statement: Statement, *, actor: Actor, now: datetime) -> None:
    """Nothing is left to pay: the passes are settled by the approval itself."""
    posting_id = uuid5(statement.id, "offset")
    settle(
        session, statement.id, statement.mediator_id, posting_id=posting_id, actor=actor, now=now
    )
    session.add(
        StatementOffset(
            statement_id=statement.id, payable_cents=0, posting_id=posting_id, settled_at=now
        )
    )
    session.flush()


class Draft(Protocol):
    """What the delay of payment depends on before there is an approval."""

    @property
    def id(self) -> UUID:
        """The statement's."""

    @property
    def programme_id(self) -> UUID:
        """Whose settings say how long it may take."""

    @property
    def certification_required(self) -> bool:
        """Whether the mediator certifies it first."""


def first_received_on(session: Session, statement: Draft) -> date:
    """The day from which the delay of payment runs, whatever was withdrawn since.

    The mediator’s first certification where one is asked for, otherwise the day of the run.
    """
    if statement.certification_required:
        first = queries.all_certifications_of(session, statement.id)[:1]
        if first:
            return martinique_day(first[0].certified_at)
    return martinique_day(queries.versions_of(session, statement.id)[0].made_at)


def due_on(session: Session, one: Standing) -> date:
    """By when it is paid: as approved; of a draft, as the delay that runs already says."""
    if one.approval is not None:
        return one.approval.due_on
    return draft_due_on(session, one.statement)


def draft_due_on(session: Session, draft: Draft) -> date:
    """By when a draft is paid, as the delay that runs already says."""
    received_on = first_received_on(session, draft)
    asked = asked_on(session, draft.programme_id, day=received_on)
    return received_on + timedelta(days=asked.payment_delay_days)


def _check_total(session: Session, statement: Statement, latest: StatementVersion) -> None:
    """What is written, the sum of the lines and what the ledger holds are one."""
    lines = queries.lines_of(session, statement.id, latest.version)
    claimed = ledger.accounts(
        session, [chart.claimed(statement.mediator_id, line.vintage_id) for line in lines]
    )
    in_ledger = queries.claimed_now(
        session, statement.id, [account.id for account in claimed.values()]
    )
    if (
        sum(line.amount_cents for line in lines) != latest.amount_cents
        or in_ledger != latest.voucher_count
    ):
        raise StatementChanged


def printed_today(session: Session, statement: Statement) -> dict[str, str | None]:
    """What a paper says of creditor and debtor today."""
    mediator = known_organisation(session, statement.mediator_id)
    programme = known_programme(session, statement.programme_id)
    sponsor = known_organisation(session, programme.sponsor_id)
    issuer = known_organisation(session, programme.issuer_id)
    return {
        "mediator": mediator.name,
        "commune": mediator.commune,
        "siret": mediator.siret,
        "programme": programme.name,
        "sponsor": sponsor.name,
        "payer": programme.payer,
        "debtor": issuer.name if programme.payer == Payer.ISSUER else sponsor.name,
    }
