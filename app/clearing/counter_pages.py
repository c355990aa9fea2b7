"""The mediator's counter: taking passes, and the day's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import redemptions, session_queries, sessions
from app.clearing.api import signer_of
from app.clearing.counter_parts import (
    LineShown,
    SessionShown,
    asked_day,
    asked_mediator,
    blank_form,
    choices,
    duration_words,
    is_uuid,
    lines_shown,
    read_session_if_told,
    record_told,
    sessions_shown,
)
from app.clearing.errors import (
    CodeTypedTwice,
    OutsideValidity,
    SessionBeforeIssue,
    SessionInTheFuture,
    TooManyGuesses,
    VoucherAlreadyRedeemed,
)
from app.clearing.receipts import serial_in
from app.clearing.redemptions import ELSEWHERE, Scan, Verdict
from app.clearing.rules import (
    RedemptionState,
    instant_of,
)
from app.clearing.session_queries import DayLine, DayTotal, Untold
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel import codes
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.errors import DomainError
from app.kernel.money import Cents
from app.kernel.text import read_day
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes.queries import is_demonstration
from app.vouchers.errors import (
    CoverInsteadOfPass,
    MistypedVoucherCode,
    NotATrainingPaper,
    TrainingPaper,
    UnknownVoucher,
)
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.forms import Form
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice, FieldError
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("counter_pages", __name__)

LARGEST_TYPED = 100
"""Codes in one form: nobody types more, and a booklet has ten."""
SHOWN_BELOW = 5
A_PAGE = 50

TO_CORRECT = (
    MistypedVoucherCode,
    UnknownVoucher,
    TrainingPaper,
    NotATrainingPaper,
    CoverInsteadOfPass,
    TooManyGuesses,
    SessionInTheFuture,
    SessionBeforeIssue,
    OutsideValidity,
)
"""Refusals after which the same pass may be typed again, once a slip is corrected."""


# ── Taking passes ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Answered:
    """One pass just judged: a serial number or, where it was refused, what was typed."""

    accepted: bool
    named: str
    sentence: str
    amount_cents: Cents
    redemption_id: UUID | None
    disputed_as: UUID | None = None
    """The attempt, where another mediator has taken the pass: it may be claimed."""


@dataclass(frozen=True, slots=True)
class CounterPage:
    """The form, what was just answered, and what was taken today."""

    form: Form
    today: date
    answered: tuple[Answered, ...]
    taken: tuple[LineShown, ...]
    taken_count: int
    taken_cents: Cents
    untold: Sequence[Untold]
    session_id: UUID | None = None
    support: SessionShown | None = None
    """The session under way, to which the passes taken here are added."""
    supports: tuple[SessionShown, ...] = ()
    """Today's, to go on with one."""

    @property
    def to_tell(self) -> tuple[UUID, ...]:
        """Passes just taken that no session says what they paid for."""
        if self.session_id is not None:
            return ()
        return tuple(o.redemption_id for o in self.answered if o.accepted and o.redemption_id)

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
    today = started_on()
    mediator_id = current_actor().organisation_id

    def read(session: Session) -> CounterPage:
        lines = session_queries.day_lines(
            session, today, Place(SHOWN_BELOW), mediator_id=mediator_id
        )
        totals = session_queries.day_totals(session, today, mediator_id=mediator_id)
        kept = [total for total in totals if total.state is not RedemptionState.UNDONE]
        held = session_queries.latest_sessions(
            session, Place(SHOWN_BELOW), mediator_id=mediator_id, since=today, until=today
        )
        shown = sessions_shown(session, held, own=True)
        return CounterPage(
            form,
            today,
            answered,
            lines_shown(lines, {}),
            sum(total.voucher_count for total in kept),
            Cents(sum(total.amount_cents for total in kept)),
            session_queries.untold_sessions(session, mediator_id=mediator_id),
            taken.session_id if taken else None,
            under_way(session),
            shown,
        )

    page = in_transaction(read)
    return render_template("clearing/take.html", page=page, **choices()), form.status


def under_way(session: Session) -> SessionShown | None:
    """The session that the address or the form names: passes taken are of its day, and go there."""
    asked = request.values.get("seance", "")
    if not is_uuid(asked):
        return None
    held = sessions.known_session(session, actor=current_actor(), session_id=UUID(asked))
    return sessions_shown(session, [held], own=True)[0]


