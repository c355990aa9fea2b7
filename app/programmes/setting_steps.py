"""Settings step by step: one group of questions a page, all of them read again, then one act.

What was answered rests in a draft of the agent (decision 0030), one a place: a new programme, or
the next version of one. A page that was not answered follows what applies, so that a version made
meanwhile by somebody else is never undone unseen. The draft's id becomes that of the record.
"""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import ledger
from app.identity import drafts
from app.identity.drafts import Typed
from app.identity.rules import Right
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.kernel.text import clean, not_latin
from app.partners.rules import OrganisationKind
from app.programmes import queries, service, words
from app.programmes.errors import SettingsChangedAfterwards
from app.programmes.forms import QUESTIONS, STEPS, Question, Step, read_terms, typed_from
from app.programmes.models import Programme, ProgrammeSettings, VintageTerms
from app.programmes.pages import COVERS, PAYERS, change_settings, choices_of, of_kind
from app.programmes.rules import FRENCH_PUBLIC, Covers, Payer, Public, Terms, wrong_terms
from app.programmes.views import funders_named
from app.web.auth import check, current_actor, started_at, started_on
from app.web.drafts import typed_in_request
from app.web.format import day_long, day_short
from app.web.forms import Form, done
from app.web.pages import Choice, FieldError
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("setting_steps", __name__)

ANSWERED = "répondu"
"""In a draft: the steps that were sent."""
REVIEW = "relire"
"""The page after the last step."""
TEN_EUROS = Cents(1_000)
NAMES = ", ".join(f"'{step.name}'" for step in STEPS)


# ── What is asked ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Asked:
    """The settings being typed: those of a new programme, or a programme's next version."""

    programme: Programme | None
    last: ProgrammeSettings | None
    terms: Terms
    """What applies when nothing is answered."""
    funders: tuple[Choice, ...]
    sponsors: tuple[Choice, ...]
    issuers: tuple[Choice, ...]
    face_value_cents: Cents
    valid_until: date
    """The end with which delays are worked out: that of a vintage, or of next year."""
    answered: frozenset[str]
    typed: Typed
    draft_id: UUID | None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The pages, in their order."""
        left_out = "dispositif" if self.programme else "date"
        return tuple(step for step in STEPS if step.name != left_out)

    @property
    def funder_ids(self) -> list[UUID]:
        """The organisations that may fund."""
        return [UUID(funder.value) for funder in self.funders]

    def address(self, name: str, *, back: str | None = None) -> str:
        """Where a step of these settings is, by its name; « relire » is the last page."""
        if self.programme and name == REVIEW:
            return url_for(".review", programme_id=self.programme.id)
        if self.programme:
            return url_for(".step", programme_id=self.programme.id, name=name, retour=back)
        if name == REVIEW:
            return url_for(".review_new")
        if name == "dispositif":
            return url_for(".start", retour=back)
        return url_for(".new_step", name=name, retour=back)


def place_of(programme_id: UUID | None) -> str:
    """Where the answers are kept."""
    return f"{drafts.SETTINGS}{programme_id or 'new'}"


def under_way(session: Session, programme_id: UUID | None) -> frozenset[str]:
    """Which steps the agent has answered and not yet sent for good."""
    _, kept = _kept(session, programme_id)
    return frozenset(kept.get(ANSWERED, ()))


def _kept(session: Session, programme_id: UUID | None) -> tuple[UUID | None, Typed]:
    agent_id, place, now = current_actor().agent_id, place_of(programme_id), started_at()
    found = drafts.latest_draft(session, agent_id=agent_id, place=place, now=now)
    if found is None:
        return None, {}
    typed = drafts.kept_draft(
        session,
        draft_id=found.id,
        agent_id=agent_id,
        place=place,
        secret_key=current_settings().secret_key,
        now=now,
    )
    return (found.id, typed) if typed is not None else (None, {})


def asked_of(session: Session, programme_id: UUID | None) -> Asked:
    """What the pages need: what applies, and over it what was answered."""
    known, last, terms = None, None, Terms()
    sponsors: tuple[Choice, ...] = ()
    issuers: tuple[Choice, ...] = ()
    proposed: dict[str, str] = {"payer": str(Payer.AUTHORITY)}
    if programme_id:
        known = service.known_programme(session, programme_id)
        last = queries.standing_settings(session, programme_id)[-1]
        terms = service.terms_of(session, last)
        proposed = {"applies_from": max(started_on(), last.applies_from).isoformat()}
    else:
        sponsors = choices_of(of_kind(session, OrganisationKind.SPONSOR))
        issuers = choices_of(of_kind(session, OrganisationKind.ISSUER))
        for name, among in (("sponsor_id", sponsors), ("issuer_id", issuers)):
            if len(among) == 1:
                proposed[name] = among[0].value
    funders = choices_of(of_kind(session, OrganisationKind.FUNDER))
    covers = {f"covers_{funder.value}": str(Covers.ALL) for funder in funders}
    vintages = queries.vintages_of(session, programme_id) if programme_id else []
    draft_id, kept = _kept(session, programme_id)
    answered = frozenset(kept.get(ANSWERED, ()))
    standing = {n: [v] for n, v in {**proposed, **covers, **typed_from(terms)}.items()}
    return Asked(
        known,
        last,
        terms,
        funders,
        sponsors,
        issuers,
        _worth(session, vintages),
        vintages[-1].valid_until if vintages else date(started_on().year + 1, 12, 31),
        answered,
        {
            **{n: v for n, v in standing.items() if not _holds(answered, n)},
            **{n: v for n, v in kept.items() if _holds(answered, n)},
        },
        draft_id,
    )


def _worth(session: Session, vintages: list[VintageTerms]) -> Cents:
    """What a pass of the last vintage is worth, for the examples."""
    if not vintages:
        return TEN_EUROS
    return ledger.face_value(session, vintages[-1].vintage_id)


def _holds(names: frozenset[str], field: str) -> bool:
    return any(step.holds(field) for step in STEPS if step.name in names)


# ── A page of questions ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StepPage:
    """One group of questions."""

    asked: Asked
    form: Form
    step: Step
    number: int
    back: str
    days: tuple[tuple[date, str], ...]
    """What the delays come to, where they are asked for and can be read."""
    payers: tuple[Choice, ...] = PAYERS
    publics: tuple[Choice, ...] = tuple(Choice(str(p), FRENCH_PUBLIC[p]) for p in Public)
    covers: tuple[Choice, ...] = COVERS
    questions: tuple[tuple[str, Question], ...] = ()


@bp.route("/dispositifs/nouveau", methods=["GET", "POST"])
def start() -> ResponseReturnValue:
    """Begin a programme, or go on with the one that was begun."""
    return _step("dispositif", None)


@bp.route(f"/dispositifs/nouveau/<any({NAMES}):name>", methods=["GET", "POST"])
def new_step(name: str) -> ResponseReturnValue:
    """One group of questions about a new programme."""
    return _step(name, None)


@bp.route(f"/dispositifs/<uuid:programme_id>/reglages/<any({NAMES}):name>", methods=["GET", "POST"])
def step(programme_id: UUID, name: str) -> ResponseReturnValue:
    """One group of questions about the next version of a programme's settings."""
    return _step(name, programme_id)


