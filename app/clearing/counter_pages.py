"""The mediator's counter: taking passes, the day's list, receipts, undoing, sessions."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import queries, redemptions, session_queries, sessions
from app.clearing.api import signer_of
from app.clearing.errors import (
    OutsideValidity,
    SessionBeforeIssue,
    SessionInTheFuture,
    TooManyGuesses,
)
from app.clearing.models import Redemption, SupportSession
from app.clearing.receipt_papers import ReceiptPaper, receipt_pdf
from app.clearing.receipts import serial_in
from app.clearing.redemptions import Scan, Verdict
from app.clearing.rules import (
    FRENCH_SESSION_KIND,
    FRENCH_TOPIC,
    RedemptionState,
    SessionKind,
    Topic,
    instant_of,
)
from app.clearing.session_queries import DayLine, DayTotal
from app.identity import queries as identity
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.money import Cents
from app.kernel.text import read_day
from app.papers import qr
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.vouchers.errors import MistypedVoucherCode, UnknownVoucher
from app.web.auth import check, current_actor, started_at
from app.web.downloads import PDF, download
from app.web.format import compact, day_long, time_of_day
from app.web.forms import Form, done
from app.web.pages import Choice, FieldError
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("counter_pages", __name__)

LARGEST_TYPED = 100
"""Codes in one form: nobody types more, and a booklet has ten."""
SHOWN_BELOW = 5
A_PAGE = 50
LOOKING_BACK = timedelta(days=31)
MOST_SESSIONS = 100
DURATIONS = (30, 60, 90, 120, 180, 240)

TO_CORRECT = (
    MistypedVoucherCode,
    UnknownVoucher,
    TooManyGuesses,
    SessionInTheFuture,
    SessionBeforeIssue,
    OutsideValidity,
)
"""Refusals after which the same pass may be typed again, once a slip is corrected."""


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
    RedemptionState.UNDONE: StateWords(
        "", "Annulé", "La personne a repris son pass : rien n’est dû."
    ),
    RedemptionState.WITHDRAWN: StateWords(
        "warn",
        "Retiré d’un bordereau",
        "Il paraîtra sur un autre bordereau. On peut encore l’annuler.",
    ),
    RedemptionState.TAKEN_BACK: StateWords(
        "warn", "Repris", "CAP Nord a repris cet encaissement. Appelez la coordination."
    ),
}


UNDOABLE = frozenset({RedemptionState.OPEN, RedemptionState.WITHDRAWN})
"""On no statement now: the person can have the pass back."""


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


# ── Taking passes ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Answered:
    """One pass just judged: a serial number or, where it was refused, what was typed."""

    accepted: bool
    named: str
    sentence: str
    amount_cents: Cents
    redemption_id: UUID | None


@dataclass(frozen=True, slots=True)
class CounterPage:
    """The form, what was just answered, and what was taken today."""

    form: Form
    today: date
    answered: tuple[Answered, ...]
    taken: tuple[LineShown, ...]
    taken_count: int
    taken_cents: Cents
    session_id: UUID | None = None

    @property
    def accepted_count(self) -> int:
        """Passes of this form that were taken."""
        return sum(one.accepted for one in self.answered)

    @property
    def accepted_cents(self) -> Cents:
        """Their value."""
        return Cents(sum(one.amount_cents for one in self.answered))


@dataclass(frozen=True, slots=True)
class Taken:
    """What one sending of the form did."""

    typed: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    session_id: UUID | None


@bp.route("/encaisser", methods=["GET", "POST"])
def take() -> ResponseReturnValue:
    """Type codes, read the verdict. The codes are in the body: a code buys an hour of support.

    The answer is the page itself: sending the same form again gives the same verdicts.
    """
    check(Right.REDEEM)
    form = Form.sent() if request.method == "POST" else blank_form()
    taken: Taken | None = None
    if request.method == "POST":
        taken = form.submit(lambda session: take_typed(session, form))
    answered: tuple[Answered, ...] = ()
    if taken is not None:
        answered = tuple(map(told, taken.typed, taken.verdicts))
        form = form_after(form, taken)
    today = martinique_day(started_at())
    mediator_id = current_actor().organisation_id

    def read(session: Session) -> tuple[list[DayLine], list[DayTotal]]:
        lines = session_queries.day_lines(
            session, today, mediator_id=mediator_id, limit=SHOWN_BELOW
        )
        return lines, session_queries.day_totals(session, today, mediator_id=mediator_id)

    lines, totals = in_transaction(read)
    kept = [total for total in totals if total.state is not RedemptionState.UNDONE]
    page = CounterPage(
        form,
        today,
        answered,
        lines_shown(lines, {}),
        sum(total.voucher_count for total in kept),
        Cents(sum(total.amount_cents for total in kept)),
        taken.session_id if taken else None,
    )
    return render_template("clearing/take.html", page=page, **choices()), form.status


def choices() -> dict[str, tuple[Choice, ...]]:
    """What the fields of a session offer."""
    return {"durations": DURATION_CHOICES, "kinds": KIND_CHOICES, "topics": TOPIC_CHOICES}


def blank_form(day: date | None = None) -> Form:
    """A form for the next pass, of today unless told otherwise."""
    on = day or martinique_day(started_at())
    return Form.blank(jour=on.isoformat(), genre=SessionKind.INDIVIDUAL)


def take_typed(session: Session, form: Form) -> Taken:
    """Take the passes typed, and write the session down that they paid for, if one is told."""
    typed = tuple(line.strip() for line in form.text("codes").splitlines() if line.strip())
    on = form.day("jour")
    if not typed:
        form.wrong("codes", "Tapez le code d’un pass : 16 lettres et chiffres, sous le carré.")
    if len(typed) > LARGEST_TYPED:
        form.wrong("codes", f"Tapez au plus {LARGEST_TYPED} codes à la fois.")
    if on > martinique_day(started_at()):
        form.wrong("jour", "Écrivez le jour de la séance, au plus tard aujourd’hui.")
    told_session = read_session(form) if form.text("duree") else None
    form.check()
    now = started_at()
    at = now if on == martinique_day(now) else instant_of(max(on, FIRST_DAY), now=now)
    seen: Counter[str] = Counter()
    scans = []
    for line in typed:
        same = "".join(line.split()).upper()
        seen[same] += 1
        # The day belongs to the request: the same pass on a corrected day is another one.
        scans.append(Scan(uuid5(form.id, f"{on} {same} {seen[same]}"), line, at))
    actor = current_actor()
    verdicts = redemptions.redeem_vouchers(
        session,
        actor=actor,
        scans=scans,
        signer=signer_of(current_settings().key_dir),
        now=now,
    )
    paid = [v.redemption.id for v in verdicts if v.redemption is not None and not v.undone]
    held = None
    if told_session is not None and paid:
        held = record_told(session, form, told_session, on)
        sessions.link_redemptions(
            session, actor=actor, session_id=held.id, redemption_ids=paid, now=now
        )
    return Taken(typed, tuple(verdicts), held.id if held else None)


@dataclass(frozen=True, slots=True)
class ToldSession:
    """The session as the fields of a form tell it."""

    minutes: int
    kind: SessionKind
    people: int
    topics: tuple[Topic, ...]


def read_session(form: Form) -> ToldSession:
    """The fields of a session; what cannot be read is noted in the form."""
    kind = form.choice("genre", SessionKind)
    people = 1
    if kind is SessionKind.GROUP:
        people = form.integer("personnes", "Écrivez combien de personnes sont venues.")
    known = [topic for topic in Topic if topic in form.texts("sujets")]
    minutes = form.integer("duree", "Choisissez une durée.")
    return ToldSession(minutes, kind, people, tuple(known))


FIELD_OF = {
    "held_on": "jour",
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
            duration_minutes=told_session.minutes,
            kind=told_session.kind,
            people_count=told_session.people,
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


def told(typed: str, verdict: Verdict) -> Answered:
    """What the mediator reads of one pass."""
    if verdict.redemption is not None:
        sentence = "Annulé depuis : la personne a repris son pass." if verdict.undone else ""
        return Answered(
            not verdict.undone,
            serial_in(verdict.redemption.receipt),
            sentence,
            Cents(0 if verdict.undone else verdict.redemption.amount_cents),
            verdict.redemption.id,
        )
    refusal = verdict.refusal or DomainError()
    return Answered(
        accepted=False,
        named=typed[:60],
        sentence=refusal.message,
        amount_cents=Cents(0),
        redemption_id=None,
    )


def form_after(form: Form, taken: Taken) -> Form:
    """The form for what comes next: codes to correct stay typed, with their day and session."""
    left = [
        typed
        for typed, verdict in zip(taken.typed, taken.verdicts, strict=True)
        if isinstance(verdict.refusal, TO_CORRECT)
    ]
    if not left:
        return blank_form(read_day(form.text("jour")))
    kept = Form({**form.typed, "codes": ["\n".join(left)]}, form.id)
    kept.wrong("codes", "Corrigez ce qui reste ici, puis encaissez de nouveau.")
    return kept


# ── The day's list ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class DayPage:
    """The redemptions of a day. Fields sent by GET: `jour`, `mediateur`, `avant`."""

    on: date
    today: date
    asked_on: str
    errors: tuple[FieldError, ...]
    mediators: tuple[Choice, ...]
    mediator: str
    own: bool
    may_take: bool
    lines: tuple[LineShown, ...]
    totals: tuple[DayTotal, ...]
    session_count: int
    minutes: int
    more: str | None

    @property
    def kept(self) -> tuple[DayTotal, ...]:
        """What was not undone."""
        return tuple(t for t in self.totals if t.state is not RedemptionState.UNDONE)

    @property
    def count(self) -> int:
        """Passes taken and not undone."""
        return sum(total.voucher_count for total in self.kept)

    @property
    def cents(self) -> Cents:
        """Their value."""
        return Cents(sum(total.amount_cents for total in self.kept))

    def in_state(self, *states: str) -> int:
        """Passes that have come so far."""
        return sum(total.voucher_count for total in self.totals if total.state in states)

    @property
    def day_before(self) -> date:
        """The day before, for its link."""
        return self.on - timedelta(days=1)

    @property
    def day_after(self) -> date | None:
        """The day after, unless it has not come."""
        return self.on + timedelta(days=1) if self.on < self.today else None


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


@bp.get("/encaissements")
def day() -> ResponseReturnValue:
    """What was taken for a day: passes, sessions, euros, what can still be undone."""
    check(Right.SEE_REDEMPTIONS)
    today = martinique_day(started_at())
    on, asked_on, errors = asked_day("jour", today)
    before = request.args.get("avant", "")
    own = current_actor().scope is not None

    def read(session: Session) -> DayPage:
        mediators, mediator_id = asked_mediator(session)
        lines = session_queries.day_lines(
            session,
            on,
            mediator_id=mediator_id,
            before=int(before) if re.fullmatch(r"[0-9]{1,18}", before) else None,
            limit=A_PAGE + 1,
        )
        names = (
            {}
            if own
            else partners.organisation_names(session, {x.redemption.mediator_id for x in lines})
        )
        held = session_queries.sessions_of_day(session, on, mediator_id=mediator_id)
        further = lines[A_PAGE - 1].redemption.movement_id if len(lines) > A_PAGE else None
        chosen = str(mediator_id) if mediator_id and not own else ""
        return DayPage(
            on,
            today,
            asked_on,
            errors,
            mediators,
            chosen,
            own,
            Right.REDEEM in RIGHTS[current_actor().role],
            lines_shown(lines[:A_PAGE], names),
            tuple(session_queries.day_totals(session, on, mediator_id=mediator_id)),
            sum(count for count, _ in held.values()),
            sum(minutes for _, minutes in held.values()),
            url_for(".day", jour=on, mediateur=chosen or None, avant=further) if further else None,
        )

    page = in_transaction(read)
    status = 422 if errors else 200
    return render_template("clearing/day.html", page=page, duration=duration_words), status


# ── One redemption: its receipt, and undoing it ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RedemptionPage:
    """One redemption, its receipt, and whether this reader may undo it."""

    line: LineShown
    mediator_name: str
    recorded_by: str
    receipt: str
    movement_id: int
    on: date
    may_undo: bool
    undone: str
    """Who undid it, when and why."""
    address: str
    checking_page: str
    qr_side: int
    qr_path: str


def redemption_page(session: Session, redemption_id: UUID) -> RedemptionPage:
    """Read one redemption for its page.

    Raises:
        UnknownRedemption.
    """
    actor = current_actor()
    redemption = redemptions.known_redemption(session, actor=actor, redemption_id=redemption_id)
    line = session_queries.line_of(session, redemption_id)
    mediator = partners.organisation(session, redemption.mediator_id)
    address = url_for("receipt_pages.verify", r=redemption.receipt, _external=True)
    side, path = qr.on_screen(address, "L")
    return RedemptionPage(
        lines_shown([line], {})[0],
        mediator.name if mediator else "",
        recorded_by(session, redemption),
        redemption.receipt,
        redemption.movement_id,
        redemption.redeemed_on,
        line.state in UNDOABLE and Right.UNDO_REDEMPTION in RIGHTS[actor.role],
        undone_in_words(session, redemption),
        address,
        url_for("receipt_pages.verify", _external=True),
        side,
        path,
    )


def undone_in_words(session: Session, redemption: Redemption) -> str:
    """Who gave the person the pass back, when and why; nothing where nobody did."""
    made = queries.reversal_of(session, redemption.id)
    if made is None:
        return ""
    agent = identity.agent(session, made.reversed_by)
    own = agent is None or agent.organisation_id == redemption.mediator_id
    day = day_long(martinique_day(made.reversed_at))
    return f"{'Le médiateur' if own else 'CAP Nord'}, le {day} : {made.reason}"


def recorded_by(session: Session, redemption: Redemption) -> str:
    """Who took the pass: somebody of the mediator's, or CAP Nord in its name."""
    agent = identity.agent(session, redemption.redeemed_by)
    if agent is not None and agent.organisation_id != redemption.mediator_id:
        return "CAP Nord, d’après la feuille du médiateur"
    return "Le médiateur"


