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

TOLD = {
    MailKind.BANK_DETAILS_PROPOSED: AccountEventKind.BANK_DETAILS_PROPOSED,
    MailKind.BANK_DETAILS_CONFIRMED: AccountEventKind.BANK_DETAILS_CONFIRMED,
    MailKind.BANK_DETAILS_REFUSED: AccountEventKind.BANK_DETAILS_REFUSED,
}


def announce(
    session: Session,
    details: BankDetails,
    kind: MailKind,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Write to every agent of the organisation, with the masked account; and to the journal."""
    organisation = queries.organisation(session, details.organisation_id)
    in_use = queries.approved_bank_details(session, details.organisation_id)
    letter = written(
        kind,
        organisation=organisation.name if organisation else "",
        at=day_and_time(now),
        iban=details.iban_masked,
        in_use=in_use.iban_masked if in_use else "",
        taken_back=details.prepared_by == actor.agent_id,
        reason=reason.rstrip("."),
    )
    for agent in identity.working_agents_of(session, details.organisation_id):
        write_mail(
            session, kind=kind, agent_id=agent.id, address=agent.email, letter=letter, now=now
        )
        record_event(
            session,
            kind=TOLD[kind],
            agent_id=agent.id,
            actor=actor,
            origin=FROM_SERVER,
            now=now,
            detail=f"IBAN {details.iban_masked}",
        )
