"""People whom prescribers meet: who they are, what is put right, and who looks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import IdAlreadyUsed, InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, not_latin, read_email
from app.prescribers import queries
from app.prescribers.errors import NotASenior, UnknownBeneficiary
from app.prescribers.models import Beneficiary, BeneficiaryIdentity
from app.prescribers.rules import likeness
from app.programmes.rules import Public, is_senior

OLDEST_BIRTH_YEAR = 1900
YOUNGEST = 14
"""Years of age below which a year of birth is a slip: no public of the scheme is a child."""


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

    What tells this request sent again from another is kept in two: beside the person what names
    nobody, beside the name the rest, which goes with it. Sent again after that, it finds the
    person whatever the name.

    Raises:
        InvalidInput: a name, year, commune, phone or e-mail cannot be one.
        NotASenior: too young for the public of 60 and over.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    today = martinique_day(now)
    read = _read_person(person, today=today)
    _check_public(public, read.birth_year, today=today)
    by = actor.organisation_id
    digest = request_hash("beneficiary", public=public, by=by)
    of_name = request_hash("beneficiary", public=public, person=repr(read), by=by)
    if record := earlier(session, Beneficiary, beneficiary_id, digest):
        known = queries.identity(session, beneficiary_id)
        if known is not None and known.request_hash != of_name:
            raise IdAlreadyUsed
        return record
    record = Beneficiary(
        id=beneficiary_id,
        request_hash=digest,
        public=public,
        prescriber_id=by,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    who = BeneficiaryIdentity(
        beneficiary_id=beneficiary_id, last_contact_on=today, request_hash=of_name
    )
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
    wrong = _wrong(person, today=today)
    surname, first_name, commune = map(clean, (person.surname, person.first_name, person.commune))
    if surname is None or first_name is None or commune is None or wrong:
        raise InvalidInput(**wrong)
    phone = clean(person.phone, longest=30) if person.phone else None
    email = read_email(person.email) if person.email else None
    return Person(surname, first_name, person.birth_year, commune, phone, email)


def what_is_wrong(person: Person, *, public: Public, now: datetime) -> dict[str, str]:
    """Everything that cannot be said of a person, by field, for a form to show at once."""
    today = martinique_day(now)
    wrong = _wrong(person, today=today)
    if "birth_year" not in wrong:
        try:
            _check_public(public, person.birth_year, today=today)
        except NotASenior as refusal:
            wrong["public"] = refusal.message
    return wrong


def _name_asked(what: str, typed: str) -> str:
    return f"Écrivez {what}, en 200 caractères au plus." if typed.strip() else f"Écrivez {what}."


def _wrong(person: Person, *, today: date) -> dict[str, str]:
    wrong = not_latin(surname=person.surname, first_name=person.first_name, commune=person.commune)
    phone = clean(person.phone, longest=30) if person.phone else None
    if clean(person.surname) is None:
        wrong["surname"] = _name_asked("le nom", person.surname)
    if clean(person.first_name) is None:
        wrong["first_name"] = _name_asked("le prénom", person.first_name)
    latest = today.year - YOUNGEST
    if not OLDEST_BIRTH_YEAR <= person.birth_year <= latest:
        wrong["birth_year"] = f"Écrivez une année entre {OLDEST_BIRTH_YEAR} et {latest}."
    if clean(person.commune) is None:
        wrong["commune"] = "Choisissez la commune où vit la personne."
    if person.phone and (phone is None or sum(c.isdigit() for c in phone) < 6):  # noqa: PLR2004 - the shortest number
        wrong["phone"] = (
            "Écrivez un numéro de téléphone, par exemple 0696 00 00 00, ou laissez vide."
        )
    if person.email and read_email(person.email) is None:
        wrong["email"] = "Écrivez une adresse complète, ou laissez vide."
    return wrong


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
    return _alike(session, actor, who.likeness, who.birth_year, besides=beneficiary_id)


@dataclass(frozen=True, slots=True)
class AlreadyKnown:
    """Who may be the person about to be registered: one's own by name, others without any."""

    own: Sequence[tuple[Beneficiary, BeneficiaryIdentity]]
    elsewhere: Sequence[Alike]

    def __bool__(self) -> bool:
        """Whether anybody is alike."""
        return bool(self.own or self.elsewhere)


def already_known(
    session: Session,
    *,
    actor: Actor,
    surname: str,
    first_name: str,
    birth_year: int,
    besides: UUID | None = None,
) -> AlreadyKnown:
    """Who is of that name and year: people of one's own, and those who received booklets elsewhere.

    Asked before a person is registered, so that nobody is written down twice by mistake.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    key = likeness(surname, first_name)
    own = queries.people_alike(session, actor.organisation_id, key, birth_year)
    alike = _alike(session, actor, key, birth_year, besides=besides)
    return AlreadyKnown(
        [(person, who) for person, who in own if person.id != besides],
        [one for one in alike if one.elsewhere],
    )


def _alike(
    session: Session, actor: Actor, key: str, birth_year: int, *, besides: UUID | None
) -> list[Alike]:
    return [
        Alike(
            Public(row.public),
            row.booklet_count,
            row.last_on,
            row.id if row.prescriber_id == actor.organisation_id else None,
        )
        for row in queries.alike(session, key, birth_year)
        if row.id != besides
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