@bp.get("/encaissements/<uuid:redemption_id>")
def receipt(redemption_id: UUID) -> ResponseReturnValue:
    """The receipt of one redemption: what, when, how much, and the signature."""
    check(Right.SEE_REDEMPTIONS)
    page = in_transaction(lambda session: redemption_page(session, redemption_id))
    return render_template("clearing/receipt.html", page=page)


@bp.get("/encaissements/<uuid:redemption_id>/recu.pdf")
def receipt_on_paper(redemption_id: UUID) -> ResponseReturnValue:
    """The same on paper."""
    check(Right.SEE_REDEMPTIONS)

    def read(session: Session) -> tuple[RedemptionPage, bool, bool]:
        page = redemption_page(session, redemption_id)
        line = session_queries.line_of(session, redemption_id)
        undone = line.state is RedemptionState.UNDONE
        return page, undone, programmes.is_demonstration(session)

    page, undone, specimen = in_transaction(read)
    made = receipt_pdf(
        ReceiptPaper(
            page.mediator_name,
            page.line.serial,
            page.line.amount_cents,
            page.on,
            time_of_day(page.line.at),
            page.movement_id,
            page.receipt,
            page.address,
            page.checking_page,
            undone,
            specimen,
        )
    )
    return download(made, f"recu-{compact(page.line.serial)}.pdf", PDF)


