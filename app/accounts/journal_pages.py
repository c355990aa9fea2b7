"""The journal of accounts and the outbox, on pages that only read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.views import EventTold, MailTold, events_told, mails_told
from app.config import EXAMPLE_URL
from app.database.lists import Place
from app.identity import queries as identity
from app.identity.models import AccountEvent
from app.identity.queries import EventFilter
from app.identity.rules import FRENCH_EVENT, AccountEventKind, Right
from app.kernel.clock import first_instant
from app.kernel.text import read_number
from app.mails import queries as mails
from app.mails.models import Mail
from app.mails.outbox import known_mail
from app.mails.rules import FRENCH_MAIL, MailKind, MailState
from app.mails.wording import PLACE_OF_LINK, paragraphs_of
from app.papers.sheets import Kind
from app.web.auth import check, current_actor, origin, started_at
from app.web.forms import Form
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("journal_pages", __name__)

LINES = 50
KINDS = tuple(
    sorted(
        (Choice(str(kind), words) for kind, words in FRENCH_EVENT.items()), key=lambda c: c.label
    )
)
MAIL_KINDS = tuple(Choice(str(kind), words) for kind, words in FRENCH_MAIL.items())
SENT_OR_NOT = (Choice("sent", "Envoyés"), Choice("failed", "Échoués"))
ACCOUNT_KINDS = {str(kind): kind for kind in AccountEventKind}


# ── The journal ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class JournalPage:
    """What happened to accounts, the latest first, and the filters that stay in the address."""

    list: Listed[EventTold]
    kinds: tuple[Choice, ...]
    about: str
    """The one account that is asked for, by its name."""


AS_WRITTEN = ("de la première écrite à la dernière", "de la dernière écrite à la première")
"""The journal keeps the order in which it was written."""


def _filter(form: Form) -> EventFilter:
    since, until = form.day_asked("du"), form.day_asked("au")
    return EventFilter(
        kind=form.among("quoi", ACCOUNT_KINDS),
        agent_id=_account(form),
        since=first_instant(since) if since else None,
        until=first_instant(until + timedelta(days=1)) if until else None,
    )


def _account(form: Form) -> int | None:
    number = read_number(form.text("compte"))
    if number is None:
        form.among("compte", {})
    return number


def _found(session: Session, form: Form, place: Place) -> list[AccountEvent]:
    return identity.latest_events(session, place, asked=_filter(form))


EVENTS = Listing(
    "journal_pages.journal",
    name="journal-des-comptes",
    title="Journal des comptes",
    columns=(
        Column[EventTold]("Quoi", lambda one: one.what, width=36),
        Column("Quand", lambda one: one.happened_at, Kind.MOMENT, "quand", ways=AS_WRITTEN),
        Column("Compte", lambda one: one.about, width=24),
        Column("Par", lambda one: one.by, width=24),
        Column("Moyen", lambda one: one.way),
        Column("Navigateur", lambda one: one.browser, shown=False),
        Column("Précision", lambda one: one.detail, width=30),
    ),
    filters=("quoi", "du", "au", "compte"),
    found=_found,
    told=events_told,
    first="-quand",
    lines=LINES,
    numbered=True,
)
"""Who did what to whose account is what this journal is for: its file names agents."""


@bp.get("/journal-des-comptes")
def journal() -> ResponseReturnValue:
    """What happened to accounts."""
    check(Right.SEE_ACCOUNT_EVENTS)

    def work(session: Session) -> JournalPage:
        listed = EVENTS.page(session)
        about = _account(listed.form)
        names = identity.agent_names(session, [about] if about else [])
        return JournalPage(listed, KINDS, names.get(about or 0, ""))

    return render_template("accounts/journal.html", page=in_transaction(work))


@bp.get("/journal-des-comptes.<any(csv, xlsx):ending>")
def journal_file(ending: str) -> ResponseReturnValue:
    """Every line of the journal that is asked for."""
    check(Right.SEE_ACCOUNT_EVENTS)
    return EVENTS.file(ending)


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Letters, the latest first, and the filters that stay in the address."""

    list: Listed[MailTold]
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    kept: bool
    failed_count: int


