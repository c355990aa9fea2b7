"""People whom prescribers meet: who they are, what is put right, and who looks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, read_email
from app.prescribers import queries
from app.prescribers.errors import NotASenior, UnknownBeneficiary
from app.prescribers.models import Beneficiary, BeneficiaryIdentity
from app.prescribers.rules import likeness
from app.programmes.rules import Public, is_senior

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


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody of the same name and year who has received booklets: never who it is.

    `beneficiary_id` only where it is a person of one's own prescriber.
    """

    public: Public
    booklet_count: int
    last_on: date
    beneficiary_id: UUID | None

    @property
    def elsewhere(self) -> bool:
        """Whether another prescriber met them."""
        return self.beneficiary_id is None


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
    _check_public(public, read.birth_year, today=today)
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
    who = BeneficiaryIdentity(beneficiary_id=beneficiary_id, last_contact_on=today)
    _write(who, read)
    session.add(who)
    session.flush()
    return record


def rectify_beneficiary(
    session: Session, *, actor: Actor, beneficiary_id: UUID, person: Person, now: datetime
) -> Beneficiary:
    """Put a person's identity right, as they may ask (RGPD, article 16); their public stays.

    Sending it twice writes the same words twice.

    Raises:
        UnknownBeneficiary: nobody of one's own prescriber, or the identity was purged.
        InvalidInput: a name, year, commune, phone or e-mail cannot be one.
        NotASenior: too young for the public that the person was recorded with.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    hold(session, "beneficiary", beneficiary_id)
    record = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    if who is None:
        raise UnknownBeneficiary
    today = martinique_day(now)
    read = _read_person(person, today=today)
    _check_public(record.public, read.birth_year, today=today)
    _write(who, read)
    who.last_contact_on = today
    session.flush()
    return record


def _write(who: BeneficiaryIdentity, person: Person) -> None:
    who.surname, who.first_name = person.surname, person.first_name
    who.likeness = likeness(person.surname, person.first_name)
    who.birth_year, who.commune = person.birth_year, person.commune
    who.phone, who.email = person.phone, person.email


def _check_public(public: str, birth_year: int, *, today: date) -> None:
    if public == Public.SENIOR and not is_senior(birth_year, on=today):
        raise NotASenior(age=today.year - birth_year)


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


def likely_duplicates(session: Session, *, actor: Actor, beneficiary_id: UUID) -> list[Alike]:
    """Others of the same name and year who have received booklets, the latest first.

    Raises:
        UnknownBeneficiary: nobody of one's own prescriber.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    if who is None:
        return []
    return [
        Alike(
            Public(row.public),
            row.booklet_count,
            row.last_on,
            row.id if row.prescriber_id == actor.organisation_id else None,
        )
        for row in queries.alike(session, who)
    ]


def found_by_name(
    session: Session, *, actor: Actor, typed: str, limit: int = 20
) -> Sequence[tuple[Beneficiary, BeneficiaryIdentity]]:
    """People of one's own prescriber whose surname or first name begins so; none for nothing."""
    actor.check(Right.SEE_BENEFICIARIES)
    words = [letters for word in typed.split() if (letters := likeness(word, "").rstrip("|"))]
    if not words:
        return []
    return queries.people_named(session, actor.organisation_id, words[:4], limit=limit)
