"""Looking people and prescriptions up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.ledger import VoucherRange
from app.ledger.models import Movement
from app.partners.models import Organisation
from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
    PrescriptionDuplicate,
    PrescriptionException,
    PrescriptionLate,
    PrescriptionRenewal,
    PrescriptionUndo,
)


def beneficiary(session: Session, beneficiary_id: UUID) -> Beneficiary | None:
    """The person of that id, without a name."""
    return session.get(Beneficiary, beneficiary_id)


def identity(session: Session, beneficiary_id: UUID) -> BeneficiaryIdentity | None:
    """Who the person is, unless that was purged."""
    return session.get(BeneficiaryIdentity, beneficiary_id)


def forget_identities_before(session: Session, day: date) -> int:
    """Delete who people are whose last contact was before that day; returns how many."""
    old = BeneficiaryIdentity.last_contact_on < day
    if not session.scalar(select(exists().where(old))):
        return 0
    return len(
        session.scalars(
            delete(BeneficiaryIdentity).where(old).returning(BeneficiaryIdentity.beneficiary_id)
        ).all()
    )


def beneficiaries_after(
    session: Session, after: UUID | None, *, limit: int, prescriber_id: UUID
) -> list[tuple[Beneficiary, BeneficiaryIdentity | None]]:
    """The people of one prescriber in the order of their ids, from after that one."""
    query = (
        select(Beneficiary, BeneficiaryIdentity)
        .outerjoin(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .where(Beneficiary.prescriber_id == prescriber_id)
        .order_by(Beneficiary.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Beneficiary.id > after)
    return [(person, who) for person, who in session.execute(query)]


def people_named(
    session: Session, prescriber_id: UUID, words: Sequence[str], *, limit: int
) -> list[tuple[Beneficiary, BeneficiaryIdentity]]:
    """People of one prescriber: each word begins the surname or the first name."""
    query = (
        select(Beneficiary, BeneficiaryIdentity)
        .join(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .where(Beneficiary.prescriber_id == prescriber_id)
        .order_by(BeneficiaryIdentity.likeness, BeneficiaryIdentity.birth_year, Beneficiary.id)
        .limit(limit)
    )
    for word in words:
        key = BeneficiaryIdentity.likeness
        query = query.where(or_(key.startswith(word), key.contains(f"|{word}")))
    return [(person, who) for person, who in session.execute(query)]


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """Somebody alike who has received booklets: no name."""

    id: UUID
    public: str
    prescriber_id: UUID
    booklet_count: int
    last_on: date


def people_alike(
    session: Session, prescriber_id: UUID, likeness: str, birth_year: int
) -> list[tuple[Beneficiary, BeneficiaryIdentity]]:
    """People of one prescriber of that likeness and year, whether they received anything or not."""
    query = (
        select(Beneficiary, BeneficiaryIdentity)
        .join(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .where(
            Beneficiary.prescriber_id == prescriber_id,
            BeneficiaryIdentity.likeness == likeness,
            BeneficiaryIdentity.birth_year == birth_year,
        )
        .order_by(Beneficiary.id)
    )
    return [(person, who) for person, who in session.execute(query)]


def alike(session: Session, likeness: str, birth_year: int) -> list[AlikeRow]:
    """Whoever of that likeness and year has received booklets, without any name."""
    rows = session.execute(
        select(
            Beneficiary.id,
            Beneficiary.public,
            Beneficiary.prescriber_id,
            func.count().label("booklet_count"),
            func.max(PrescriptionBooklet.prescribed_on).label("last_on"),
        )
        .join(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .join(PrescriptionBooklet, PrescriptionBooklet.beneficiary_id == Beneficiary.id)
        .where(
            BeneficiaryIdentity.likeness == likeness,
            BeneficiaryIdentity.birth_year == birth_year,
            is_handed_over(),
        )
        .group_by(Beneficiary.id, Beneficiary.public, Beneficiary.prescriber_id)
        .order_by(func.max(PrescriptionBooklet.prescribed_on).desc(), Beneficiary.id)
    )
    return [AlikeRow(*row) for row in rows]


def is_handed_over() -> ColumnElement[bool]:
    """The condition that a booklet's hand-over still holds: it was not taken back."""
    undone = PrescriptionUndo.prescription_id == PrescriptionBooklet.prescription_id
    return ~exists(select(PrescriptionUndo.id).where(undone))


