"""What a person takes home, gathered from what is kept: the papers draw it, and keep nothing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.config import IDENTITY_MONTHS
from app.identity import queries as identity
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.communes import commune_named
from app.kernel.errors import InvalidInput
from app.kernel.money import NO_BREAK
from app.kernel.sms import plainly
from app.kernel.text import read_email, written_phone
from app.mails.models import Mail
from app.mails.outbox import write_to_person
from app.mails.rules import MailKind
from app.mails.wording import Letter as MailLetter
from app.mails.wording import written
from app.mediators.queries import Offer, Place
from app.mediators.rules import week_in_words
from app.papers.french import long_day, months_told
from app.partners import queries as partners
from app.prescribers import queries
from app.prescribers.errors import NothingLeftToUse, UnknownPrescription
from app.prescribers.papers import CommitmentForm, Letter, LetterPlace
from app.prescribers.people import known_beneficiary
from app.prescribers.prescriptions import known_prescription
from app.prescribers.referrals import ranked
from app.prescribers.undoing import wholes_of
from app.prescribers.whereabouts import LOST, live, passes_of
from app.programmes import queries as programmes
from app.programmes.rules import Public
from app.vouchers.queries import booklet_numbers

MANY_PLACES = 2


def letter_of(
    session: Session, *, actor: Actor, prescription_id: UUID, help_line: str, now: datetime
) -> Letter:
    """The orientation letter of a hand-over: where to go as it is today, the chosen place first.

    Raises:
        UnknownPrescription: another prescriber's, taken back, or the person was forgotten.
        NothingLeftToUse: all is used, blocked or expired.
    """
    actor.check(Right.SEE_BENEFICIARIES)
    made = known_prescription(session, actor=actor, prescription_id=prescription_id)
    who = queries.identity(session, made.beneficiary_id)
    if who is None or queries.undo_of(session, made.id):
        raise UnknownPrescription
    booklets = queries.booklets_of(session, made.id)
    states = passes_of(session, wholes_of(session, made.id))
    left = live(states)
    if not left:
        raise NothingLeftToUse
    lost = any(state.account.kind in LOST for state in states)
    numbers = booklet_numbers(
        session,
        {one.booklet_id for one in left} if lost else {one.booklet_id for one in booklets},
    )
    terms = programmes.all_vintages(session)
    order = ranked(
        session,
        actor=actor,
        beneficiary_id=made.beneficiary_id,
        answers=made.answers,
        now=now,
    )
    chosen = [one.place for one in order if one.place.organisation.id == made.referred_to_id]
    others = [one.place for one in order if one.place.organisation.id != made.referred_to_id]
    if not chosen and (place := partners.organisation(session, made.referred_to_id)):
        commune = commune_named(place.commune)
        chosen = [Place(place, Offer(), commune.centre if commune else None)]
    prescriber = partners.organisation(session, made.prescriber_id)
    agent = identity.agent(session, made.prescribed_by)
    return Letter(
        number=made.number,
        person=f"{who.first_name} {who.surname}",
        prescriber=prescriber.name if prescriber else "",
        town=prescriber.commune if prescriber else "",
        day=made.prescribed_on,
        agent=agent.name if agent else "",
        agent_phone=_phone(session, made.prescriber_id),
        booklets=tuple(str(numbers[booklet_id]) for booklet_id in sorted(numbers)),
        passes_each=booklets[0].booklet_size,
        face_value_cents=ledger.face_value(session, booklets[0].vintage_id),
        last_day=min(terms[one.account.vintage_id].valid_until for one in left),
        places=tuple(
            _told(session, place, who.commune) for place in (chosen + others)[:MANY_PLACES]
        ),
        help_line=written_phone(help_line),
        specimen=programmes.is_demonstration(session),
        left_count=len(left) if lost else None,
    )


def mail_of(letter: Letter) -> MailLetter:
    """The same letter as an e-mail: without the person's name, and without their booklets."""
    return written(
        MailKind.ORIENTATION,
        prescriber=letter.prescriber,
        specimen=letter.specimen,
        booklets=len(letter.booklets),
        passes=letter.passes_count,
        lost=letter.left_count is not None,
        last_day=long_day(letter.last_day),
        places=[
            {
                "name": place.name,
                "where": ", ".join(filter(None, (place.street, place.town))),
                "phone": place.phone,
                "hours": " ; ".join(f"{day.lower()} {hours}" for day, hours in place.hours),
            }
            for place in letter.places
        ],
        help_line=letter.help_line,
        agent_phone=letter.agent_phone,
    )


