"""Looking up what decides on a scan, and redemptions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.clearing.correction_models import Receivable
from app.clearing.redemption_models import Redemption, RedemptionAttempt, RedemptionReversal
from app.database.connections import dialect_of
from app.database.rows import among, perform
from app.kernel.serials import BookletNumber
from app.ledger import Account, AccountKind, MovementKind, accounts_by_id
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.mediators.models import Label
from app.mediators.queries import cash_office_in_force, mandate_in_force
from app.partners.models import Agreement, Organisation
from app.partners.queries import agreement_covers, successor_on
from app.partners.rules import AgreementRole
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.programmes.models import VintageTerms
from app.programmes.rules import Validity
from app.vouchers.errors import UnknownVoucher
from app.vouchers.models import Booklet

# ── What decides on a scan ────────────────────────────────────────────────────────────────────────
# These statements run for every pass that is taken, so each is built once: building one takes
# several times longer than running it. The names of their parameters are those of the arguments.


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was answered under an id."""

    id: UUID
    request_hash: bytes
    verdict: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was answered under these ids before, and how many codes the agent missed lately."""

    attempts: dict[UUID, Attempt]
    guess_count: int
    taken_ids: frozenset[UUID]
    """Ids that another act of the ledger bears: they can never be a redemption's."""


_ATTEMPT = (
    RedemptionAttempt.id,
    RedemptionAttempt.request_hash,
    RedemptionAttempt.verdict,
    RedemptionAttempt.details,
)


def earlier_attempts(
    session: Session, ids: Sequence[UUID], *, agent_id: int, since: datetime
) -> Earlier:
    """Earlier answers and recent guesses, in one statement."""
    rows = perform(
        session,
        _earlier_attempts(dialect_of(session)),
        {"ids": ids, "agent_id": agent_id, "since": since},
    ).all()
    return Earlier(
        {
            row.id: Attempt(row.id, row.request_hash, row.verdict, row.details)
            for row in rows
            if row.id is not None and row.request_hash is not None
        },
        rows[0].guess_count,
        frozenset(row.id for row in rows if row.id is not None and row.request_hash is None),
    )


@cache
def _earlier_attempts(dialect: str) -> CompoundSelect[Any]:
    guess = aliased(RedemptionAttempt, name="guess")
    guesses = select(func.count(guess.id)).where(
        guess.agent_id == bindparam("agent_id"),
        guess.verdict == UnknownVoucher.code,
        guess.attempted_at > bindparam("since"),
    )
    one = select(literal(1).label("one")).subquery()
    attempts = (
        select(guesses.scalar_subquery().label("guess_count"), *_ATTEMPT)
        .select_from(one)
        .outerjoin(RedemptionAttempt, among(RedemptionAttempt.id, "ids", dialect))
    )
    others = select(literal(0), Posting.id, null(), null(), null()).where(
        among(Posting.id, "ids", dialect), Posting.kind != MovementKind.REDEEM
    )
    return union_all(attempts, others)


