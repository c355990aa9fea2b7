"""A hand-over as three steps: a person, their need, booklets and a place.

Each step has an address of its own, opened by GET: the browser's Back and a reload are harmless,
and what was typed is there again. Between the steps it rests in a draft (decision 0030): sealed,
its agent's alone, named by an opaque id, and forgotten with the hand-over or after a day. The id of
the draft becomes that of the hand-over.
"""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.drafts import Typed
from app.identity.rules import Right
from app.kernel.communes import COMMUNES
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.prescribers import people, queries
from app.prescribers.handover_drafts import PERSON, give_up, keep, opened, person_of
from app.prescribers.handover_parts import (
    REASONS,
    Said,
    StepPage,
    booklets_typed,
    check_need,
    choices,
    hand_over,
    person_typed,
    step_page,
)
from app.prescribers.letter_files import commitment_file
from app.prescribers.models import Beneficiary, BeneficiaryIdentity
from app.prescribers.people import AlreadyKnown
from app.prescribers.positions import used_up
from app.prescribers.prescriptions import alike_in_words
from app.prescribers.rules import (
    ENGAGEMENTS,
    FRENCH_COMMITMENT,
    QUESTIONS,
    Commitment,
)
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.auth import check, current_actor, started_at, started_on
from app.web.drafts import typed_in_request
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("handover_steps", __name__)

WRONG = "!"
"""In a draft, before the names of a step and of a field: what to write there instead."""
GIVEN_UP = "La remise est abandonnée : rien n’en est gardé."
GIVEN_UP_NOTED = (
    "La remise est abandonnée : ses réponses sont effacées. La personne reste connue de votre "
    "structure ; son nom la retrouve à sa prochaine visite."
)
ANOTHER = "Choisissez l’autre personne : rien n’est gardé pour la première."
FIELDS = {
    "person": (
        "recherche",
        "surname",
        "first_name",
        "birth_year",
        "commune",
        "public",
        "phone",
        "email",
        "autre",
    ),
    "need": (
        *(f"q{place}" for place in range(len(QUESTIONS.questions))),
        "signature",
        "engagement",
        "atteste",
        "declares",
    ),
    "booklet": ("carnets", "doublon", "renouvellement", "exception", "tardive", "lieu"),
}


# ── The draft ─────────────────────────────────────────────────────────────────────────────────────


def merged(kept: Typed, step: str) -> Typed:
    """What was kept, with the fields of this step as they have just been sent."""
    sent = typed_in_request()
    names = FIELDS[step]
    rest = {n: v for n, v in kept.items() if n not in names and not n.startswith(WRONG)}
    return rest | {name: sent[name] for name in names if name in sent}


def form_of(typed: Typed, draft_id: UUID, step: str) -> Form:
    """The form of a step as it was left: what was typed, and what to write instead."""
    # Nothing is proposed, but what an expired sign-in has cut short.
    form = Form(Form.blank(**typed).typed, draft_id)
    for name, sentences in typed.items():
        if name.startswith(f"{WRONG}{step} "):
            form.wrong(name.removeprefix(f"{WRONG}{step} "), sentences[0])
    return form


def with_errors(typed: Typed, form: Form, step: str) -> Typed:
    """What is kept of a form that was refused."""
    order = FIELDS[step]
    errors = sorted(form.errors, key=lambda e: order.index(e.field) if e.field in order else -1)
    return typed | {f"{WRONG}{step} {error.field}": [error.sentence] for error in errors}


def step(endpoint: str, draft_id: UUID) -> ResponseReturnValue:
    """Go to a step: what was sent becomes an address that can be opened again."""
    return redirect(url_for(f".{endpoint}", draft_id=draft_id), HTTPStatus.SEE_OTHER)


def gone(draft_id: UUID) -> ResponseReturnValue:
    """A hand-over that is no draft any more: done, and shown; or forgotten, and begun anew."""
    made = in_transaction(lambda session: queries.prescription(session, draft_id))
    if made is not None and current_actor().sees(made.prescriber_id):
        return redirect(
            url_for("handover_pages.shown", prescription_id=made.id), HTTPStatus.SEE_OTHER
        )
    return done(
        url_for(".person"),
        "Cette remise n’est plus en cours : elle est gardée un jour au plus. Recommencez.",
    )


