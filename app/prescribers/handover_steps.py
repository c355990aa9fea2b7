"""A hand-over as three steps: a person, their need, booklets and a place.

Each step has an address of its own, opened by GET: the browser's Back and a reload are harmless,
and what was typed is there again. Between the steps it rests in a draft (decision 0030): sealed,
its agent's alone, named by an opaque id, and forgotten with the hand-over or after a day. The id of
the draft becomes that of the hand-over.
"""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.drafts import Typed
from app.identity.rules import Right
from app.kernel.communes import COMMUNES
from app.kernel.errors import DomainError
from app.prescribers import people, queries
from app.prescribers.handover_drafts import (
    FIELDS,
    PERSON,
    WRONG,
    answered,
    give_up,
    keep,
    opened,
    person_of,
)
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
from app.prescribers.handover_persons import (
    ANOTHER_PERSON,
    FIRST,
    SAME_PERSON,
    WHO,
    First,
    begun_apart,
    first_asked,
    first_of,
    free_id,
    is_somebody_else,
    registered_as,
    said_of_first,
    typed_apart,
)
from app.prescribers.letter_files import commitment_file
from app.prescribers.models import Beneficiary, BeneficiaryIdentity
from app.prescribers.people import AlreadyKnown, Person
from app.prescribers.positions import given_to, used_up
from app.prescribers.prescriptions import alike_in_words
from app.prescribers.rules import (
    ENGAGEMENTS,
    FRENCH_COMMITMENT,
    QUESTIONS,
    Commitment,
)
from app.programmes.rules import FRENCH_ONE_OF, FRENCH_PUBLIC, Public
from app.web.auth import check, current_actor, started_at, started_on
from app.web.drafts import typed_in_request
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("handover_steps", __name__)

GIVEN_UP = "La remise est abandonnée : rien n’en est gardé."
GIVEN_UP_NOTED = (
    "La remise est abandonnée : ses réponses sont effacées. La personne reste connue de votre "
    "structure ; son nom la retrouve à sa prochaine visite."
)
ALIKE = "Cette personne est peut-être déjà connue. Choisissez-la, ou cochez."
ANOTHER = "Choisissez l’autre personne : rien n’est gardé pour la première."


# ── The draft ─────────────────────────────────────────────────────────────────────────────────────


def merged(kept: Typed, step: str, sent: Typed | None = None) -> Typed:
    """What was kept, with the fields of this step as they have just been sent."""
    sent = typed_in_request() if sent is None else sent
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
    first: First | None
    """Whose hand-over was under way on the page where somebody else seems to have been typed."""
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
        first = first_asked(session, form)
        asks = chosen is None or bool(searched or form.errors)
        alike = alike_to(session, form) if draft_id and asks and not first else None
        found = people.found_by_name(session, actor=current_actor(), typed=searched)
        own = [known.id for known, _ in (*found, *(alike.own if alike else ()))]
        served = frozenset(queries.last_hand_overs(session, own))
        return PersonPage(
            communes=tuple(Choice(c.name, c.name) for c in COMMUNES),
            publics=publics_offered(session) if asks or first else (),
            draft_id=draft_id,
            searched=searched,
            found=tuple(found),
            alike=alike or None,
            elsewhere=tuple(map(alike_in_words, alike.elsewhere)) if alike else (),
            served=served,
            used_up=frozenset(used_up(session, served, on=started_on())),
            chosen=chosen,
            first=first,
            asks=asks,
        )

    page = in_transaction(read)
    return render_template(
        "handovers/person.html", page=page, form=form, french_public=FRENCH_PUBLIC
    ), form.status


SAID_OF = {
    Public.REGISTERED_JOB_SEEKER: ", s’il n’a pas déjà le Pass numérique de France Travail",
    Public.OTHER: ", compté à part",
}
"""What is to be known of a public before it is chosen."""


def publics_offered(session: Session) -> tuple[Choice, ...]:
    """The publics to choose from, each with what one person of it may receive."""
    given = given_to(session, on=started_on())
    return tuple(
        Choice(
            str(public),
            words,
            f"{given[public]}{SAID_OF.get(public, '')}"
            if public in given
            else "Aucun carnet prévu",
        )
        for public, words in FRENCH_ONE_OF.items()
    )


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
            answered(form.typed),
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


@dataclass(frozen=True, slots=True)
class Then:
    """Where step 1 leads, and what is said of it there."""

    step: str
    said: str = ""