def _step(name: str, programme_id: UUID | None) -> ResponseReturnValue:
    check(Right.MANAGE_PROGRAMME)
    asked = in_transaction(lambda session: asked_of(session, programme_id))
    steps = asked.steps
    number = next((n for n, one in enumerate(steps) if one.name == name), None)
    if number is None:
        return redirect(asked.address(steps[0].name), HTTPStatus.SEE_OTHER)
    current = steps[number]
    if request.method == "GET":
        form = Form(Form.blank(**asked.typed).typed, asked.draft_id or new_id())
    else:
        form = in_transaction(lambda session: _answer(session, asked, current, programme_id))
        if form.text("geste") == "plus-tard":
            return done(
                url_for("setup_pages.path", dispositif=programme_id),
                "Vos réponses sont gardées 30 jours, pour vous seulement.",
            )
        if not form.errors:
            following = steps[number + 1].name if number + 1 < len(steps) else REVIEW
            if request.args.get("retour") == REVIEW:
                following = REVIEW
            if form.text("geste") == "voir":
                following = name
            return redirect(asked.address(following), HTTPStatus.SEE_OTHER)
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
    page = StepPage(
        asked,
        form,
        current,
        number + 1,
        asked.address(steps[number - 1].name) if number else "",
        _days(asked, form) if name in {"fin", "sans-reseau"} else (),
        questions=tuple((figure, QUESTIONS[figure]) for figure in current.figures),
    )
    return render_template("programmes/step.html", page=page), form.status


