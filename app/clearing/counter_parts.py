"""What the pages of the counter share: words, lines of redemptions, the fields of a session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from flask import request
from sqlalchemy.orm import Session

from app.clearing import session_queries, sessions
from app.clearing.receipts import serial_in
from app.clearing.redemption_models import SupportSession
from app.clearing.rules import (
    FRENCH_SESSION_KIND,
    FRENCH_TOPIC,
    RedemptionState,
    SessionKind,
    ToldSession,
    Topic,
)
from app.clearing.session_queries import DayLine
from app.kernel.clock import FIRST_DAY
from app.kernel.errors import InvalidInput
from app.kernel.money import Cents
from app.kernel.text import read_day
from app.partners import queries as partners
from app.web.auth import current_actor, started_at, started_on
from app.web.forms import Form
from app.web.pages import Choice, FieldError

DURATIONS = (30, 60, 90, 120, 180, 240)


def duration_words(minutes: int) -> str:
    """« 1 h 30 », « 45 min »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}\u00a0min"
    return f"{hours}\u00a0h" + (f"\u00a0{rest:02d}" if rest else "")


DURATION_CHOICES = tuple(Choice(str(minutes), duration_words(minutes)) for minutes in DURATIONS)
KIND_CHOICES = tuple(Choice(kind, words) for kind, words in FRENCH_SESSION_KIND.items())
TOPIC_CHOICES = tuple(Choice(topic, words) for topic, words in FRENCH_TOPIC.items())


@dataclass(frozen=True, slots=True)
class StateWords:
    """How far a redemption has come, in words: tone, label, and what is still possible."""

    tone: str
    label: str
    then: str


STATES = {
    RedemptionState.OPEN: StateWords(
        "go", "Accepté", "Il paraîtra sur votre prochain bordereau. On peut encore l’annuler."
    ),
    RedemptionState.CLAIMED: StateWords(
        "ok", "Sur un bordereau", "Il est sur un bordereau à payer : il ne s’annule plus ici."
    ),
    RedemptionState.SETTLED: StateWords("ok", "Payé", "Il est payé : il ne s’annule plus ici."),
    RedemptionState.OFFSET: StateWords(
        "ok",
        "Compensé",
        "Il remplace un pass payé puis repris : rien n’est versé, et il ne s’annule plus ici.",
    ),
    RedemptionState.UNDONE: StateWords(
        "", "Annulé", "La personne a repris son pass : rien n’est dû."
    ),
    RedemptionState.WITHDRAWN: StateWords(
        "warn",
        "Retiré d’un bordereau",
        "Il paraîtra sur un autre bordereau. On peut encore l’annuler.",
    ),
    RedemptionState.TAKEN_BACK: StateWords(
        "warn", "Repris", "La collectivité a repris cet encaissement. Appelez la coordination."
    ),
}


UNDOABLE = frozenset({RedemptionState.OPEN, RedemptionState.WITHDRAWN})
"""On no statement now: the person can have the pass back."""
OVER = frozenset({RedemptionState.SETTLED, RedemptionState.OFFSET})
"""Paid, in money or by what was taken back: two people can take the pass back."""


@dataclass(frozen=True, slots=True)
class LineShown:
    """One redemption in a list."""

    redemption_id: UUID
    serial: str
    at: datetime
    amount_cents: Cents
    words: StateWords
    session_id: UUID | None
    mediator_name: str = ""

    @property
    def undone(self) -> bool:
        """Whether the person took the pass back: it counts for nothing."""
        return self.words is STATES[RedemptionState.UNDONE]


def lines_shown(lines: Sequence[DayLine], names: dict[UUID, str]) -> tuple[LineShown, ...]:
    """Redemptions as a list tells them; without names, they are the reader's own."""
    return tuple(
        LineShown(
            line.redemption.id,
            serial_in(line.redemption.receipt),
            line.redemption.redeemed_at,
            Cents(line.redemption.amount_cents),
            STATES[line.state],
            line.session_id,
            names.get(line.redemption.mediator_id, ""),
        )
        for line in lines
    )


# ── The fields of a session ───────────────────────────────────────────────────────────────────────


def choices() -> dict[str, tuple[Choice, ...]]:
    """What the fields of a session offer."""
    return {"durations": DURATION_CHOICES, "kinds": KIND_CHOICES, "topics": TOPIC_CHOICES}


def blank_form(day: date | None = None) -> Form:
    """A form for the next pass, of today unless told otherwise."""
    on = day or started_on()
    return Form.blank(jour=on.isoformat(), genre=SessionKind.INDIVIDUAL)