@dataclass(frozen=True, slots=True)
class Received:
    """What a person has received in a programme: ever, and of that what was taken back."""

    ever: int
    undone: int
    wholes: tuple[VoucherRange, ...]
    """The booklets that they still have, as ranges of passes: ids are found without a scan."""

    @property
    def count(self) -> int:
        """What counts against the entitlement."""
        return self.ever - self.undone


def received(session: Session, programme_id: UUID, beneficiary_id: UUID) -> Received:
    """What a person has received in a programme."""
    rows = session.execute(
        select(
            PrescriptionBooklet.booklet_id,
            PrescriptionBooklet.booklet_size,
            PrescriptionUndo.id.is_not(None),
        )
        .outerjoin(
            PrescriptionUndo,
            PrescriptionUndo.prescription_id == PrescriptionBooklet.prescription_id,
        )
        .where(
            PrescriptionBooklet.programme_id == programme_id,
            PrescriptionBooklet.beneficiary_id == beneficiary_id,
        )
        .order_by(PrescriptionBooklet.ordinal)
    ).all()
    held = tuple(
        VoucherRange(first, first + size - 1) for first, size, undone in rows if not undone
    )
    return Received(len(rows), len(rows) - len(held), held)


def received_counts(
    session: Session, programme_id: UUID, beneficiary_ids: Iterable[UUID]
) -> dict[UUID, int]:
    """How many booklets count against the entitlement of each person, of those who have any."""
    rows = session.execute(
        select(PrescriptionBooklet.beneficiary_id, func.count())
        .outerjoin(
            PrescriptionUndo,
            PrescriptionUndo.prescription_id == PrescriptionBooklet.prescription_id,
        )
        .where(
            PrescriptionBooklet.programme_id == programme_id,
            PrescriptionBooklet.beneficiary_id.in_(list(beneficiary_ids)),
            PrescriptionUndo.id.is_(None),
        )
        .group_by(PrescriptionBooklet.beneficiary_id)
    )
    return dict(rows.all())