def _answer(session: Session, asked: Asked, current: Step, programme_id: UUID | None) -> Form:
    """Keep what was sent; the form says what to write instead."""
    sent = typed_in_request()
    typed = {name: values for name, values in asked.typed.items() if not current.holds(name)}
    typed |= {name: values for name, values in sent.items() if current.holds(name)}
    draft_id = asked.draft_id or Form.of(sent).id
    if queries.programme(session, draft_id) or queries.known_settings(session, draft_id):
        # An old page, opened again after its settings were made: these are others.
        draft_id = new_id()
    answered = asked.answered | {current.name}
    drafts.keep_draft(
        session,
        draft_id=draft_id,
        agent_id=current_actor().agent_id,
        place=place_of(programme_id),
        typed={name: values for name, values in typed.items() if _holds(answered, name)}
        | {ANSWERED: sorted(answered)},
        secret_key=current_settings().secret_key,
        now=started_at(),
    )
    form = Form(typed | {"geste": sent.get("geste", [])}, draft_id)
    for error in _wrong(asked, typed):
        if current.holds(error.field):
            form.wrong(error.field, error.sentence)
    return form


def _days(asked: Asked, form: Form) -> tuple[tuple[date, str], ...]:
    terms = _read(asked, form.typed)[0]
    return words.end_of(terms, asked.valid_until) if terms else ()


# ── What is wrong ─────────────────────────────────────────────────────────────────────────────────


def _read(asked: Asked, typed: Typed) -> tuple[Terms | None, tuple[FieldError, ...]]:
    """The terms that were typed; None, and why, when something cannot be read."""
    form = Form(typed, new_id())
    terms = read_terms(form, asked.funder_ids)
    return (None if form.errors else terms), form.errors


def _wrong(asked: Asked, typed: Typed) -> tuple[FieldError, ...]:
    """What to write instead, on whatever page."""
    terms, unread = _read(asked, typed)
    form = Form(typed, new_id())
    for error in unread:
        form.wrong(error.field, error.sentence)
    if terms is not None:
        form.note(wrong_terms(terms))
    if asked.programme is None:
        _opening(form)
    elif asked.last is not None:
        earliest = max(started_on(), asked.last.applies_from)
        if form.day("applies_from") < earliest and not any(
            error.field == "applies_from" for error in form.errors
        ):
            form.wrong(
                "applies_from", SettingsChangedAfterwards(earliest=f"{earliest:%d/%m/%Y}").message
            )
    return form.errors


def _opening(form: Form) -> dict[str, Any]:
    """What a new programme is, once and for all."""
    if clean(form.text("name")) is None:
        form.wrong("name", "Écrivez le nom du dispositif, en 200 caractères au plus.")
    form.note(not_latin(name=form.text("name")))
    return {
        "name": form.text("name"),
        "sponsor_id": form.uuid("sponsor_id"),
        "issuer_id": form.uuid("issuer_id"),
        "payer": form.choice("payer", Payer),
    }