@bp.route("/encaissements/<uuid:redemption_id>/annuler", methods=["GET", "POST"])
def undo(redemption_id: UUID) -> ResponseReturnValue:
    """Give the person the pass back, with a reason; the page asks before."""
    check(Right.UNDO_REDEMPTION)
    form = Form.sent() if request.method == "POST" else Form.blank()

    def act(session: Session) -> RedemptionPage:
        try:
            redemptions.undo_redemption(
                session,
                actor=current_actor(),
                reversal_id=form.id,
                redemption_id=redemption_id,
                reason=form.text("raison"),
                now=started_at(),
            )
        except InvalidInput as refusal:
            said = refusal.details["fields"]
            raise InvalidInput(raison=said["reason"] if isinstance(said, dict) else "") from None
        return redemption_page(session, redemption_id)

    if request.method == "POST" and (page := form.submit(act)) is not None:
        return done(
            url_for(".receipt", redemption_id=redemption_id),
            f"L’encaissement du pass {page.line.serial} est annulé. Rendez le pass à la personne : "
            "elle peut s’en resservir.",
        )
    page = in_transaction(lambda session: redemption_page(session, redemption_id))
    return render_template("clearing/undo.html", page=page, form=form), form.status


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────


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


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Sessions between two days. Fields sent by GET: `du`, `au`, `mediateur`."""

    since: date
    until: date
    asked_since: str
    asked_until: str
    errors: tuple[FieldError, ...]
    mediators: tuple[Choice, ...]
    mediator: str
    own: bool
    may_record: bool
    sessions: tuple[SessionShown, ...]
    full: bool


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


@bp.get("/seances")
def list_sessions() -> ResponseReturnValue:
    """The sessions of a month, the latest first."""
    check(Right.SEE_REDEMPTIONS)
    today = martinique_day(started_at())
    until, asked_until, wrong_until = asked_day("au", today)
    since, asked_since, wrong_since = asked_day("du", today)
    if not request.args.get("du"):
        since = max(until - LOOKING_BACK, FIRST_DAY)
        asked_since = since.isoformat()
    own = current_actor().scope is not None

    def read(session: Session) -> SessionsPage:
        mediators, mediator_id = asked_mediator(session)
        held = session_queries.latest_sessions(
            session, mediator_id=mediator_id, since=since, until=until, limit=MOST_SESSIONS + 1
        )
        return SessionsPage(
            since,
            until,
            asked_since,
            asked_until,
            (*wrong_since, *wrong_until),
            mediators,
            str(mediator_id) if mediator_id and not own else "",
            own,
            Right.REDEEM in RIGHTS[current_actor().role],
            sessions_shown(session, held[:MOST_SESSIONS], own=own),
            len(held) > MOST_SESSIONS,
        )

    page = in_transaction(read)
    return render_template("clearing/sessions.html", page=page), 422 if page.errors else 200


@dataclass(frozen=True, slots=True)
class NewSessionPage:
    """A session to note, with the day's passes that pay for none yet."""

    form: Form
    on: date
    free: tuple[LineShown, ...]