# ── Step 1: the person ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a hand-over under way is for."""

    id: UUID
    name: str
    birth_year: int
    commune: str
    public: str
    answered: bool
    """Whether answers of theirs would be lost with another choice."""


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Who is in front of the agent: found by name, or registered."""

    communes: tuple[Choice, ...]
    publics: tuple[Choice, ...]
    draft_id: UUID | None
    searched: str
    found: tuple[tuple[Beneficiary, BeneficiaryIdentity], ...]
    alike: AlreadyKnown | None
    elsewhere: tuple[str, ...]
    served: frozenset[UUID]
    """Those of one's own who have received a booklet before: a renewal asks them less."""
    used_up: frozenset[UUID]
    """Those of them to whom another booklet is an exception."""
    chosen: Chosen | None
    asks: bool
    """Whether somebody may be searched and typed here: not while somebody is chosen."""


@bp.get("/remises/nouvelle")
def person() -> ResponseReturnValue:
    """The first step, before anything is typed."""
    check(Right.ISSUE_BOOKLETS)
    return person_page(Form.blank(), None, None)


@bp.get("/remises/nouvelle/<uuid:draft_id>")
def person_again(draft_id: UUID) -> ResponseReturnValue:
    """The first step as it was left: people found, somebody alike, or what to write instead."""
    check(Right.ISSUE_BOOKLETS)
    typed = in_transaction(lambda session: opened(session, draft_id))
    if typed is None:
        return gone(draft_id)
    return person_page(form_of(typed, draft_id, "person"), draft_id, person_of(typed))


@bp.get("/remises/nouvelle/<uuid:draft_id>/suite")
def go_on(draft_id: UUID) -> ResponseReturnValue:
    """Go on with a hand-over under way: the first step that is not done."""
    check(Right.ISSUE_BOOKLETS)
    typed = in_transaction(lambda session: opened(session, draft_id))
    if typed is None:
        return gone(draft_id)
    # Step 3 sends back to step 2 while an answer is missing there.
    return step("booklet" if person_of(typed) else "person_again", draft_id)


def person_page(form: Form, draft_id: UUID | None, who: UUID | None) -> ResponseReturnValue:
    """The page of the first step. A name is typed in forms, and stands in no address."""

    def read(session: Session) -> PersonPage:
        searched, chosen = form.text("recherche")[:80], chosen_of(session, form, who)
        asks = chosen is None or bool(searched or form.errors)
        alike = alike_to(session, form) if draft_id and asks else None
        found = people.found_by_name(session, actor=current_actor(), typed=searched)
        own = [known.id for known, _ in (*found, *(alike.own if alike else ()))]
        served = frozenset(queries.last_hand_overs(session, own))
        return PersonPage(
            communes=tuple(Choice(c.name, c.name) for c in COMMUNES),
            publics=choices(FRENCH_PUBLIC),
            draft_id=draft_id,
            searched=searched,
            found=tuple(found),
            alike=alike or None,
            elsewhere=tuple(map(alike_in_words, alike.elsewhere)) if alike else (),
            served=served,
            used_up=frozenset(used_up(session, served, on=started_on())),
            chosen=chosen,
            asks=asks,
        )

    page = in_transaction(read)
    return render_template(
        "handovers/person.html", page=page, form=form, french_public=FRENCH_PUBLIC
    ), form.status


def chosen_of(session: Session, form: Form, who: UUID | None) -> Chosen | None:
    """Whom step 1 has settled on, while they are known here."""
    known = queries.people_of(session, current_actor().organisation_id, [who] if who else [])
    for person, told in known.values():
        return Chosen(
            person.id,
            f"{told.first_name} {told.surname}",
            told.birth_year,
            told.commune,
            FRENCH_PUBLIC[Public(person.public)],
            any(form.text(name) for name in (*FIELDS["need"], *FIELDS["booklet"])),
        )
    return None


