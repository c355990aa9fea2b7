"""Debit notes: what a mediator owes back, once no statement is left that would recover it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import correction_queries, run_queries, standing_queries
from app.clearing.correction_models import DebitNote, DebitNoteCollection, Receivable
from app.clearing.correction_queries import Owed
from app.clearing.errors import (
    CollectionBySamePerson,
    DebitNoteCollectedAlready,
    DebitNoteIssuedAlready,
    MediatorIsStillOwed,
    NothingToCollect,
    UnknownDebitNote,
)
from app.clearing.recoveries import write_recoveries
from app.clearing.rules import PaidTo, StatementState
from app.clearing.runs import asked_on
from app.clearing.standing_queries import Filter
from app.database.locks import earlier, hold
from app.identity import queries as identity
from app.identity.rules import Actor, Right
from app.kernel.clock import day_asked, end_of_day, first_instant, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import NO_BREAK, Cents, euros
from app.kernel.text import written_phone
from app.mails.outbox import write_mail
from app.mails.rules import MailKind
from app.mails.wording import written
from app.papers.french import long_day, plural
from app.partners import queries as partners
from app.partners.service import known_organisation
from app.programmes import numbering
from app.programmes.service import known_programme

MANY = 10_000


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether a debit note may ask for what a mediator owes back in a programme, and from when."""

    owed: tuple[Receivable, ...]
    from_on: date
    """The delay of the settings after the oldest of it is over."""
    fresh_cents: Cents
    """Taken, and on no statement yet."""
    draft_cents: Cents
    """On drafts that nobody has approved."""

    @property
    def still_owed_cents(self) -> Cents:
        """What the mediator has still to receive where a receivable would be recovered."""
        return Cents(self.fresh_cents + self.draft_cents)


def note_number(note: DebitNote) -> str:
    """The number of a debit note, as it is written."""
    return numbering.written(numbering.DEBIT_NOTE, note.year, note.number)


def prospect_of(
    session: Session, mediator_id: UUID, programme_id: UUID, *, now: datetime
) -> Prospect | None:
    """From when a debit note may be issued, and what is in its way; None: nothing is owed back."""
    pair = mediator_id, programme_id
    owed = [
        one for one in correction_queries.open_receivables(session, [pair])[pair] if one.net_cents
    ]
    if not owed:
        return None
    fresh = sum(
        one.amount_cents
        for one in run_queries.unclaimed_of(session, mediator_id)
        if one.programme_id == programme_id
    )
    asked = Filter(mediator_id=mediator_id, programme_id=programme_id, state=StatementState.DRAFT)
    drafts = standing_queries.statements_after(session, None, limit=MANY, asked=asked)
    days = asked_on(session, programme_id, day=martinique_day(now)).recovery_delay_days
    return Prospect(
        tuple(owed),
        martinique_day(owed[0].owed_since) + timedelta(days=days),
        Cents(fresh),
        Cents(sum(one.version.net_cents for one in drafts)),
    )


def to_issue(session: Session, *, today: date) -> list[Owed]:
    """What a debit note may ask for today: old enough, and nothing coming recovers it."""
    old = [
        one for one in correction_queries.owing(session, before=end_of_day(today)) if one.net_cents
    ]
    delays = {
        programme_id: timedelta(days=asked_on(session, programme_id, day=today).recovery_delay_days)
        for programme_id in {one.programme_id for one in old}
    }
    return [
        one
        for one in old
        if martinique_day(one.owed_since) + delays[one.programme_id] <= today
        and _may_be_issued(session, one, today=today)
    ]


def _may_be_issued(session: Session, one: Owed, *, today: date) -> bool:
    now = first_instant(today)
    found = prospect_of(session, one.mediator_id, one.programme_id, now=now)
    return found is not None and found.from_on <= today and not found.still_owed_cents


