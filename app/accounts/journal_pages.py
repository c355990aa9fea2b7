"""The journal of accounts and the outbox, on pages that only read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.views import EventTold, MailTold, events_told, mails_told
from app.config import EXAMPLE_URL
from app.identity import queries as identity
from app.identity.queries import EventFilter
from app.identity.rules import FRENCH_EVENT, AccountEventKind, Right
from app.kernel.clock import LAST_DAY, first_instant, martinique_day
from app.kernel.text import read_day
from app.mails import queries as mails
from app.mails.outbox import known_mail
from app.mails.rules import FRENCH_MAIL, MailKind, MailState
from app.mails.wording import PLACE_OF_LINK, paragraphs_of
from app.papers.sheets import Field, Kind, Values, csv_bytes
from app.web.auth import check, current_actor, origin, started_at
from app.web.downloads import CSV, download
from app.web.forms import Form
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("journal_pages", __name__)

LINES = 50
PIECE = 1_000
KINDS = tuple(
    sorted(
        (Choice(str(kind), words) for kind, words in FRENCH_EVENT.items()), key=lambda c: c.label
    )
)
MAIL_KINDS = tuple(Choice(str(kind), words) for kind, words in FRENCH_MAIL.items())
MAIL_STATES = (
    Choice("waiting", "À envoyer"),
    Choice("sent", "Envoyés"),
    Choice("failed", "Échoués"),
)
COLUMNS = (
    Field("Date", Kind.MOMENT),
    Field("Quoi"),
    Field("Compte", width=24),
    Field("Par", width=24),
    Field("Moyen"),
    Field("Navigateur"),
    Field("Précision", width=30),
)


# ── The journal ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class JournalPage:
    """What happened to accounts, the latest first, and the filters that stay in the address."""

    events: tuple[EventTold, ...]
    form: Form
    kinds: tuple[Choice, ...]
    about: str
    """The one account that is asked for, by its name."""
    more: str
    csv: str

    @property
    def filtered(self) -> bool:
        """Whether the list is a part."""
        return any(self.form.text(name) for name in ASKED)


ASKED = ("quoi", "compte", "du", "au")


def _filter(form: Form) -> EventFilter:
    typed = form.text("compte")
    since, until = _day(form, "du"), _day(form, "au")
    return EventFilter(
        kind=form.among("quoi", {str(kind): kind for kind in AccountEventKind}),
        agent_id=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None,  # noqa: PLR2004 - digits of a number
        since=first_instant(since) if since else None,
        until=first_instant(until + timedelta(days=1)) if until else None,
    )


def _day(form: Form, name: str) -> date | None:
    typed = form.text(name)
    day = read_day(typed) if typed else None
    if typed and (day is None or day >= LAST_DAY):
        form.wrong(name, "Ce jour n’est pas compris : la liste est montrée sans lui.")
        return None
    return day


@bp.get("/journal-des-comptes")
def journal() -> ResponseReturnValue:
    """What happened to accounts."""
    check(Right.SEE_ACCOUNT_EVENTS)
    form = Form.asked(*ASKED, "avant")

    def work(session: Session) -> JournalPage:
        asked, typed = _filter(form), form.text("avant")
        found = identity.events_before(
            session,
            int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None,  # noqa: PLR2004 - digits of a number
            limit=LINES + 1,
            asked=asked,
        )
        kept = {name: form.text(name) for name in ASKED if form.text(name)}
        names = identity.agent_names(session, [asked.agent_id] if asked.agent_id else [])
        return JournalPage(
            tuple(events_told(session, found[:LINES])),
            form,
            KINDS,
            names.get(asked.agent_id or 0, ""),
            f"{url_for('.journal')}?{urlencode(kept | {'avant': str(found[LINES - 1].id)})}"
            if len(found) > LINES
            else "",
            f"{url_for('.journal_file')}?{urlencode(kept)}",
        )

    return render_template("accounts/journal.html", page=in_transaction(work))


@bp.get("/journal-des-comptes.csv")
def journal_file() -> Response:
    """Every line of the journal that is asked for, in the order in which it was told."""
    check(Right.SEE_ACCOUNT_EVENTS)
    asked = _filter(Form.asked(*ASKED))

    def rows(session: Session) -> Iterator[Values]:
        after: int | None = None
        while found := identity.events_after(session, after, limit=PIECE, asked=asked):
            after = found[-1].id
            for told in events_told(session, found):
                yield (
                    told.happened_at,
                    told.what,
                    told.about,
                    told.by,
                    told.way,
                    told.browser,
                    told.detail,
                )
            session.expunge_all()

    content = in_transaction(lambda session: csv_bytes(COLUMNS, rows(session), specimen=False))
    return download(
        content, f"journal-des-comptes-{martinique_day(started_at()):%Y-%m-%d}.csv", CSV
    )


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Letters, the latest first, and the filters that stay in the address."""

    mails: tuple[MailTold, ...]
    form: Form
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    more: str
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


@bp.get("/courriels")
def listed() -> ResponseReturnValue:
    """Every letter of the last twelve months."""
    check(Right.SEE_MAILS)
    form = Form.asked("nature", "etat", "avant")
    kept = current_settings().mail_server is None

    def work(session: Session) -> MailsPage:
        found = mails.mails_before(
            session,
            _read_id(form.text("avant")),
            limit=LINES + 1,
            state=form.among("etat", {str(state): state for state in MailState}),
            kind=form.among("nature", {str(kind): kind for kind in MailKind}),
        )
        asked = {name: form.text(name) for name in ("nature", "etat") if form.text(name)}
        return MailsPage(
            tuple(mails_told(session, found[:LINES], kept=kept)),
            form,
            MAIL_KINDS,
            MAIL_STATES,
            f"{url_for('.listed')}?{urlencode(asked | {'avant': str(found[LINES - 1].id)})}"
            if len(found) > LINES
            else "",
            kept,
            mails.count(session, MailState.FAILED),
        )

    return render_template("accounts/mails.html", page=in_transaction(work))


def _read_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@bp.route("/courriels/<uuid:mail_id>", methods=["GET", "POST"])
def shown(mail_id: UUID) -> ResponseReturnValue:
    """One letter, as it was written; its link on demand, and the journal says who read it."""
    check(Right.SEE_MAILS)
    kept = current_settings().mail_server is None
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