@dataclass(frozen=True, slots=True)
class MailPage:
    """One letter. `link` is there once somebody asked to read it, where no server brings it."""

    told: MailTold
    paragraphs: tuple[str, ...]
    place_of_link: str
    link: str
    has_link: bool
    """Whether the link can be shown."""
    over: bool
    """The letter is kept here, and what it says is worth no more."""
    kept: bool
    form: Form


def _kept() -> bool:
    """Whether letters stay here, because there is no mail server."""
    return current_settings().mail_server is None


def _letters(session: Session, form: Form, place: Place) -> list[Mail]:
    return mails.latest_mails(
        session,
        place,
        state=form.among("etat", {str(state): state for state in MailState}),
        kind=form.among("nature", {str(kind): kind for kind in MailKind}),
    )


def _letters_told(session: Session, found: Sequence[Mail]) -> list[MailTold]:
    return mails_told(session, found, kept=_kept())


MAILS = Listing(
    "journal_pages.listed",
    name="courriels",
    title="Courriels",
    columns=(
        Column[MailTold]("Courriel", lambda one: one.kind, width=30),
        Column("À", lambda one: one.to, width=30),
        Column("Écrit", lambda one: one.mail.queued_at, Kind.MOMENT, "ecrit"),
        Column("Essais", lambda one: one.mail.attempt_count, Kind.NUMBER),
        Column("État", lambda one: one.state),
    ),
    filters=("nature", "etat"),
    found=_letters,
    told=_letters_told,
    first="-ecrit",
    lines=LINES,
)


@bp.get("/courriels")
def listed() -> ResponseReturnValue:
    """Every letter of the last twelve months."""
    check(Right.SEE_MAILS)
    page = in_transaction(
        lambda session: MailsPage(
            MAILS.page(session),
            MAIL_KINDS,
            (Choice("waiting", "Gardés ici" if _kept() else "À envoyer"), *SENT_OR_NOT),
            _kept(),
            mails.count(session, MailState.FAILED),
        )
    )
    return render_template("accounts/mails.html", page=page)


@bp.get("/courriels.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The letters of the address, all of them, without what they say."""
    check(Right.SEE_MAILS)
    return MAILS.file(ending)


@bp.route("/courriels/<uuid:mail_id>", methods=["GET", "POST"])
def shown(mail_id: UUID) -> ResponseReturnValue:
    """One letter, as it was written; its link on demand, and the journal says who read it."""
    check(Right.SEE_MAILS)
    kept = _kept()
    form, path = Form.blank(), None
    if request.method == "POST":
        form = Form.sent()
        if kept:
            path = form.submit(
                lambda session: service.shown_link(
                    session,
                    actor=current_actor(),
                    mail_id=mail_id,
                    secret_key=current_settings().secret_key,
                    origin=origin(),
                    now=started_at(),
                )
            )

    def work(session: Session) -> MailPage:
        mail = known_mail(session, mail_id)
        has_link = mail.sealed_link is not None and mail.kind != MailKind.ORIENTATION
        over = kept and has_link and mail.useful_until < started_at()
        return MailPage(
            mails_told(session, [mail], kept=kept)[0],
            paragraphs_of(mail.body),
            PLACE_OF_LINK,
            f"{_public_root()}{path}" if path else "",
            kept and has_link and not over,
            over,
            kept,
            form,
        )

    return render_template("accounts/mail.html", page=in_transaction(work)), form.status


def _public_root() -> str:
    """Where people reach this site: as it is set, otherwise as whoever asks has reached it."""
    told = current_settings().public_url
    return (request.url_root if told == EXAMPLE_URL else told).rstrip("/")
