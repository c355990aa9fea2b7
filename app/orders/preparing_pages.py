"""Orders before they exist: how many booklets people will need, and what is asked."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.errors import DomainError
from app.orders import forms, planning, service
from app.orders.errors import (
    EmptyOrder,
)
from app.orders.models import BookletOrder
from app.orders.rules import Plan
from app.orders.views import (
    planned_people,
)
from app.programmes import queries as programmes
from app.programmes.models import ProgrammeFreeze
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.programmes.service import known_vintage
from app.web.auth import check, current_actor, started_at, started_on
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("order_preparing", __name__)


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The people expected, and what they come to."""

    programmes: tuple[Choice, ...]
    publics: tuple[Choice, ...]
    plan: Plan | None = None
    prepare: str = ""


@bp.get("/commandes/planifier")
def planned() -> ResponseReturnValue:
    """How many booklets to order, line by line; nothing is written."""
    check(Right.PREPARE_ORDER)
    form = forms.people_in(request.args)

    def work(session: Session) -> PlanPage:
        choices = tuple(
            Choice(str(p.id), p.name)
            for p in programmes.programmes_after(session, None, limit=forms.MANY)
        )
        asked = bool(form.text("dispositif"))
        if not asked and len(choices) == 1:
            form.typed["dispositif"] = [choices[0].value]
        page = PlanPage(choices, tuple(Choice(p, FRENCH_PUBLIC[p]) for p in Public))
        if not asked:
            return page
        programme_id, people = form.uuid("dispositif"), forms.people_of(form)
        form.check()
        plan = planning.plan_order(
            session,
            actor=current_actor(),
            programme_id=programme_id,
            people=people,
            now=started_at(),
        )
        return PlanPage(
            page.programmes,
            page.publics,
            plan,
            url_for(".new")
            + "?"
            + urlencode(
                {"dispositif": str(programme_id), **{str(p): n for p, n in people.items()}}
            ),
        )

    page = form.submit(work)
    if page is None:
        page = in_transaction(blank_plan)
    return render_template(
        "orders/plan.html", page=page, form=form, publics=FRENCH_PUBLIC
    ), form.status


def blank_plan(session: Session) -> PlanPage:
    """The planner without its answer."""
    known = programmes.programmes_after(session, None, limit=forms.MANY)
    return PlanPage(
        tuple(Choice(str(p.id), p.name) for p in known),
        tuple(Choice(p, FRENCH_PUBLIC[p]) for p in Public),
    )


@dataclass(frozen=True, slots=True)
class NewPage:
    """An order to prepare: the vintages that still serve, and what was planned."""

    vintages: tuple[Choice, ...]
    people: tuple[tuple[str, int], ...]
    frozen: tuple[tuple[str, ProgrammeFreeze], ...]
    """Programmes that wait, whose orders would be refused."""


@bp.route("/commandes/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Prepare an order; another person approves it."""
    check(Right.PREPARE_ORDER)
    if request.method == "GET":
        page, form = in_transaction(proposed)
        return render_template("orders/new.html", page=page, form=form, publics=FRENCH_PUBLIC)
    form = Form.sent()
    order = form.submit(lambda session: prepare(session, form))
    if order is not None:
        return done(
            url_for("orders_pages.shown", number=order.number),
            f"La commande {order.number} est préparée. Une autre personne l’approuve maintenant.",
        )
    page = in_transaction(lambda session: new_page(session, form))
    return render_template(
        "orders/new.html", page=page, form=form, publics=FRENCH_PUBLIC
    ), form.status


def prepare(session: Session, form: Form) -> BookletOrder:
    """The order that was typed."""
    vintage = form.integer("vintage", "Choisissez un millésime.")
    lines, details, people = forms.lines_of(form), forms.details_of(form), forms.people_of(form)
    if details.expected_on is not None and details.expected_on < started_on():
        form.wrong("expected_on", "Écrivez un jour à venir, ou laissez vide.")
    if not lines and not any(form.text(name) not in {"", "0"} for name in forms.COUNT_OF.values()):
        form.wrong("tens", EmptyOrder.sentence)
    form.check()
    return service.prepare_order(
        session,
        actor=current_actor(),
        order_id=form.id,
        programme_id=known_vintage(session, vintage).programme_id,
        vintage_id=vintage,
        lines=lines,
        details=details,
        planned=people or None,
        now=started_at(),
    )


def vintages_in_force(session: Session, programme: str = "") -> tuple[Choice, ...]:
    """Vintages that still serve and can be ordered, newest first, as a person chooses one."""
    names = {p.id: p.name for p in programmes.programmes_after(session, None, limit=forms.MANY)}
    today = started_on()
    return tuple(
        Choice(str(number), f"{terms.label}, {names.get(terms.programme_id, '')}")
        for number, terms in sorted(programmes.all_vintages(session).items(), reverse=True)
        if terms.valid_until >= today
        and not terms.taken_over
        and (not programme or str(terms.programme_id) == programme)
    )


def proposed(session: Session) -> tuple[NewPage, Form]:
    """A blank order, or the one that the planner proposes."""
    typed = forms.people_in(request.args)
    people, programme = forms.people_of(typed), typed.text("dispositif")
    vintages = vintages_in_force(session, programme)
    plan = None
    if people and not typed.errors:
        try:
            plan = planning.plan_order(
                session,
                actor=current_actor(),
                programme_id=typed.uuid("dispositif"),
                people=people,
                now=started_at(),
            )
        except DomainError:
            plan = None  # an address that somebody changed: the form is simply blank
    form = forms.new_order(vintages[0].value if vintages else "", plan)
    frozen = tuple(programmes.open_freezes(session))
    return NewPage(vintages, planned_people(people if plan else {}), frozen), form


def new_page(session: Session, form: Form) -> NewPage:
    """What surrounds an order that was refused."""
    people = planned_people(forms.people_of(form))
    return NewPage(vintages_in_force(session), people, tuple(programmes.open_freezes(session)))