def take_typed(session: Session, form: Form) -> Taken:
    """Take the passes typed, and write the session down that they paid for, if one is told."""
    typed = tuple(line.strip() for line in form.text("codes").splitlines() if line.strip())
    on = form.day("jour")
    if not typed:
        form.wrong("codes", "Tapez le code d’un pass : 16 lettres et chiffres, sous le carré.")
    if len(typed) > LARGEST_TYPED:
        form.wrong("codes", f"Tapez au plus {LARGEST_TYPED} codes à la fois.")
    if on > started_on():
        form.wrong("jour", "Écrivez le jour de l’accompagnement, au plus tard aujourd’hui.")
    told_session = read_session_if_told(form)
    form.check()
    now = started_at()
    support = under_way(session)
    at = now if on == martinique_day(now) else instant_of(max(on, FIRST_DAY), now=now)
    first: dict[str, int] = {}
    for place, line in enumerate(typed, start=1):
        first.setdefault(as_read(line), place)
    actor = current_actor()
    judged = redemptions.redeem_vouchers(
        session,
        actor=actor,
        # The day belongs to the request: the same pass on a corrected day is another one.
        scans=[
            Scan(uuid5(form.id, f"{on} {code}"), typed[place - 1], at)
            for code, place in first.items()
        ],
        signer=signer_of(current_settings().key_dir),
        now=now,
    )
    by_place = dict(zip(first.values(), judged, strict=True))
    verdicts = [
        by_place[place]
        if place in by_place
        else Verdict(form.id, refusal=CodeTypedTwice(line=first[as_read(line)]))
        for place, line in enumerate(typed, start=1)
    ]
    paid = [v.redemption.id for v in verdicts if v.redemption is not None and not v.undone]
    held_id = support.session_id if support else None
    if told_session is not None and paid:
        held_id = record_told(session, form, told_session, on).id
    if held_id is not None:
        sessions.link_redemptions(
            session, actor=actor, session_id=held_id, redemption_ids=paid, now=now
        )
    return Taken(typed, tuple(verdicts), held_id)


def as_read(line: str) -> str:
    """A code however it was typed; what is none, without the spaces that people put in."""
    try:
        return codes.read(line)
    except codes.MistypedCode:
        return "".join(line.split()).upper()


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
        disputed_as=verdict.redemption_id if taken_elsewhere(refusal) else None,
    )


def taken_elsewhere(refusal: DomainError) -> bool:
    """Whether another mediator has taken the pass."""
    told = isinstance(refusal, VoucherAlreadyRedeemed)
    return told and refusal.details.get("where") == ELSEWHERE


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
    list: Listed[LineShown]
    totals: tuple[DayTotal, ...]
    untold: Sequence[Untold]
    session_count: int
    minutes: int

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


def _asked(session: Session, form: Form) -> tuple[date, UUID | None]:
    """The day and the mediator of the address."""
    on, _, errors = asked_day("jour", started_on())
    form.note({error.field: error.sentence for error in errors})
    known, mediator_id = asked_mediator(session)
    form.among("mediateur", {choice.value: None for choice in known})
    return on, mediator_id


def _found(session: Session, form: Form, place: Place) -> list[DayLine]:
    on, mediator_id = _asked(session, form)
    return session_queries.day_lines(session, on, place, mediator_id=mediator_id)


def _lines(session: Session, found: Sequence[DayLine]) -> tuple[LineShown, ...]:
    ids = {line.redemption.mediator_id for line in found}
    return lines_shown(found, partners.organisation_names(session, ids))


REDEMPTIONS = Listing(
    "counter_pages.day",
    name="encaissements",
    title="Encaissements",
    columns=(
        Column[LineShown]("Pass", lambda line: line.serial, width=18),
        Column("Heure", lambda line: line.at, Kind.MOMENT, "heure"),
        Column("Médiateur", lambda line: line.mediator_name, width=36),
        Column("Accompagnement", lambda line: "noté" if line.session_id else "à noter"),
        Column("État", lambda line: line.words.label, width=24),
        Column("Valeur (€)", lambda line: line.amount_cents, Kind.EUROS),
    ),
    filters=("jour", "mediateur"),
    found=_found,
    told=_lines,
    first="-heure",
    lines=A_PAGE,
)


@bp.get("/encaissements")
def day() -> ResponseReturnValue:
    """What was taken for a day: passes, sessions, euros, what can still be undone."""
    check(Right.SEE_REDEMPTIONS)
    today = started_on()
    on, asked_on, errors = asked_day("jour", today)
    own = current_actor().scope is not None

    def read(session: Session) -> DayPage:
        mediators, mediator_id = asked_mediator(session)
        held = session_queries.sessions_of_day(session, on, mediator_id=mediator_id)
        return DayPage(
            on,
            today,
            asked_on,
            errors,
            mediators,
            str(mediator_id) if mediator_id and not own else "",
            own,
            may(Right.REDEEM),
            REDEMPTIONS.page(session, hidden=frozenset({"Médiateur"} if own else ())),
            tuple(session_queries.day_totals(session, on, mediator_id=mediator_id)),
            session_queries.untold_sessions(session, mediator_id=mediator_id) if own else (),
            sum(count for count, _ in held.values()),
            sum(minutes for _, minutes in held.values()),
        )

    page = in_transaction(read)
    status = 422 if errors else 200
    return render_template("clearing/day.html", page=page, duration=duration_words), status


@bp.get("/encaissements.<any(csv, xlsx):ending>")
def day_file(ending: str) -> ResponseReturnValue:
    """The redemptions of the address, all of them."""
    check(Right.SEE_REDEMPTIONS)
    return REDEMPTIONS.file(ending, is_demonstration)