# ── All of it, then the act ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Answers:
    """One step as it is read again: its lines, and where each is changed."""

    step: Step
    lines: tuple[tuple[str, str], ...]
    change: str
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Every answer, before the one act."""

    asked: Asked
    form: Form
    answers: tuple[Answers, ...]
    changes: tuple[words.Change, ...]
    back: str


@bp.route("/dispositifs/nouveau/relire", methods=["GET", "POST"])
def review_new() -> ResponseReturnValue:
    """Read a new programme again, and open it."""
    return _review(None)


@bp.route("/dispositifs/<uuid:programme_id>/reglages/relire", methods=["GET", "POST"])
def review(programme_id: UUID) -> ResponseReturnValue:
    """Read the next version again, and make it."""
    return _review(programme_id)


def _review(programme_id: UUID | None) -> ResponseReturnValue:
    check(Right.MANAGE_PROGRAMME)
    asked = in_transaction(lambda session: asked_of(session, programme_id))
    form = Form({}, asked.draft_id or new_id())
    if request.method == "POST":
        sent = Form.sent()
        if asked.draft_id is None and (made := in_transaction(lambda s: _made(s, sent.id))):
            return redirect(made, HTTPStatus.SEE_OTHER)
        form = Form(asked.typed | {"below_committed": sent.texts("below_committed")}, form.id)
        if (said := form.submit(lambda session: _act(session, asked, form))) is not None:
            return done(*said)
    page = in_transaction(lambda session: _review_page(session, asked, form))
    return render_template("programmes/review.html", page=page), form.status


def _made(session: Session, record_id: UUID) -> str:
    """The page of what was made under that id, sent twice; nothing when nothing was."""
    if queries.programme(session, record_id):
        return url_for("setup_pages.path", dispositif=record_id)
    found = queries.known_settings(session, record_id)
    return url_for("programmes_pages.programme", programme_id=found.programme_id) if found else ""


def _act(session: Session, asked: Asked, form: Form) -> tuple[str, str]:
    """Make the programme or the version; where to go, and what to say there."""
    wrong = _wrong(asked, form.typed)
    for error in wrong:
        step_of = next(one for one in asked.steps if one.holds(error.field))
        form.wrong(step_of.name, f"{step_of.title} : {error.sentence}")
    form.check()
    answer = (
        _open(session, asked, form) if asked.programme is None else _change(session, asked, form)
    )
    drafts.forget_draft(session, draft_id=form.id, agent_id=current_actor().agent_id)
    return answer


def _open(session: Session, asked: Asked, form: Form) -> tuple[str, str]:
    made = service.create_programme(
        session,
        actor=current_actor(),
        programme_id=form.id,
        terms=read_terms(form, asked.funder_ids),
        now=started_at(),
        **_opening(form),
    )
    return (
        url_for("setup_pages.path", dispositif=made.id),
        f"Le dispositif « {made.name} » est ouvert. Ouvrez maintenant son premier millésime.",
    )


def _change(session: Session, asked: Asked, form: Form) -> tuple[str, str]:
    programme_id = asked.programme.id if asked.programme else UUID(int=0)
    made = change_settings(session, form, programme_id, asked.funder_ids)
    return (
        url_for(
            "programmes_pages.programme",
            programme_id=programme_id,
            le=made.applies_from.isoformat(),
        ),
        (
            f"Les réglages de la version {made.ordinal} s’appliquent à partir du "
            f"{day_long(made.applies_from)}. Ce qui s’appliquait avant reste lisible."
        ),
    )


def _review_page(session: Session, asked: Asked, form: Form) -> ReviewPage:
    terms, _ = _read(asked, asked.typed)
    wrong = _wrong(asked, asked.typed)
    names = {
        **{UUID(funder.value): funder.label for funder in asked.funders},
        **funders_named(session, asked.terms),
    }
    return ReviewPage(
        asked,
        form,
        tuple(
            Answers(
                one,
                _lines(asked, one, terms, names),
                asked.address(one.name, back=REVIEW),
                tuple(error.sentence for error in wrong if one.holds(error.field)),
            )
            for one in asked.steps
        ),
        tuple(words.changes(asked.terms, terms, names)) if terms and asked.programme else (),
        asked.address(asked.steps[-1].name),
    )


def _lines(
    asked: Asked, step: Step, terms: Terms | None, names: dict[UUID, str]
) -> tuple[tuple[str, str], ...]:
    """A step as it is read again; nothing where what was typed makes no sense yet."""
    typed = Form(asked.typed, new_id())
    match step.name:
        case "dispositif":
            label = {choice.value: choice.label for choice in (*asked.sponsors, *asked.issuers)}
            return (
                ("Nom", typed.text("name")),
                ("Commanditaire", label.get(typed.text("sponsor_id"), "")),
                ("Émetteur", label.get(typed.text("issuer_id"), "")),
                ("Qui paie", words.PAYER_SENTENCE[typed.choice("payer", Payer)]),
            )
        case "date":
            day = typed.day("applies_from")
            shown = typed.text("applies_from") if typed.errors else day_long(day)
            return (("Premier jour", shown), ("Délibération ou acte", typed.text("document")))
    return _lines_of_terms(asked, step, terms, names) if terms else ()


def _lines_of_terms(
    asked: Asked, step: Step, terms: Terms, names: dict[UUID, str]
) -> tuple[tuple[str, str], ...]:
    match step.name:
        case "publics":
            given = {entitled.public: entitled for entitled in terms.entitlements}
            return tuple(
                (
                    FRENCH_PUBLIC[public],
                    words.given(given[public], asked.face_value_cents)
                    if public in given
                    else "Rien n’est prévu.",
                )
                for public in Public
            )
        case "financeurs" if terms.funders:
            shares = ((names[one.organisation_id], one) for one in terms.funders)
            return (
                *((name, words.funder(name, share)) for name, share in shares),
                ("Par exemple", words.shared_out(terms, names)),
            )
        case "financeurs":
            return (("Financeurs", words.rest(terms)),)
    lines = tuple((words.NAMES[name], words.sentence(name, terms)) for name in step.figures)
    if step.name == "argent":
        lines += (("Par exemple", words.kept_back(terms)),)
    if step.name == "fin":
        lines += tuple(
            (day_short(day), said) for day, said in words.end_of(terms, asked.valid_until)
        )
    return lines