def publics_of(session: Session, beneficiary_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The public to which each person belongs."""
    rows = session.execute(
        select(Beneficiary.id, Beneficiary.public).where(Beneficiary.id.in_(list(beneficiary_ids)))
    )
    return dict(rows.all())


def prescription(session: Session, prescription_id: UUID) -> Prescription | None:
    """The prescription of that id."""
    return session.get(Prescription, prescription_id)


def prescription_by_number(session: Session, number: str) -> Prescription | None:
    """The prescription of that number, as printed."""
    return session.scalar(select(Prescription).where(Prescription.number == number))


def prescriptions_after(
    session: Session, after: UUID | None, *, limit: int, prescriber_id: UUID | None
) -> list[Prescription]:
    """Prescriptions in the order of their ids, from after that one; one prescriber's or all."""
    query = select(Prescription).order_by(Prescription.id).limit(limit)
    if prescriber_id is not None:
        query = query.where(Prescription.prescriber_id == prescriber_id)
    return list(session.scalars(query if after is None else query.where(Prescription.id > after)))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which hand-overs to look at; None takes all."""

    prescriber_id: UUID | None = None
    public: str | None = None
    since: date | None = None
    until: date | None = None
    apart: str | None = None
    """"renewal", "exception", "duplicate" or "undone"."""


APART: dict[str, Any] = {
    "renewal": PrescriptionRenewal,
    "exception": PrescriptionException,
    "duplicate": PrescriptionDuplicate,
    "late": PrescriptionLate,
    "undone": PrescriptionUndo,
}


def prescribers(session: Session) -> list[tuple[UUID, str]]:
    """Whoever handed over a booklet, by name."""
    handed_over = exists(select(1).where(Prescription.prescriber_id == Organisation.id))
    query = select(Organisation.id, Organisation.name).where(handed_over)
    return [(party, name) for party, name in session.execute(query.order_by(Organisation.name))]


PRESCRIPTIONS_BY = {"remise": (Prescription.prescribed_at,)}
"""Hand-overs are many: a list of them is sorted by nothing else, and filtered instead."""


def latest_prescriptions(session: Session, asked: Filters, place: Place) -> list[Prescription]:
    """Prescriptions that fit, from that place of the list on, the latest first."""
    query = placed(select(Prescription), place, Prescription.id, PRESCRIPTIONS_BY)
    for column, value in (
        (Prescription.prescriber_id, asked.prescriber_id),
        (Prescription.public, asked.public),
    ):
        if value is not None:
            query = query.where(column == value)
    if asked.since is not None:
        query = query.where(Prescription.prescribed_on >= asked.since)
    if asked.until is not None:
        query = query.where(Prescription.prescribed_on <= asked.until)
    if asked.apart in APART:
        table = APART[asked.apart]
        query = query.where(exists(select(1).where(table.prescription_id == Prescription.id)))
    return list(session.scalars(query))


def booklets_of(session: Session, prescription_id: UUID) -> list[PrescriptionBooklet]:
    """What a prescription handed over, in the order of the ordinals."""
    return list(
        session.scalars(
            select(PrescriptionBooklet)
            .where(PrescriptionBooklet.prescription_id == prescription_id)
            .order_by(PrescriptionBooklet.ordinal)
        )
    )


def hand_over_of(session: Session, booklet_id: int, prescriber_id: UUID) -> Prescription | None:
    """The hand-over by which that prescriber gave a booklet away, and that was not undone."""
    return session.scalar(
        select(Prescription)
        .join(PrescriptionBooklet, PrescriptionBooklet.prescription_id == Prescription.id)
        .where(
            PrescriptionBooklet.booklet_id == booklet_id,
            Prescription.prescriber_id == prescriber_id,
            is_handed_over(),
        )
    )


def has_handed_over(session: Session, prescriber_id: UUID, agent_id: int) -> bool:
    """Whether an agent of that prescriber has ever handed booklets over."""
    made = select(Prescription.id).where(
        Prescription.prescriber_id == prescriber_id, Prescription.prescribed_by == agent_id
    )
    return session.scalar(made.limit(1)) is not None


def undo_of(session: Session, prescription_id: UUID) -> PrescriptionUndo | None:
    """How a prescription was taken back, if it was."""
    return session.scalar(
        select(PrescriptionUndo).where(PrescriptionUndo.prescription_id == prescription_id)
    )


def movements_of(session: Session, posting_id: UUID) -> list[int]:
    """The movements of one act."""
    return list(
        session.scalars(
            select(Movement.id).where(Movement.posting_id == posting_id).order_by(Movement.id)
        )
    )


def identities(session: Session, ids: Iterable[UUID]) -> dict[UUID, BeneficiaryIdentity]:
    """Who these people are, those that were not purged."""
    rows = session.scalars(
        select(BeneficiaryIdentity).where(BeneficiaryIdentity.beneficiary_id.in_(set(ids)))
    )
    return {row.beneficiary_id: row for row in rows}


def people_of(
    session: Session, prescriber_id: UUID, ids: Iterable[UUID]
) -> dict[UUID, tuple[Beneficiary, BeneficiaryIdentity]]:
    """Who these people of one prescriber are, those that were not purged."""
    if not (asked := set(ids)):
        return {}
    rows = session.execute(
        select(Beneficiary, BeneficiaryIdentity)
        .join(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .where(Beneficiary.prescriber_id == prescriber_id, Beneficiary.id.in_(asked))
    )
    return {person.id: (person, who) for person, who in rows}


def standing_prescriptions(session: Session, beneficiary_id: UUID) -> list[Prescription]:
    """The hand-overs to a person that were not undone, in the order in which they were made."""
    return list(
        session.scalars(
            select(Prescription)
            .outerjoin(PrescriptionUndo, PrescriptionUndo.prescription_id == Prescription.id)
            .where(Prescription.beneficiary_id == beneficiary_id, PrescriptionUndo.id.is_(None))
            .order_by(Prescription.prescribed_at, Prescription.id)
        )
    )


def duplicate_of(session: Session, prescription_id: UUID) -> PrescriptionDuplicate | None:
    """Why a hand-over went on although somebody was alike, if anybody was."""
    return session.get(PrescriptionDuplicate, prescription_id)


def last_hand_overs(session: Session, people: Sequence[UUID]) -> dict[UUID, UUID]:
    """The last hand-over of each of these people that was not undone."""
    rows = session.execute(
        select(Prescription.beneficiary_id, Prescription.id)
        .outerjoin(PrescriptionUndo, PrescriptionUndo.prescription_id == Prescription.id)
        .where(Prescription.beneficiary_id.in_(people), PrescriptionUndo.id.is_(None))
        .order_by(Prescription.prescribed_at, Prescription.id)
    )
    return dict(rows.all())