@bp.post("/remises/nouvelle")
def send_person() -> ResponseReturnValue:
    """Search a name, choose somebody found, or register somebody new."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent()

    def work(session: Session) -> Then:
        form.id = free_id(session, form.id)
        kept = opened(session, form.id) or {}
        act = form.text("geste")
        if act == "chercher":
            searched = {"recherche": [form.text("recherche")[:80]]}
            keep(session, form.id, merged(kept, "person") | searched)
            return Then("person_again")
        if act == "abandonner":
            known = give_up(session, form.id)
            return Then("handover_pages.listed", GIVEN_UP_NOTED if known else GIVEN_UP)
        if act == "changer":
            # Another id, too: whom this one has registered stays who they are.
            give_up(session, form.id)
            return Then(".person", ANOTHER)
        return choose(session, form, kept) if act == "choisir" else note(session, form, kept)

    then = in_transaction(work)
    if "." in then.step:
        return done(url_for(then.step), then.said)
    if then.said:
        return done(url_for(f".{then.step}", draft_id=form.id), then.said)
    return step(then.step, form.id)


def choose(session: Session, form: Form, kept: Typed) -> Then:
    """The person chosen in a list, who must be one of the agent's own."""
    chosen = people.known_beneficiary(
        session, actor=current_actor(), beneficiary_id=form.uuid(PERSON)
    ).id
    typed, said = merged(kept, "person"), ""
    first = first_of(session, form.id, kept)
    if first is not None and first.id != chosen:
        form.id, said = begun_apart(session, form.id, kept, first, chosen)
        typed = opened(session, form.id) or {}
    typed.pop(FIRST, None)
    keep(session, form.id, typed | {PERSON: [str(chosen)]})
    return Then("need", said)


def note(session: Session, form: Form, kept: Typed) -> Then:
    """Register whoever was typed; whoever is not the person of this hand-over gets another one."""
    typed = merged(kept, "person")
    typed.pop("recherche", None)
    if FIRST in kept:
        first_id, answer = UUID(kept[FIRST][0]), form.text(WHO)
        if answer == SAME_PERSON:
            return put_right(session, form, typed, first_id)
        if answer != ANOTHER_PERSON:
            keep(session, form.id, typed)
            return Then("person_again")
        typed.pop(FIRST)
        return noted(session, form, typed, said_of_first(session, first_id))
    first = first_of(session, form.id, kept)
    if first is None or not is_somebody_else(session, first, form):
        return noted(session, form, typed)
    form.id = typed_apart(session, form, merged({}, "person"))
    return Then("go_on")


def noted(session: Session, form: Form, typed: Typed, said: str = "") -> Then:
    """Register whoever was typed; what is to be put right is kept, and said beside its field."""
    told = Form(typed, form.id)
    try:
        with session.begin_nested():
            who, public = person_read(told)
            if alike_to(session, told) and not told.checked("autre"):
                told.wrong("autre", ALIKE)
            told.check()
            person_id = written(session, form.id, who, public)
    except DomainError as refusal:
        return refused(session, told, refusal)
    keep(session, form.id, typed | {PERSON: [str(person_id)]})
    return Then("need", said)


def put_right(session: Session, form: Form, typed: Typed, first_id: UUID) -> Then:
    """The person typed is the first one, misspelt there: their hand-over goes on with this name."""
    kept = opened(session, first_id) or {}
    first = first_of(session, first_id, kept)
    if first is None:
        # Purged, or given up and known from a list: nobody is left to be put right.
        return noted(session, form, {name: typed[name] for name in typed if name != FIRST})
    told = Form(typed, form.id)
    try:
        with session.begin_nested():
            who, public = person_read(told, None if first.noted_here else first.public)
            person_id = first.id
            if first.noted_here:
                person_id = written(session, first_id, who, public)
            else:
                rectified(session, first.id, who)
    except DomainError as refusal:
        return refused(session, told, refusal)
    give_up(session, form.id)
    form.id = first_id
    if queries.prescription(session, first_id) is None:
        keep(session, first_id, merged(kept, "person", typed) | {PERSON: [str(person_id)]})
    return Then("need", f"Corrigé : c’est la remise de {who.first_name} {who.surname}.")


def refused(session: Session, told: Form, refusal: DomainError) -> Then:
    """Keep what was typed of a person, with what is to be put right."""
    told.refuse(refusal)
    keep(session, told.id, with_errors(told.typed, told, "person"))
    return Then("person_again")


def person_read(form: Form, public: Public | None = None) -> tuple[Person, Public]:
    """Who was typed, all of it right; of that public, where it is known and stays.

    Raises:
        InvalidInput: names each field.
    """
    who = person_typed(form)
    public = public or form.choice("public", Public, "Choisissez sa situation.")
    form.note(people.what_is_wrong(who, public=public, now=started_at()))
    form.check()
    return who, public


def written(session: Session, draft_id: UUID, who: Person, public: Public) -> UUID:
    """Register whom a draft is for; a slip of theirs is put right where they are registered."""
    beneficiary_id = registered_as(draft_id, public)
    if queries.identity(session, beneficiary_id) is not None:
        rectified(session, beneficiary_id, who)
        return beneficiary_id
    return people.register_beneficiary(
        session,
        actor=current_actor(),
        beneficiary_id=beneficiary_id,
        public=public,
        person=who,
        now=started_at(),
    ).id


def rectified(session: Session, beneficiary_id: UUID, who: Person) -> None:
    """Put a person's identity right."""
    people.rectify_beneficiary(
        session,
        actor=current_actor(),
        beneficiary_id=beneficiary_id,
        person=who,
        now=started_at(),
    )


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
