"""Telling an organisation's own agents that where it is paid changes: a fraud is seen by them."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.events import record_event
from app.identity.rules import FROM_SERVER, AccountEventKind, Actor
from app.mails.outbox import write_mail
from app.mails.rules import MailKind
from app.mails.wording import written
from app.papers.french import day_and_time
from app.partners import queries
from app.partners.models import BankDetails


def announce(
    session: Session, details: BankDetails, *, confirmed: bool, actor: Actor, now: datetime
) -> None:
    """Write to every agent of the organisation, with the masked account; and to the journal."""
    organisation = queries.organisation(session, details.organisation_id)
    kind, told = (
        (MailKind.BANK_DETAILS_CONFIRMED, AccountEventKind.BANK_DETAILS_CONFIRMED)
        if confirmed
        else (MailKind.BANK_DETAILS_PROPOSED, AccountEventKind.BANK_DETAILS_PROPOSED)
    )
    letter = written(
        kind,
        organisation=organisation.name if organisation else "",
        at=day_and_time(now),
        iban=details.iban_masked,
    )
    for agent in identity.working_agents_of(session, details.organisation_id):
        write_mail(
            session, kind=kind, agent_id=agent.id, address=agent.email, letter=letter, now=now
        )
        record_event(
            session,
            kind=told,
            agent_id=agent.id,
            actor=actor,
            origin=FROM_SERVER,
            now=now,
            detail=f"IBAN {details.iban_masked}",
        )
