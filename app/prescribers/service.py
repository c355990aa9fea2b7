"""Entrusting booklets to prescribers, and handing them to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber, SerialNumber
from app.kernel.text import clean, read_email
from app.ledger import chart
from app.mediators.service import check_receives_people
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import queries
from app.prescribers.errors import (
    AllocationReceivedAlready,
    BookletNotInStock,
    BookletNotYours,
    BookletOfAnotherProgramme,
    BookletsMissing,
    BookletsOverlap,
    BookletsReversed,
    CommitmentMissing,
    DeclarationMissing,
    EmptyAllocation,
    EntitlementExceeded,
    NoBookletGiven,
    NotASenior,
    UnknownAllocation,
    UnknownBeneficiary,
    UnknownPrescription,
    VintageOver,
    WrongBookletSize,
)
from app.prescribers.models import (
    Allocation,
    AllocationRange,
    AllocationReceipt,
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
)
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import NotEntitled, UnknownVintage
from app.programmes.models import VintageTerms
from app.programmes.rules import Public, Validity, is_senior
from app.programmes.service import known_programme
from app.vouchers import queries as vouchers
from app.vouchers.models import Booklet
from app.vouchers.service import known_booklet, read_serial

LARGEST_BOOKLET_RANGE = 100_000
OLDEST_BIRTH_YEAR = 1900


@dataclass(frozen=True, slots=True)
class BookletRange:
    """Booklets by their printed numbers, both ends included, as typed."""

    first: str
    last: str


def allocate_booklets(
    session: Session,
    *,
    actor: Actor,
    allocation_id: UUID,
    programme_id: UUID,
    recipient_id: UUID,
    booklets: Sequence[BookletRange],
    now: datetime,
) -> Allocation:
    """Entrust whole booklets to a prescriber: they are in transit until the receipt is signed.

    Raises:
        UnknownProgramme, UnknownOrganisation, NoAgreementInForce.
        EmptyAllocation, BookletsReversed, BookletsOverlap, BookletsMissing,
            BookletOfAnotherProgramme: what was typed makes no sense.
        BookletNotInStock: a booklet is elsewhere, inert, or not whole.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ALLOCATE)
    digest = request_hash(
        "allocation",
        programme=programme_id,
        recipient=recipient_id,
        booklets=[(b.first, b.last) for b in booklets],
    )
    if record := earlier(session, Allocation, allocation_id, digest):
        return record
    programme = known_programme(session, programme_id)
    today = martinique_day(now)
    agreement = agreement_in_force(session, recipient_id, AgreementRole.PRESCRIBER, on=today)
    chosen = _chosen_booklets(session, programme_id, booklets)
    record = Allocation(
        id=allocation_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.ALLOCATION, today.year),
        programme_id=programme_id,
        sender_id=programme.sponsor_id,
        recipient_id=recipient_id,
        agreement_id=agreement.id,
        agreement_role=agreement.role,
        agreement_from=agreement.valid_from,
        agreement_until=agreement.valid_until,
        allocated_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    lines = []
    for vintage_id, whole in _ranges_of_booklets(chosen):
        stock = ledger.account(session, chart.stock(programme.sponsor_id, vintage_id))
        transit = ledger.account(
            session, chart.transit(programme.sponsor_id, recipient_id, vintage_id)
        )
        _check_all_rest_in(session, whole, stock, refusal=BookletNotInStock)
        session.add(
            AllocationRange(
                allocation_id=allocation_id,
                first_voucher_id=whole.first,
                last_voucher_id=whole.last,
                vintage_id=vintage_id,
            )
        )
        lines.append(ledger.Line(ledger.MovementKind.ALLOCATE, whole, stock, transit))
    session.flush()
    ledger.post(
        session,
        ledger.Act(
            posting_id=allocation_id,
            kind=ledger.MovementKind.ALLOCATE,
            document_type="allocation",
            document_id=allocation_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
    return record


def _chosen_booklets(
    session: Session, programme_id: UUID, ranges: Sequence[BookletRange]
) -> list[Booklet]:
    """The booklets of typed ranges, each once, all of the programme."""
    if not ranges:
        raise EmptyAllocation
    chosen: dict[int, Booklet] = {}
    for typed in ranges:
        first, last = read_booklet(typed.first), read_booklet(typed.last)
        span = last.number - first.number + 1
        if first.vintage_label != last.vintage_label or not 0 < span <= LARGEST_BOOKLET_RANGE:
            raise BookletsReversed(first=str(first), last=str(last))
        terms = programmes.vintage_by_label(session, first.vintage_label)
        if terms is None:
            raise UnknownVintage
        if terms.programme_id != programme_id:
            raise BookletOfAnotherProgramme(booklet=str(first))
        found = vouchers.booklets_between(session, terms.vintage_id, first.number, last.number)
        if len(found) < span:
            raise BookletsMissing(first=str(first), last=str(last), missing=span - len(found))
        for booklet in found:
            if booklet.id in chosen:
                raise BookletsOverlap(booklet=str(BookletNumber(terms.label, booklet.number)))
            chosen[booklet.id] = booklet
    return [chosen[booklet_id] for booklet_id in sorted(chosen)]


def read_booklet(typed: str) -> BookletNumber:
    """The number of a booklet; the serial number of one of its passes will do.

    Raises:
        NotASerialNumber, MistypedSerial.
    """
    read = read_serial(typed)
    return read.booklet if isinstance(read, SerialNumber) else read


def _ranges_of_booklets(booklets: Sequence[Booklet]) -> list[tuple[int, ledger.VoucherRange]]:
    """Booklets sorted by id as the fewest (vintage, range of vouchers)."""
    ranges: list[tuple[int, ledger.VoucherRange]] = []
    for booklet in booklets:
        last = booklet.id + booklet.size - 1
        if ranges and ranges[-1][0] == booklet.vintage_id and ranges[-1][1].last == booklet.id - 1:
            ranges[-1] = booklet.vintage_id, ledger.VoucherRange(ranges[-1][1].first, last)
        else:
            ranges.append((booklet.vintage_id, ledger.VoucherRange(booklet.id, last)))
    return ranges


def _check_all_rest_in(
    session: Session,
    whole: ledger.VoucherRange,
    account: ledger.Account,
    *,
    refusal: type[BookletNotInStock | BookletNotYours],
) -> None:
    """Refuse by the number of the first booklet that does not rest there whole."""
    stray = ledger.first_stray(session, whole, account)
    if stray is not None:
        number = vouchers.booklet_numbers(session, [stray.booklet_id])[stray.booklet_id]
        raise refusal(booklet=str(number))


def known_allocation(session: Session, *, actor: Actor, allocation_id: UUID) -> Allocation:
    """The allocation of that id, for those whose business it is.

    Raises:
        UnknownAllocation, OtherOrganisation.
    """
    allocation = queries.allocation(session, allocation_id)
    if allocation is None:
        raise UnknownAllocation
    actor.check_sees(allocation.recipient_id, allocation.sender_id)
    return allocation


def confirm_receipt(
    session: Session, *, actor: Actor, receipt_id: UUID, allocation_id: UUID, now: datetime
) -> AllocationReceipt:
    """Sign for an allocation that arrived whole: its booklets are in the prescriber's drawer.

    Raises:
        UnknownAllocation, OtherOrganisation.
        AllocationReceivedAlready: somebody signed before.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CONFIRM_RECEIPT)
    digest = request_hash("receipt", allocation=allocation_id)
    if record := earlier(session, AllocationReceipt, receipt_id, digest):
        return record
    hold(session, "allocation", allocation_id)
    allocation = known_allocation(session, actor=actor, allocation_id=allocation_id)
    actor.check_sees(allocation.recipient_id)
    if queries.receipt_of(session, allocation_id):
        raise AllocationReceivedAlready
    record = AllocationReceipt(
        id=receipt_id,
        request_hash=digest,
        allocation_id=allocation_id,
        received_by=actor.agent_id,
        received_at=now,
    )
    session.add(record)
    session.flush()
    lines = []
    for part in queries.ranges_of(session, allocation_id):
        accounts = ledger.accounts(
            session,
            [
                transit := chart.transit(
                    allocation.sender_id, allocation.recipient_id, part.vintage_id
                ),
                drawer := chart.prescriber(allocation.recipient_id, part.vintage_id),
            ],
        )
        lines.append(
            ledger.Line(
                ledger.MovementKind.ACCEPT,
                ledger.VoucherRange(part.first_voucher_id, part.last_voucher_id),
                accounts[transit],
                accounts[drawer],
            )
        )
    ledger.post(
        session,
        ledger.Act(
            posting_id=receipt_id,
            kind=ledger.MovementKind.ACCEPT,
            document_type="allocation",
            document_id=allocation_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
    return record


@dataclass(frozen=True, slots=True)
class Person:
    """Who a person says to be: the minimum that the scheme needs (RGPD)."""

    surname: str
    first_name: str
    birth_year: int
    commune: str
    phone: str | None = None
    email: str | None = None


def register_beneficiary(
    session: Session,
    *,
    actor: Actor,
    beneficiary_id: UUID,
    public: Public,
    person: Person,
    now: datetime,
) -> Beneficiary:
    """Write down a person whom the prescriber has met.

    Raises:
        InvalidInput: a name, year, commune, phone or e-mail cannot be one.
        NotASenior: too young for the public of 60 and over.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    today = martinique_day(now)
    read = _read_person(person, today=today)
    if public is Public.SENIOR and not is_senior(read.birth_year, on=today):
        raise NotASenior(age=today.year - read.birth_year)
    digest = request_hash("beneficiary", public=public, person=repr(read), by=actor.organisation_id)
    if record := earlier(session, Beneficiary, beneficiary_id, digest):
        return record
    record = Beneficiary(
        id=beneficiary_id,
        request_hash=digest,
        public=public,
        prescriber_id=actor.organisation_id,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    session.add(
        BeneficiaryIdentity(
            beneficiary_id=beneficiary_id,
            surname=read.surname,
            first_name=read.first_name,
            birth_year=read.birth_year,
            commune=read.commune,
            phone=read.phone,
            email=read.email,
            last_contact_on=today,
        )
    )
    session.flush()
    return record


def _read_person(person: Person, *, today: date) -> Person:
    surname, first_name = clean(person.surname), clean(person.first_name)
    commune = clean(person.commune)
    phone = clean(person.phone, longest=30) if person.phone else None
    email = read_email(person.email) if person.email else None
    wrong = {}
    if surname is None:
        wrong["surname"] = "Écrivez le nom, en 200 caractères au plus."
    if first_name is None:
        wrong["first_name"] = "Écrivez le prénom, en 200 caractères au plus."
    if commune is None:
        wrong["commune"] = "Écrivez la commune où vit la personne."
    if not OLDEST_BIRTH_YEAR <= person.birth_year <= today.year:
        wrong["birth_year"] = f"Écrivez une année entre {OLDEST_BIRTH_YEAR} et {today.year}."
    if person.phone and (phone is None or sum(c.isdigit() for c in phone) < 6):  # noqa: PLR2004 - the shortest number
        wrong["phone"] = (
            "Écrivez un numéro de téléphone, par exemple 0696 00 00 00, ou laissez vide."
        )
    if person.email and email is None:
        wrong["email"] = "Écrivez une adresse complète, ou laissez vide."
    if surname is None or first_name is None or commune is None or wrong:
        raise InvalidInput(**wrong)
    return Person(surname, first_name, person.birth_year, commune, phone, email)


def known_beneficiary(session: Session, *, actor: Actor, beneficiary_id: UUID) -> Beneficiary:
    """A person of the actor's own organisation; anybody else's looks like nobody.

    Raises:
        UnknownBeneficiary.
    """
    person = queries.beneficiary(session, beneficiary_id)
    if person is None or person.prescriber_id != actor.organisation_id:
        raise UnknownBeneficiary
    return person


def issue_booklets(
    session: Session,
    *,
    actor: Actor,
    prescription_id: UUID,
    programme_id: UUID,
    beneficiary_id: UUID,
    booklets: Sequence[str],
    referred_to_id: UUID,
    commitment_signed: bool,
    declares_no_other_pass: bool,
    now: datetime,
) -> Prescription:
    """Hand booklets to a person, within the entitlement, and refer them to a mediator.

    Raises, in this order:
        CommitmentMissing, NoBookletGiven, UnknownProgramme, UnknownBeneficiary.
        DeclarationMissing: a registered job seeker must declare to have no other pass.
        NotASenior, NotEntitled, NoAgreementInForce, NoLabelInForce (of the mediator).
        UnknownBooklet, BookletsOverlap, WrongBookletSize, EntitlementExceeded, VintageOver.
        BookletNotYours: a booklet is elsewhere or not whole.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    numbers = [read_booklet(typed) for typed in booklets]
    digest = request_hash(
        "prescription",
        programme=programme_id,
        beneficiary=beneficiary_id,
        booklets=sorted(map(str, numbers)),
        referred_to=referred_to_id,
        commitment_signed=commitment_signed,
        declares_no_other_pass=declares_no_other_pass,
    )
    if record := earlier(session, Prescription, prescription_id, digest):
        return record
    if not commitment_signed:
        raise CommitmentMissing
    if not numbers:
        raise NoBookletGiven
    known_programme(session, programme_id)
    hold(session, "beneficiary", beneficiary_id)
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    today = martinique_day(now)
    age = _age(session, person, today=today)
    if person.public == Public.REGISTERED_JOB_SEEKER and not declares_no_other_pass:
        raise DeclarationMissing
    agreement = agreement_in_force(
        session, actor.organisation_id, AgreementRole.PRESCRIBER, on=today
    )
    check_receives_people(session, referred_to_id, on=today)
    entitlement = programmes.entitlement(session, programme_id, person.public)
    if entitlement is None:
        raise NotEntitled
    chosen = _booklets_to_hand_over(session, programme_id, numbers, entitlement.booklet_size, today)
    received = queries.booklets_received(session, programme_id, beneficiary_id)
    if received + len(chosen) > entitlement.booklet_count:
        raise EntitlementExceeded(
            received=received,
            entitled=entitlement.booklet_count,
            left=max(0, entitlement.booklet_count - received),
        )
    ranges = _ranges_of_booklets(chosen)
    # Two agents may hold the same booklet in hand: the second waits here, then finds it given.
    ledger.lock_vouchers(session, [whole for _, whole in ranges])
    lines = []
    for vintage_id, whole in ranges:
        accounts = ledger.accounts(
            session,
            [
                drawer := chart.prescriber(actor.organisation_id, vintage_id),
                pocket := chart.circulation(actor.organisation_id, vintage_id),
            ],
        )
        _check_all_rest_in(session, whole, accounts[drawer], refusal=BookletNotYours)
        lines.append(
            ledger.Line(ledger.MovementKind.ISSUE, whole, accounts[drawer], accounts[pocket])
        )
    record = Prescription(
        id=prescription_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.PRESCRIPTION, today.year),
        programme_id=programme_id,
        beneficiary_id=beneficiary_id,
        public=person.public,
        prescriber_id=actor.organisation_id,
        agreement_id=agreement.id,
        agreement_role=agreement.role,
        agreement_from=agreement.valid_from,
        agreement_until=agreement.valid_until,
        prescribed_on=today,
        age_years=age,
        declares_no_other_pass=declares_no_other_pass,
        referred_to_id=referred_to_id,
        prescribed_by=actor.agent_id,
        prescribed_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        PrescriptionBooklet(
            booklet_id=booklet.id,
            booklet_size=booklet.size,
            prescription_id=prescription_id,
            programme_id=programme_id,
            beneficiary_id=beneficiary_id,
            public=person.public,
            entitled_count=entitlement.booklet_count,
            ordinal=received + place,
        )
        for place, booklet in enumerate(chosen, start=1)
    )
    session.flush()
    ledger.post(
        session,
        ledger.Act(
            posting_id=prescription_id,
            kind=ledger.MovementKind.ISSUE,
            document_type="prescription",
            document_id=prescription_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
    if who := queries.identity(session, beneficiary_id):
        who.last_contact_on = today
    return record


def known_prescription(session: Session, *, actor: Actor, prescription_id: UUID) -> Prescription:
    """A prescription of the actor's own organisation; anybody else's looks like none.

    Raises:
        UnknownPrescription.
    """
    prescription = queries.prescription(session, prescription_id)
    if prescription is None or prescription.prescriber_id != actor.organisation_id:
        raise UnknownPrescription
    return prescription


def _age(session: Session, person: Beneficiary, *, today: date) -> int:
    """Difference of years; a person whose identity was purged must be registered anew."""
    who = queries.identity(session, person.id)
    if who is None:
        raise UnknownBeneficiary
    if person.public == Public.SENIOR and not is_senior(who.birth_year, on=today):
        raise NotASenior(age=today.year - who.birth_year)
    return today.year - who.birth_year


def _booklets_to_hand_over(
    session: Session,
    programme_id: UUID,
    numbers: Sequence[BookletNumber],
    size: int,
    today: date,
) -> list[Booklet]:
    """The booklets named, each once, of the right size and validity, sorted by id."""
    chosen: dict[int, Booklet] = {}
    for number in numbers:
        booklet = known_booklet(session, number)
        if booklet.id in chosen:
            raise BookletsOverlap(booklet=str(number))
        if booklet.size != size:
            raise WrongBookletSize(booklet=str(number), size=booklet.size, expected=size)
        _check_vintage(programmes.vintage(session, booklet.vintage_id), number, programme_id, today)
        chosen[booklet.id] = booklet
    return [chosen[booklet_id] for booklet_id in sorted(chosen)]


def _check_vintage(
    terms: VintageTerms | None, number: BookletNumber, programme_id: UUID, today: date
) -> None:
    if terms is None or terms.programme_id != programme_id:
        raise BookletOfAnotherProgramme(booklet=str(number))
    validity = Validity(terms.valid_from, terms.valid_until, terms.tolerance_days)
    if not validity.issuable(on=today):
        raise VintageOver(
            booklet=str(number),
            valid_from=f"{terms.valid_from:%d/%m/%Y}",
            valid_until=f"{terms.valid_until:%d/%m/%Y}",
        )
