"""Handing a letter to a mail server (RFC 5321), and what its answer means."""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.config import MailServer, Security
from app.mails.models import Mail
from app.mails.rules import MailState
from app.mails.wording import as_page, as_text

PATIENCE = 20.0
"""Seconds that a server has to answer."""
LONGEST_ANSWER = 200
PERMANENT = 500
"""From this reply on, asking again would be answered the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an attempt: taken, to be tried again, or refused for good."""

    state: MailState
    answer: str


def message_of(mail: Mail, *, link: str | None, sender: str, to: str = "") -> EmailMessage:
    """The letter as a page beside its text; its Message-ID is the same at each attempt.

    `to` is the address that a letter to a person of the scheme kept sealed.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = mail.subject
    message["From"] = f"passnum <{sender}>"
    message["To"] = to or mail.address
    message["Date"] = format_datetime(mail.queued_at)
    message["Message-ID"] = f"<{mail.id}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(as_text(mail.body, link), cte="quoted-printable")
    message.add_alternative(
        as_page(mail.subject, mail.body, link), subtype="html", cte="quoted-printable"
    )
    return message


def hand_in(message: EmailMessage, server: MailServer) -> Verdict:
    """Hand a letter in. Never raises: whatever the server does is a verdict.

    Only what the server says of this letter for good (5xx) is final. A server that cannot be
    reached, that refuses the password or whose certificate is wrong may be mended meanwhile.
    """
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as refusal:
        [(code, said)] = refusal.recipients.values()
        return _judged(code, said)
    except smtplib.SMTPAuthenticationError as refusal:
        return Verdict(MailState.WAITING, _told(refusal.smtp_code, refusal.smtp_error))
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refusal:
        return _judged(refusal.smtp_code, refusal.smtp_error)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        return Verdict(MailState.WAITING, f"{type(error).__name__} : {error}"[:LONGEST_ANSWER])
    return Verdict(MailState.SENT, "")


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security is Security.TLS:
        return smtplib.SMTP_SSL(
            server.host, server.port, timeout=PATIENCE, context=_trusted(server)
        )
    connection = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    if server.security is Security.STARTTLS:
        try:
            # A server that does not offer it gets nothing: a letter holds a secret.
            connection.starttls(context=_trusted(server))
        except BaseException:
            connection.close()
            raise
    return connection


def _trusted(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.authority_file is not None:
        context.load_verify_locations(server.authority_file)
    return context


def _judged(code: int, said: bytes | str) -> Verdict:
    return Verdict(MailState.FAILED if code >= PERMANENT else MailState.WAITING, _told(code, said))


def _told(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:LONGEST_ANSWER]


def too_late(mail: Mail, now: datetime) -> bool:
    """Whether what the letter says is over."""
    return now > mail.useful_until