def alike_to(session: Session, form: Form) -> AlreadyKnown | None:
    """Who may be the person just typed, but the one that this very draft has registered."""
    year = form.text("birth_year")
    if not (form.text("surname") and form.text("first_name") and year.isdigit()):
        return None
    return people.already_known(
        session,
        actor=current_actor(),
        surname=form.text("surname"),
        first_name=form.text("first_name"),
        birth_year=int(year[:4]),
        besides=registered_as(form.id, form.text("public")),
    )


def registered_as(draft_id: UUID, public: str) -> UUID:
    """The id of the person whom a draft registers: a slip put right makes nobody twice."""
    return uuid5(draft_id, f"person {public}")


@bp.post("/remises/nouvelle")
def send_person() -> ResponseReturnValue:
    """Search a name, choose somebody found, or register somebody new."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent()

    def work(session: Session) -> str:
        if queries.prescription(session, form.id) is not None:
            # An old page, opened again after its hand-over was made: this is another one.
            form.id = new_id()
        kept = opened(session, form.id) or {}
        typed = merged(kept, "person")
        if form.text("geste") == "chercher":
            keep(session, form.id, typed | {"recherche": [form.text("recherche")[:80]]})
            return "person_again"
        if form.text("geste") == "abandonner":
            return GIVEN_UP_NOTED if give_up(session, form.id) else GIVEN_UP
        if form.text("geste") == "changer":
            # Another id, too: whom this one has registered stays who they are.
            give_up(session, form.id)
            return ANOTHER
        typed.pop("recherche", None)
        chosen = chosen_person(session, form)
        if chosen is None and not (chosen := registered(session, form, typed)):
            return "person_again"
        keep(session, form.id, typed | {PERSON: [str(chosen)]})
        return "need"

    then = in_transaction(work)
    if then in {GIVEN_UP, GIVEN_UP_NOTED}:
        return done(url_for("handover_pages.listed"), then)
    if then == ANOTHER:
        return done(url_for(".person"), then)
    return step(then, form.id)


def chosen_person(session: Session, form: Form) -> UUID | None:
    """The person chosen in a list, who must be one of the agent's own."""
    if form.text("geste") != "choisir":
        return None
    known = people.known_beneficiary(
        session,
        actor=current_actor(),
        beneficiary_id=form.uuid(PERSON),
    )
    return known.id


def registered(session: Session, form: Form, typed: Typed) -> UUID | None:
    """Register whoever was typed; None when something is to be put right, and the draft says it."""
    told = Form(typed, form.id)
    try:
        with session.begin_nested():
            return _register(session, told)
    except DomainError as refusal:
        told.refuse(refusal)
        keep(session, form.id, with_errors(typed, told, "person"))
        return None


def _register(session: Session, form: Form) -> UUID:
    who = person_typed(form)
    public = form.choice("public", Public, "Choisissez sa situation.")
    form.note(people.what_is_wrong(who, public=public, now=started_at()))
    form.check()
    if alike_to(session, form) and not form.checked("autre"):
        form.wrong("autre", "Cette personne est peut-être déjà connue. Choisissez-la, ou cochez.")
    form.check()
    beneficiary_id, actor = registered_as(form.id, public), current_actor()
    if queries.identity(session, beneficiary_id) is not None:
        people.rectify_beneficiary(
            session, actor=actor, beneficiary_id=beneficiary_id, person=who, now=started_at()
        )
        return beneficiary_id
    return people.register_beneficiary(
        session,
        actor=actor,
        beneficiary_id=beneficiary_id,
        public=public,
        person=who,
        now=started_at(),
    ).id


# ── Step 2: the need ──────────────────────────────────────────────────────────────────────────────