def attempts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Attempt]:
    """Earlier answers by id."""
    rows = session.execute(select(*_ATTEMPT).where(RedemptionAttempt.id.in_(list(ids))))
    return {row.id: Attempt(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class InForce:
    """A label or an agreement that covers a day."""

    id: UUID
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class CashOfficeInForce(InForce):
    """A régie that lets a public body take passes that day."""

    kind: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Who took over from a mediator, and since when."""

    successor: str
    from_on: date


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that decides on a pass of one booklet, at one mediator, on one day."""

    validity: Validity
    booklet: BookletNumber
    label: InForce | None
    agreement: InForce | None
    is_public: bool
    """Whether the mediator is a local public body: then it needs a régie or a mandate."""
    cash_office: CashOfficeInForce | None
    mandate_id: UUID | None
    succession: Succeeded | None
    redeemed_account_id: int | None
    issued_on: date | None
    """The day on which a prescriber handed the booklet over, if one did."""


def terms_by_booklet(
    session: Session, booklet_ids: Iterable[int], *, mediator_id: UUID, on: date
) -> dict[int, Terms]:
    """What decides on passes of these booklets, by booklet id, in one statement."""
    rows = perform(
        session,
        _terms_by_booklet(dialect_of(session)),
        {"booklet_ids": list(booklet_ids), "mediator_id": mediator_id, "on": on},
    )
    return {
        row.id: Terms(
            validity=Validity(row.valid_from, row.valid_until, row.tolerance_days),
            booklet=BookletNumber(row.label, row.number),
            label=InForce(row.label_id, row.label_valid_from, row.label_valid_until)
            if row.label_id
            else None,
            agreement=InForce(row.agreement_id, row.agreement_valid_from, row.agreement_valid_until)
            if row.agreement_id
            else None,
            is_public=row.public_body,
            cash_office=CashOfficeInForce(
                row.cash_office_id,
                row.cash_office_valid_from,
                row.cash_office_valid_until,
                row.cash_office_kind,
            )
            if row.cash_office_id
            else None,
            mandate_id=row.mandate_id,
            succession=Succeeded(row.successor_name, row.successor_from_on)
            if row.successor_name
            else None,
            redeemed_account_id=row.account_id,
            issued_on=row.prescribed_on,
        )
        for row in rows
    }


@cache
def _terms_by_booklet(dialect: str) -> Select[Any]:
    mediator_id: BindParameter[UUID] = bindparam("mediator_id")
    on: BindParameter[date] = bindparam("on")
    label = (
        select(Label.id, Label.valid_from, Label.valid_until)
        .where(
            Label.organisation_id == mediator_id, Label.valid_from <= on, Label.valid_until >= on
        )
        .order_by(Label.valid_until.desc(), Label.id)
        .limit(1)
        .subquery("label_in_force")
    )
    agreement = (
        select(Agreement.id, Agreement.valid_from, Agreement.valid_until)
        .where(
            Agreement.organisation_id == mediator_id,
            Agreement.role == AgreementRole.MEDIATOR,
            *agreement_covers(on),
        )
        .order_by(Agreement.valid_until.desc(), Agreement.id)
        .limit(1)
        .subquery("agreement_in_force")
    )
    cash_office = cash_office_in_force(mediator_id, on=on)
    mandate = mandate_in_force(mediator_id, on=on)
    successor = successor_on(mediator_id, on=on)
    return (
        select(
            Booklet.id,
            Booklet.number,
            VintageTerms.label,
            VintageTerms.valid_from,
            VintageTerms.valid_until,
            VintageTerms.tolerance_days,
            AccountRow.id.label("account_id"),
            Prescription.prescribed_on,
            *(column.label(f"label_{column.name}") for column in label.c),
            *(column.label(f"agreement_{column.name}") for column in agreement.c),
            Organisation.public_body,
            *(column.label(f"cash_office_{column.name}") for column in cash_office.c),
            mandate.c.id.label("mandate_id"),
            *(column.label(f"successor_{column.name}") for column in successor.c),
        )
        .join(VintageTerms, VintageTerms.vintage_id == Booklet.vintage_id)
        .outerjoin(
            PrescriptionBooklet,
            and_(PrescriptionBooklet.booklet_id == Booklet.id, is_handed_over()),
        )
        .outerjoin(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
        .outerjoin(label, literal(value=True))
        .outerjoin(agreement, literal(value=True))
        .join(Organisation, Organisation.id == mediator_id)
        .outerjoin(cash_office, literal(value=True))
        .outerjoin(mandate, literal(value=True))
        .outerjoin(successor, literal(value=True))
        .outerjoin(
            AccountRow,
            and_(
                AccountRow.kind == AccountKind.REDEEMED,
                AccountRow.party_id == mediator_id,
                AccountRow.counterparty_id == mediator_id,
                AccountRow.vintage_id == Booklet.vintage_id,
            ),
        )
        .where(among(Booklet.id, "booklet_ids", dialect))
    )


# ── Redemptions ───────────────────────────────────────────────────────────────────────────────────


def redemption(session: Session, redemption_id: UUID) -> Redemption | None:
    """The redemption of that id."""
    return session.get(Redemption, redemption_id)


def reversal_of(session: Session, redemption_id: UUID) -> RedemptionReversal | None:
    """How a redemption was undone, if it was."""
    return session.scalar(
        select(RedemptionReversal).where(RedemptionReversal.redemption_id == redemption_id)
    )


def redemptions_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Redemption]:
    """Redemptions by their ids."""
    rows = session.scalars(select(Redemption).where(Redemption.id.in_(list(ids))))
    return {redemption.id: redemption for redemption in rows}


def undone_among(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these redemptions hold their pass no more: undone, or clawed back once paid."""
    told = list(ids)
    undone = select(RedemptionReversal.redemption_id).where(
        RedemptionReversal.redemption_id.in_(told)
    )
    back = select(Receivable.redemption_id).where(Receivable.redemption_id.in_(told))
    return set(session.scalars(union_all(undone, back)))


def claimed_by(session: Session, voucher_id: int) -> UUID | None:
    """The statement that claims a pass now, if one does."""
    return session.scalar(
        select(Movement.posting_id)
        .join(Voucher, Voucher.last_movement_id == Movement.id)
        .where(Voucher.id == voucher_id, Movement.kind == MovementKind.CLAIM)
    )


def giver_of(session: Session, redemption: Redemption) -> Account:
    """The account that a pass came from when it was redeemed: its prescriber's circulation."""
    made = session.get_one(Movement, redemption.movement_id)
    return accounts_by_id(session, [made.debit_account_id])[made.debit_account_id]


def latest_redemption_of(session: Session, voucher_id: int) -> Redemption | None:
    """The redemption that holds a pass now: the last one that was not undone."""
    return session.scalar(
        select(Redemption)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(Redemption.voucher_id == voucher_id, RedemptionReversal.id.is_(None))
        .order_by(Redemption.movement_id.desc())
        .limit(1)
    )


def redemptions_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None
) -> list[Redemption]:
    """Redemptions in the order of their ids, from after that one; one mediator's or everybody's."""
    query = select(Redemption).order_by(Redemption.id).limit(limit)
    if after is not None:
        query = query.where(Redemption.id > after)
    if mediator_id is not None:
        query = query.where(Redemption.mediator_id == mediator_id)
    return list(session.scalars(query))
