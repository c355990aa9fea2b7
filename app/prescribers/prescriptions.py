"""Handing booklets to people: who they are, what they are entitled to, where they are sent."""

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
from app.kernel.serials import BookletNumber
from app.kernel.text import clean, read_email
from app.ledger import chart
from app.mediators.service import check_receives_people
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import queries
from app.prescribers.allocations import check_all_rest_in, ranges_of_booklets, read_booklet
from app.prescribers.errors import (
    BookletNotYours,
    BookletOfAnotherProgramme,
    BookletsOverlap,
    CommitmentMissing,
    DeclarationMissing,
    EntitlementExceeded,
    NoBookletGiven,
    NotASenior,
    UnknownBeneficiary,
    UnknownPrescription,
    VintageOver,
    WrongBookletSize,
)
from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
)
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import NotEntitled
from app.programmes.models import VintageTerms
from app.programmes.rules import Public, Validity, is_senior
from app.programmes.service import known_programme, settings_on
from app.vouchers.models import Booklet
from app.vouchers.service import known_booklet

OLDEST_BIRTH_YEAR = 1900


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
        NotASenior, NoAgreementInForce, NoLabelInForce (of the mediator).
        SettingsNotYetApply, NotEntitled.
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
    settings = settings_on(session, programme_id, today)
    entitlement = programmes.entitlement(session, settings.id, person.public)
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
    ranges = ranges_of_booklets(chosen)
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
        check_all_rest_in(session, whole, accounts[drawer], refusal=BookletNotYours)
        lines.append(
            ledger.Line(ledger.MovementKind.ISSUE, whole, accounts[drawer], accounts[pocket])
        )
    record = Prescription(
        id=prescription_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.PRESCRIPTION, today.year),
        programme_id=programme_id,
        settings_id=settings.id,
        settings_ordinal=settings.ordinal,
        settings_from=settings.applies_from,
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
            settings_id=settings.id,
            entitled_count=entitlement.booklet_count,
            renewal_count=entitlement.renewal_count,
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
