"""« Aujourd’hui », with which a day begins, and the search of the top bar."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.desk import search
from app.desk.rules import Task
from app.desk.scheme import End, ends_to_come
from app.desk.service import waiting
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.serials import SerialNumber
from app.prescribers import custody_queries as custody
from app.prescribers import holdings
from app.prescribers import queries as prescribers
from app.prescribers.custody_queries import HeldBack
from app.prescribers.handover_drafts import Unfinished, unfinished
from app.prescribers.holdings import Rate
from app.programmes import queries as programmes
from app.programmes.models import ProgrammeFreeze
from app.reports.pages import figures
from app.reports.service import Found, chain_report
from app.reports.told import ChainPage, Match, SearchPage
from app.reports.voucher_pages import LONGEST_TYPED, not_found
from app.web.auth import check, current_actor, started_at
from app.web.format import compact
from app.web.forms import Form
from app.web.pages import Scope
from app.web.transaction import in_transaction

bp = Blueprint("desk_pages", __name__)


@dataclass(frozen=True, slots=True)
class Today:
    """What waits for the reader, and the act with which most of their days begin."""

    today: date
    tasks: tuple[Task, ...]
    main: tuple[str, str, str] | None
    """Its endpoint, drawing and words."""
    stock: tuple[Rate, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    """What of the reader's drawer a hold withholds."""
    chain: ChainPage | None = None
    ends: tuple[End, ...] = ()
    freezes: tuple[tuple[str, ProgrammeFreeze], ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    """The reader's own hand-overs that are under way."""
    begins: bool = False
    """Whether the reader has never handed anything over: practising is proposed."""

    @property
    def late(self) -> list[Task]:
        """What should have been done before today."""
        return [one for one in self.tasks if one.is_late(self.today)]

    @property
    def groups(self) -> list[tuple[str, list[Task]]]:
        """What waits, in its order: late, to be done soon, then the rest; none is empty."""
        soon = [one for one in self.tasks if one.is_near(self.today) and one not in self.late]
        rest = [one for one in self.tasks if not one.is_near(self.today)]
        groups = [("En retard", self.late), ("Bientôt", soon), ("Ensuite", rest)]
        return [(name, tasks) for name, tasks in groups if tasks]


MAIN_ACTS = (
    (Right.ISSUE_BOOKLETS, ("handover_steps.person", "give", "Remettre un carnet")),
    (Right.ALLOCATE, ("sending_pages.allocate", "swap", "Confier des carnets")),
    (Right.PREPARE_CLEARING, ("statement_pages.preview", "euro", "Préparer une liquidation")),
)
SET_UP = ("setup_pages.path", "steps", "Continuer la mise en route")


@bp.get("/aujourd-hui")
def today() -> ResponseReturnValue:
    """What waits for whoever looks: each line is one press from where it is done."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("desk/today.html", page=in_transaction(_today))


def _today(session: Session) -> Today:
    actor, now = current_actor(), started_at()
    day, rights = martinique_day(now), RIGHTS[actor.role]
    tasks = waiting(session, actor=actor, today=day)
    page = Today(day, tasks, _main_act(rights, tasks))
    if Right.ISSUE_BOOKLETS in rights:
        rates = holdings.rates(session, actor=actor, prescriber_id=actor.organisation_id, on=day)
        held_back = custody.held_back(session, actor.organisation_id)
        if held_back and not any(rate.in_hand for rate in rates):
            # Nothing is left to hand out: its day does not begin with that.
            page = replace(page, main=None)
        page = replace(
            page,
            stock=tuple(rates),
            held_back=tuple(held_back),
            unfinished=unfinished(session),
            begins=not prescribers.has_handed_over(session, actor.organisation_id, actor.agent_id),
        )
    if Right.SEE_REPORTS in rights:
        report = chain_report(session, actor=actor, on=day, now=now)
        page = replace(
            page,
            chain=ChainPage(scope=Scope(on=day, today=day), **figures(report)),
            ends=ends_to_come(session, now=now),
            freezes=tuple(programmes.open_freezes(session)),
        )
    return page


def _main_act(rights: Collection[Right], tasks: Iterable[Task]) -> tuple[str, str, str] | None:
    """What its reader does most; nothing is entrusted or paid while the scheme is being set up."""
    if any(task.endpoint == SET_UP[0] for task in tasks):
        return SET_UP
    return next((act for right, act in MAIN_ACTS if right in rights), None)


@bp.get("/pass")
def search_form() -> ResponseReturnValue:
    """The search for a pass, a document or a name; with what an expired sign-in cut short."""
    check(Right.SEE_VOUCHERS)
    page = SearchPage(typed=Form.blank().text("typed"))
    return render_template("vouchers/search.html", page=page)


@bp.post("/pass")
def find() -> ResponseReturnValue:
    """Find it. A POST, because neither a code nor a person's name may stand in an address."""
    check(Right.SEE_VOUCHERS)
    typed = request.form.get("typed", "")[:LONGEST_TYPED].strip()
    try:
        found = in_transaction(lambda session: _found(session, typed))
    except DomainError as refusal:
        return not_found(typed, refusal)
    if found is None:
        page = SearchPage(typed=typed, error=search.why_nothing(typed))
        return render_template("vouchers/search.html", page=page), HTTPStatus.NOT_FOUND
    match found:
        case DomainError():
            return not_found(typed, found)
        case SerialNumber():
            return redirect(url_for("vouchers_pages.voucher", serial=compact(found)))
        case search.Page() | Match():
            return redirect(url_for(found.endpoint, **found.values))
        case Found(lines=lines):
            page = SearchPage(typed=typed, candidates=lines)
        case _:
            page = SearchPage(typed=typed, matches=found)
    return render_template("vouchers/search.html", page=page)


def _found(
    session: Session, typed: str
) -> search.Page | Match | tuple[Match, ...] | SerialNumber | Found | DomainError | None:
    actor, now = current_actor(), started_at()
    if page := search.page_of_document(session, actor=actor, typed=typed):
        return page
    if ordered := search.matches_of_mandate(session, actor=actor, typed=typed):
        return ordered[0] if len(ordered) == 1 else ordered
    if search.may_be_a_name(typed):
        matches = search.matches_of_name(session, actor=actor, typed=typed, now=now)
        if matches:
            return matches[0] if len(matches) == 1 else matches
    if search.why_nothing(typed):
        return None
    return search.passes_found(session, actor=actor, typed=typed, now=now)