@bp.get("/remises/nouvelle/<uuid:draft_id>/besoin")
def need(draft_id: UUID) -> ResponseReturnValue:
    """The assessment, the commitment, and what a registered job seeker declares."""
    check(Right.ISSUE_BOOKLETS)

    def read(session: Session) -> tuple[Typed, StepPage | None] | None:
        typed = opened(session, draft_id)
        if typed is None:
            return None
        who = person_of(typed)
        return typed, step_page(session, draft_id, who) if who else None

    found = in_transaction(read)
    if found is None:
        return gone(draft_id)
    typed, page = found
    if page is None:
        return step("person_again", draft_id)
    form = form_of(typed, draft_id, "need")
    return render_template(
        "handovers/need.html",
        page=page,
        form=form,
        questions=QUESTIONS.questions,
        engagements=ENGAGEMENTS,
        commitments=choices(FRENCH_COMMITMENT),
    ), form.status


@bp.post("/remises/nouvelle/<uuid:draft_id>/besoin")
def send_need(draft_id: UUID) -> ResponseReturnValue:
    """Keep what was answered; go on when nothing is missing."""
    check(Right.ISSUE_BOOKLETS)

    def work(session: Session) -> str | None:
        kept = opened(session, draft_id)
        if kept is None or (who := person_of(kept)) is None:
            return None
        typed = merged(kept, "need")
        form = Form(typed, draft_id)
        check_need(
            form, people.known_beneficiary(session, actor=current_actor(), beneficiary_id=who)
        )
        keep(session, draft_id, with_errors(typed, form, "need"))
        return "need" if form.errors else "booklet"

    then = in_transaction(work)
    return step(then, draft_id) if then else gone(draft_id)


def answers_of(form: Form) -> str:
    """The figures of the assessment, one a question."""
    return "".join(form.text(f"q{place}") for place in range(len(QUESTIONS.questions)))


def said_in_steps(form: Form) -> Said:
    """What step 2 has kept."""
    return Said(answers_of(form), Commitment(form.text("signature")), form.checked("declares"))


@bp.get("/remises/nouvelle/<uuid:draft_id>/engagement.pdf")
def commitment_pdf(draft_id: UUID) -> ResponseReturnValue:
    """The form that a person signs on paper."""
    check(Right.ISSUE_BOOKLETS)

    who = in_transaction(lambda session: person_of(opened(session, draft_id) or {}))
    return commitment_file(who) if who else gone(draft_id)


# ── Step 3: the booklets and the place ────────────────────────────────────────────────────────────


@bp.get("/remises/nouvelle/<uuid:draft_id>/carnet")
def booklet(draft_id: UUID) -> ResponseReturnValue:
    """Booklets and a place, once the need is known."""
    check(Right.ISSUE_BOOKLETS)

    def read(session: Session) -> tuple[Form, StepPage | None] | None:
        typed = opened(session, draft_id)
        if typed is None or (who := person_of(typed)) is None:
            return None
        known = people.known_beneficiary(session, actor=current_actor(), beneficiary_id=who)
        asked = Form(typed, draft_id)
        check_need(asked, known)
        form = form_of(typed, draft_id, "booklet")
        if asked.errors:
            return form, None
        return form, step_page(session, draft_id, who, answers_of(form))

    found = in_transaction(read)
    if found is None:
        return gone(draft_id)
    form, page = found
    if page is None:
        return step("need", draft_id)
    return render_template(
        "handovers/booklet.html",
        page=page,
        form=form,
        asked_count=len(booklets_typed(form)),
        lists=REASONS,
    ), form.status


@bp.post("/remises/nouvelle/<uuid:draft_id>/carnet")
def send_booklet(draft_id: UUID) -> ResponseReturnValue:
    """The act; what is refused is kept, with the reason beside its field."""
    check(Right.ISSUE_BOOKLETS)
    kept = in_transaction(lambda session: opened(session, draft_id))
    if kept is None or (who := person_of(kept)) is None:
        return gone(draft_id)
    typed = merged(kept, "booklet")
    form = Form(typed, draft_id)
    if (made := form.submit(hand_over(who, form, partial(said_in_steps, form)))) is not None:
        return done(
            url_for("handover_pages.shown", prescription_id=made.id),
            f"La remise {made.number} est enregistrée. Imprimez la lettre et donnez-la.",
        )
    in_transaction(lambda session: keep(session, draft_id, with_errors(typed, form, "booklet")))
    return step("booklet", draft_id)