def short_message(letter: Letter) -> str:
    """The same as a text message: the place, its telephone, the last day. No name, no number.

    Its own words are of the alphabet of text messages, where more than twice as much goes into one.
    """
    place = letter.places[0] if letter.places else None
    where = ""
    if place is not None:
        at = ", ".join(filter(None, (place.name, place.street, place.town)))
        call = f" Appelez le {place.phone} pour un rendez-vous." if place.phone else ""
        where = f"{at}.{call} "
    return plainly(
        f"{'SPÉCIMEN. ' if letter.specimen else ''}Vos pass numériques : {where}Venez avec "
        f"{'vos carnets' if len(letter.booklets) > 1 else 'votre carnet'}. "
        f"Dernier jour : {letter.last_day:%d/%m/%Y}. Carnet perdu : {letter.help_line}."
    )


def send_letter(
    session: Session,
    *,
    actor: Actor,
    mail_id: UUID,
    prescription_id: UUID,
    address: str,
    agreed: bool,
    help_line: str,
    key: bytes,
    now: datetime,
) -> Mail:
    """Send the letter to the address that the person gives, as far as they agree. Twice is once.

    Raises:
        UnknownPrescription: another prescriber's, taken back, or the person was forgotten.
        InvalidInput: this is no address, or the person has not agreed.
    """
    letter = letter_of(
        session, actor=actor, prescription_id=prescription_id, help_line=help_line, now=now
    )
    wrong = {}
    to = read_email(address)
    if to is None:
        wrong["courriel"] = "Écrivez une adresse complète, par exemple prenom.nom@exemple.fr."
    if not agreed:
        wrong["accord"] = "Demandez à la personne si elle est d’accord, puis cochez."
    if wrong or to is None:
        raise InvalidInput(**wrong)
    return write_to_person(
        session,
        mail_id=mail_id,
        agent_id=actor.agent_id,
        address=to,
        letter=mail_of(letter),
        now=now,
        key=key,
    )


def file_name(number: str, *, large: bool) -> str:
    """What the file of a letter is called: by the number of its hand-over, never by a name."""
    return f"lettre-{number}{'-gros-caracteres' if large else ''}.pdf"


def commitment_of(
    session: Session,
    *,
    actor: Actor,
    beneficiary_id: UUID,
    now: datetime,
    months: int = IDENTITY_MONTHS,
) -> CommitmentForm:
    """The form that a person signs on paper before booklets are handed over.

    Raises:
        UnknownBeneficiary: nobody of one's own prescriber.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    prescriber = partners.organisation(session, person.prescriber_id)
    agent = identity.agent(session, actor.agent_id)
    return CommitmentForm(
        person=f"{who.first_name} {who.surname}" if who else "",
        birth_year=who.birth_year if who else 0,
        prescriber=prescriber.name if prescriber else "",
        town=prescriber.commune if prescriber else "",
        day=martinique_day(now),
        agent=agent.name if agent else "",
        declares_no_other_pass=person.public == Public.REGISTERED_JOB_SEEKER,
        specimen=programmes.is_demonstration(session),
        kept_for=months_told(months),
    )


def _told(session: Session, place: Place, home: str) -> LetterPlace:
    organisation = place.organisation
    address = partners.address_of(session, organisation.id)
    commune = commune_named(home)
    far = ""
    if place.where is not None and commune is not None:
        kilometres = round(place.where.distance_km(commune.centre))
        far = f"à {kilometres} km environ" if kilometres else "dans votre commune ou tout près"
    return LetterPlace(
        name=organisation.name,
        street=", ".join(filter(None, (address.street, address.complement))) if address else "",
        town=organisation.commune,
        phone=_phone(session, organisation.id),
        far=far,
        hours=week_in_words(place.offer.hours),
        access=place.offer.access_notes or "",
    )


def _phone(session: Session, organisation_id: UUID) -> str:
    told = (one.phone for one in partners.contacts_of(session, organisation_id))
    return next((written_phone(phone, NO_BREAK) for phone in told if phone), "")
