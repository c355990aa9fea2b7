"""Emptying the outbox: each letter is claimed, handed in outside any transaction, and noted.

A claim moves the letter's next attempt on, and is committed before anything is sent: of several
servers one has it, and if that one dies the letter is tried again. So each letter leaves at least
once; it may leave twice, under the same Message-ID, by which mail programs know it again.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin
from uuid import UUID

from app.config import MailServer, Settings
from app.database.connections import Database
from app.database.locks import hold
from app.mails import queries
from app.mails.delivery import Verdict, hand_in, message_of, too_late
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.mails.rules import KEPT_FOR, MailKind, MailState, delay_after

MOST_AT_ONCE = 50
TOO_LATE = "Trop tard : ce que dit ce courriel ne vaut plus."
ADDRESS_LOST = (
    "Son adresse ne s’ouvre plus : la clé du site a changé. Envoyez la lettre de nouveau."
)
LINK_LOST = "Son lien ne s’ouvre plus : la clé du site a changé. Faites-en envoyer un autre."


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0


def send_due(database: Database, settings: Settings, *, now: datetime) -> Sent:
    """Hand in every letter whose turn it is, and forget those of more than a year.

    Without a mail server nothing is sent: letters are kept, and the administration reads them.
    """
    with database.transaction(writing=False) as session:
        due = queries.due(session, now=now, limit=MOST_AT_ONCE)
        old = queries.any_before(session, now - KEPT_FOR)
    if old:
        with database.transaction() as session:
            queries.forget_before(session, now - KEPT_FOR)
    if settings.mail_server is None:
        return Sent()
    counted = dict.fromkeys(MailState, 0)
    for mail_id in due:
        mail = _claimed(database, mail_id, now=now)
        if mail is None:
            continue
        verdict = _handed_in(mail, settings, settings.mail_server, now=now)
        _noted(database, mail_id, verdict, now=now)
        counted[verdict.state] += 1
    return Sent(counted[MailState.SENT], counted[MailState.WAITING], counted[MailState.FAILED])


def _claimed(database: Database, mail_id: UUID, *, now: datetime) -> Mail | None:
    with database.transaction() as session:
        hold(session, "mail", mail_id)
        mail = queries.mail(session, mail_id)
        if mail is None or mail.state != MailState.WAITING or mail.next_attempt_at > now:
            return None
        mail.attempt_count += 1
        mail.next_attempt_at = now + delay_after(mail.attempt_count)
        return mail


def _handed_in(mail: Mail, settings: Settings, server: MailServer, *, now: datetime) -> Verdict:
    if too_late(mail, now):
        return Verdict(MailState.FAILED, TOO_LATE)
    path = opened_link(mail, settings.secret_key)
    if mail.kind == MailKind.ORIENTATION:
        return _handed_to_person(mail, path, server)
    if path is None and mail.sealed_link is not None:
        return Verdict(MailState.FAILED, LINK_LOST)
    link = None if path is None else urljoin(settings.public_url, path)
    return hand_in(message_of(mail, link=link, sender=server.sender), server)


def _handed_to_person(mail: Mail, address: str | None, server: MailServer) -> Verdict:
    """What the server says may repeat the address, which nobody keeps: its number is enough."""
    if address is None:
        return Verdict(MailState.FAILED, ADDRESS_LOST)
    verdict = hand_in(message_of(mail, link=None, sender=server.sender, to=address), server)
    return Verdict(verdict.state, verdict.answer.partition(" ")[0])


def _noted(database: Database, mail_id: UUID, verdict: Verdict, *, now: datetime) -> None:
    with database.transaction() as session:
        mail = queries.mail(session, mail_id)
        if mail is None or mail.state != MailState.WAITING:
            return
        mail.answer = verdict.answer or None
        if verdict.state is not MailState.WAITING:
            mail.state, mail.ended_at, mail.sealed_link = verdict.state, now, None