def read_session(form: Form) -> ToldSession:
    """The fields of a session; what cannot be read is noted in the form."""
    kind = form.choice("genre", SessionKind)
    people = 1
    if kind is SessionKind.GROUP:
        people = form.integer("personnes", "Écrivez combien de personnes sont venues.")
    known = tuple(topic for topic in Topic if topic in form.texts("sujets"))
    minutes = form.integer("duree", "Choisissez une durée.")
    return ToldSession(minutes, kind, people, known)


def read_session_if_told(form: Form) -> ToldSession | None:
    """The session that a form tells of, if it does; half of one is not dropped in silence."""
    if form.text("duree"):
        return read_session(form)
    if form.texts("sujets") or form.text("personnes") or form.text("genre") == SessionKind.GROUP:
        form.wrong("duree", "Choisissez la durée de l’accompagnement, ou effacez ce qui le décrit.")
    return None


def told_in_words(told: ToldSession) -> str:
    """« 1 h 30, en groupe, 4 personnes, sécurité »."""
    who = FRENCH_SESSION_KIND[told.kind].lower()
    if told.kind is SessionKind.GROUP:
        who += f", {told.people_count}\u00a0personnes"
    topics = [FRENCH_TOPIC[topic].lower() for topic in told.topics]
    return ", ".join([duration_words(told.duration_minutes), who, *topics])


FIELD_OF = {
    "held_on": "jour",
    "lines": "lignes",
    "duration_minutes": "duree",
    "people_count": "personnes",
}


def record_told(
    session: Session, form: Form, told_session: ToldSession, on: date
) -> SupportSession:
    """Write the session down; its id follows from the form and from what is told."""
    try:
        return sessions.record_session(
            session,
            actor=current_actor(),
            session_id=uuid5(form.id, f"session {on} {told_session}"),
            held_on=on,
            duration_minutes=told_session.duration_minutes,
            kind=told_session.kind,
            people_count=told_session.people_count,
            topics=told_session.topics,
            now=started_at(),
        )
    except InvalidInput as refusal:
        raise in_fields_of_the_form(refusal) from None


def in_fields_of_the_form(refusal: InvalidInput) -> InvalidInput:
    """The same refusal under the names that the page gives to its fields."""
    fields = refusal.details["fields"]
    told_fields = fields if isinstance(fields, dict) else {}
    return InvalidInput(**{FIELD_OF.get(name, name): said for name, said in told_fields.items()})


# ── Sessions in a list ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SessionShown:
    """One session in a list."""

    session_id: UUID
    held_on: date
    duration: str
    who: str
    topics: str
    voucher_count: int
    amount_cents: Cents
    mediator_name: str


def sessions_shown(
    session: Session, held: Sequence[SupportSession], *, own: bool
) -> tuple[SessionShown, ...]:
    """Sessions as a list tells them."""
    ids = [one.id for one in held]
    topics = session_queries.topics_of(session, ids)
    paid = session_queries.passes_of(session, ids)
    names = {} if own else partners.organisation_names(session, {x.mediator_id for x in held})
    return tuple(
        SessionShown(
            one.id,
            one.held_on,
            duration_words(one.duration_minutes),
            FRENCH_SESSION_KIND[SessionKind(one.kind)]
            if one.people_count == 1
            else f"En groupe, {one.people_count}\u00a0personnes",
            ", ".join(FRENCH_TOPIC[topic] for topic in topics[one.id]),
            paid.get(one.id, (0, Cents(0)))[0],
            paid.get(one.id, (0, Cents(0)))[1],
            names.get(one.mediator_id, ""),
        )
        for one in held
    )


def is_uuid(value: str) -> bool:
    """Whether a box of the page was ticked, and not something else sent."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True


# ── What an address asks for ──────────────────────────────────────────────────────────────────────


def asked_day(name: str, today: date) -> tuple[date, str, tuple[FieldError, ...]]:
    """The day that the address asks for: today when it says none, and what to write instead."""
    typed = request.args.get(name, "").strip()[:20]
    day = read_day(typed) if typed else today
    if day is None or not FIRST_DAY <= day <= today:
        sentence = "Écrivez un jour comme 19/11/2026, au plus tard aujourd’hui."
        return today, typed, (FieldError(name, sentence),)
    return day, day.isoformat(), ()


def asked_mediator(session: Session) -> tuple[tuple[Choice, ...], UUID | None]:
    """The mediators that may be chosen, and the one that the address asks for."""
    if (scope := current_actor().scope) is not None:
        return (), scope
    known = {str(identity): name for identity, name in session_queries.mediators(session)}
    asked = request.args.get("mediateur", "")
    return (
        tuple(Choice(value, name) for value, name in known.items()),
        UUID(asked) if asked in known else None,
    )