def issue_debit_note(
    session: Session,
    *,
    actor: Actor,
    debit_note_id: UUID,
    mediator_id: UUID,
    programme_id: UUID,
    now: datetime,
) -> DebitNote:
    """Ask a mediator for what it owes back in a programme, since longer than the settings say.

    Once one receivable is that old, all of them are asked for together. The mediator is told by
    letter.

    Raises:
        UnknownOrganisation, UnknownProgramme.
        DebitNoteIssuedAlready: another one asks for all of it, and is not paid yet.
        NothingToCollect: it owes nothing back for so long.
        MediatorIsStillOwed: passes wait for a statement, or a draft for its approval: what is
            owed back is recovered there.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ISSUE_DEBIT_NOTE)
    digest = request_hash("debit note", mediator=mediator_id, programme=programme_id)
    if record := earlier(session, DebitNote, debit_note_id, digest):
        return record
    mediator = known_organisation(session, mediator_id)
    programme = known_programme(session, programme_id)
    # A run claims under this lock: what it claims is a draft, or waits still.
    hold(session, "clearing", programme_id, mediator_id)
    hold(session, "receivables", mediator_id, programme_id)
    today = martinique_day(now)
    found = prospect_of(session, mediator_id, programme_id, now=now)
    note = correction_queries.uncollected_note(session, mediator_id, programme_id)
    if found is None and note is not None:
        raise DebitNoteIssuedAlready(mediator=mediator.name, number=note_number(note))
    if found is None or today < found.from_on:
        days = asked_on(session, programme_id, day=today).recovery_delay_days
        raise NothingToCollect(mediator=mediator.name, days=days)
    if found.still_owed_cents:
        raise MediatorIsStillOwed(mediator=mediator.name, owed=euros(found.still_owed_cents))
    number = numbering.next_number(session, numbering.DEBIT_NOTE, today.year)
    sponsor = known_organisation(session, programme.sponsor_id)
    record = DebitNote(
        id=debit_note_id,
        request_hash=digest,
        mediator_id=mediator_id,
        programme_id=programme_id,
        year=today.year,
        number=number,
        follows_number=number - 1 or None,
        amount_cents=sum(one.net_cents for one in found.owed),
        issued_by=actor.agent_id,
        issued_at=now,
        issued_on=today,
        printed={
            "mediator": mediator.name,
            "commune": mediator.commune,
            "siret": mediator.siret,
            "programme": programme.name,
            "sponsor": sponsor.name,
            **_accountant(session, on=today),
        },
    )
    session.add(record)
    session.flush()
    write_recoveries(session, found.owed, debit_note_id=record.id)
    _tell(session, record, len(found.owed), now=now)
    return record


def _accountant(session: Session, *, on: date) -> dict[str, str]:
    """The public accountant and how to reach it, where the scheme knows exactly one."""
    known = partners.public_accountants(session, on=on)
    if len(known) != 1:
        return {}
    [body] = known
    said = {"accountant": body.name}
    if address := partners.address_of(session, body.id):
        place = f"{address.postcode} {body.commune}" if body.commune else address.postcode
        said["accountant_address"] = ", ".join(
            filter(None, (address.street, address.complement, place))
        )
    for contact in partners.contacts_of(session, body.id):
        if contact.phone:
            said.setdefault("accountant_phone", written_phone(contact.phone, NO_BREAK))
        if contact.email:
            said.setdefault("accountant_email", contact.email)
    return said


def paid_to(note: DebitNote) -> PaidTo | None:
    """The accountant that a debit note names; None where it names none."""
    name, *reached = (
        note.printed.get(f"accountant{what}", "") for what in ("", "_address", "_phone", "_email")
    )
    return PaidTo(name, *reached) if name else None


def _tell(session: Session, note: DebitNote, pass_count: int, *, now: datetime) -> None:
    """Write to every agent of the mediator: what is asked, why, and what is done about it."""
    number, payee = note_number(note), paid_to(note)
    passes = (
        "un pass payé puis repris" if pass_count == 1 else f"{pass_count} pass payés puis repris"
    )
    told = (
        f"Le {long_day(note.issued_on)}, {note.printed['sponsor']} a émis le titre de recette "
        f"{number} : {note.printed['mediator']} doit rendre {euros(note.amount_cents)}, pour "
        f"{passes} qu’aucun bordereau n’a compensé{plural(pass_count)}.\n\n"
        "Le comptable public vous dira comment reverser cette somme"
        f"{' : ' + ', '.join(payee.lines) if payee else ''}. Rien ne se paie dans passnum, et "
        "aucun compte bancaire ne vous est donné par courriel.\n\n"
        "Pour voir chaque pass et son motif, ou imprimer la demande, connectez-vous à passnum : "
        "votre page d’accueil y mène. Si une reprise vous semble fausse, appelez la collectivité, "
        "à un numéro que vous connaissez déjà."
    )
    letter = written(
        MailKind.NOTICE,
        subject=f"Titre de recette {number} : {euros(note.amount_cents)} à rendre",
        sentence=told,
    )
    for agent in identity.working_agents_of(session, note.mediator_id):
        write_mail(
            session,
            kind=MailKind.NOTICE,
            agent_id=agent.id,
            address=agent.email,
            letter=letter,
            now=now,
        )


def known_debit_note(session: Session, *, actor: Actor, debit_note_id: UUID) -> DebitNote:
    """The debit note of that id, for its mediator and for those who see all.

    Raises:
        UnknownDebitNote: there is none, or it is another mediator's: both look alike.
    """
    found = correction_queries.debit_note(session, debit_note_id)
    if found is None or not actor.sees(found.mediator_id):
        raise UnknownDebitNote
    return found


def collect_debit_note(
    session: Session,
    *,
    actor: Actor,
    collection_id: UUID,
    debit_note_id: UUID,
    collected_on: date,
    now: datetime,
) -> DebitNoteCollection:
    """Record that the mediator paid a debit note; by another person than its issuer.

    Raises:
        UnknownDebitNote, DebitNoteCollectedAlready, CollectionBySamePerson.
        InvalidInput: the day is before the note's or to come.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_PAYMENT)
    digest = request_hash("debit note collection", note=debit_note_id, on=collected_on)
    if record := earlier(session, DebitNoteCollection, collection_id, digest):
        return record
    hold(session, "debit note", debit_note_id)
    note = known_debit_note(session, actor=actor, debit_note_id=debit_note_id)
    if correction_queries.collection_of(session, debit_note_id):
        raise DebitNoteCollectedAlready
    if note.issued_by == actor.agent_id:
        raise CollectionBySamePerson
    today = martinique_day(now)
    if not note.issued_on <= collected_on <= today:
        raise InvalidInput(collected_on=day_asked(note.issued_on, today))
    record = DebitNoteCollection(
        id=collection_id,
        request_hash=digest,
        debit_note_id=note.id,
        issued_by=note.issued_by,
        issued_on=note.issued_on,
        collected_on=collected_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record