@bp.route("/seances/nouvelle", methods=["GET", "POST"])
def new_session() -> ResponseReturnValue:
    """Note a session, and tick the passes that paid for it."""
    check(Right.REDEEM)
    today = martinique_day(started_at())
    if request.method == "POST":
        form = Form.sent()
    else:
        on, _, _ = asked_day("jour", today)
        form = blank_form(on)

    def act(session: Session) -> SupportSession:
        on = form.day("jour")
        told_session = read_session(form)
        ids = [UUID(value) for value in form.texts("pass") if is_uuid(value)]
        form.check()
        held = record_told(session, form, told_session, on)
        return sessions.link_redemptions(
            session,
            actor=current_actor(),
            session_id=held.id,
            redemption_ids=ids,
            now=started_at(),
        )

    if request.method == "POST" and (held := form.submit(act)) is not None:
        return done(
            url_for(".read_session_page", session_id=held.id),
            f"La séance du {day_long(held.held_on)} est notée. Elle figure dans vos séances.",
        )
    on = read_day(form.text("jour")) or today

    def read(session: Session) -> tuple[DayLine, ...]:
        lines = session_queries.day_lines(
            session, on, mediator_id=current_actor().organisation_id, limit=A_PAGE
        )
        return tuple(
            line
            for line in lines
            if line.session_id is None and line.state is not RedemptionState.UNDONE
        )

    page = NewSessionPage(form, on, lines_shown(in_transaction(read), {}))
    return render_template("clearing/new_session.html", page=page, **choices()), form.status


def is_uuid(value: str) -> bool:
    """Whether a box of the page was ticked, and not something else sent."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session and the passes that paid for it."""

    session: SessionShown
    lines: tuple[LineShown, ...]


@bp.get("/seances/<uuid:session_id>")
def read_session_page(session_id: UUID) -> ResponseReturnValue:
    """One session, and the passes that paid for it."""
    check(Right.SEE_REDEMPTIONS)

    def read(session: Session) -> SessionPage:
        held = sessions.known_session(session, actor=current_actor(), session_id=session_id)
        own = current_actor().scope is not None
        lines = [
            session_queries.line_of(session, redemption_id)
            for redemption_id in session_queries.redemptions_of_session(session, session_id)
        ]
        [shown] = sessions_shown(session, [held], own=own)
        return SessionPage(shown, lines_shown(lines, {}))

    return render_template("clearing/session.html", page=in_transaction(read))
