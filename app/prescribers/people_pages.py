"""My people as a call sheet: who has not started, whose passes will soon be lost; who changed."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.communes import COMMUNES
from app.prescribers import queries
from app.prescribers.custody_desk import read_uuid
from app.prescribers.errors import UnknownBeneficiary
from app.prescribers.follow_up import ToCall, Whom, call_sheet
from app.prescribers.handover_parts import person_typed
from app.prescribers.in_hand import Reached
from app.prescribers.models import Beneficiary
from app.prescribers.people import (
    Person,
    known_beneficiary,
    rectify_beneficiary,
    what_is_wrong,
)
from app.prescribers.positions import used_up
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("people_pages", __name__)

PAGE = 10
ON_PAPER = 200
"""People on one sheet to print: a dozen leaves, and more than anybody calls."""
WHOM = {
    "": "Qui a des pass",
    "a-perdre": "Vont perdre des pass",
    "pas-commence": "N’ont pas commencé",
    "fini": "N’ont plus de pass",
}
LEAD = {
    "": "Elles ont encore des pass, celles qui ont le plus à perdre d’abord. Appelez-les avant "
    "que leurs pass soient perdus.",
    "a-perdre": "Leurs pass finissent bientôt, celles qui ont le plus à perdre d’abord. Un appel "
    "les sauve.",
    "pas-commence": "Elles n’ont encore utilisé aucun pass, celles qui en ont le plus d’abord. "
    "Demandez-leur ce qui les retient.",
    "fini": "Elles n’ont plus de pass : voyez avec elles s’il faut renouveler.",
}
ASKED = {"": Whom.ALL, "a-perdre": Whom.ENDING, "pas-commence": Whom.UNUSED, "fini": Whom.DONE}


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """People to call, and the filter that stays in the address."""

    people: tuple[ToCall, ...]
    whom: str
    lead: str
    choices: tuple[Choice, ...]
    more: str
    may_issue: bool
    used_up: frozenset[UUID]
    """Those to whom another booklet is an exception."""

    @property
    def last_day(self) -> date | None:
        """The last day that all passes left here share: said once, above the list."""
        days = {one.held.last_day for one in self.people if one.held.left_count}
        return days.pop() if len(days) == 1 else None

    @property
    def days_left(self) -> int:
        """How far that day is."""
        return max(one.days_left for one in self.people if one.held.left_count)


@dataclass(frozen=True, slots=True)
class SheetPage:
    """Everybody whom the filter shows, to call with a pen in hand."""

    people: tuple[ToCall, ...]
    whom: str
    title: str
    on: date
    cut: bool
    """Whether there are more people than one sheet holds."""


@dataclass(frozen=True, slots=True)
class CorrectPage:
    """Somebody whose name, commune or ways to be reached are put right."""

    name: str
    public: str
    communes: tuple[Choice, ...]
    back: str
    back_words: str
    known: Person


@bp.get("/mes-personnes/feuille")
def sheet() -> ResponseReturnValue:
    """The call sheet on paper, whole, with room to note the call; it is no file (decision 0061)."""
    check(Right.SEE_BENEFICIARIES)
    whom = read_whom()
    found = in_transaction(
        lambda session: call_sheet(
            session,
            actor=current_actor(),
            whom=ASKED[whom],
            after=None,
            limit=ON_PAPER + 1,
            now=started_at(),
        )
    )
    page = SheetPage(
        tuple(found[:ON_PAPER]),
        whom,
        WHOM[whom],
        started_on(),
        cut=len(found) > ON_PAPER,
    )
    return render_template("handovers/sheet.html", page=page)


@bp.get("/mes-personnes")
def people() -> ResponseReturnValue:
    """The call sheet of one's own prescriber; nobody else ever opens it."""
    check(Right.SEE_BENEFICIARIES)
    whom = read_whom()
    after = read_after(request.args.get("apres", ""))

    def work(session: Session) -> tuple[list[ToCall], set[UUID]]:
        people = call_sheet(
            session,
            actor=current_actor(),
            whom=ASKED[whom],
            after=after,
            limit=PAGE + 1,
            now=started_at(),
        )
        shown = {one.held.beneficiary_id for one in people[:PAGE]}
        return people, used_up(session, shown, on=started_on())

    found, spent = in_transaction(work)
    more = ""
    if len(found) > PAGE:
        last = found[PAGE - 1].held
        kept = {"qui": whom} if whom else {}
        more = f"{url_for('.people')}?" + urlencode(
            {
                **kept,
                "apres": f"{last.last_day.isoformat()}_{last.left_count}_{last.beneficiary_id}",
            }
        )
    page = PeoplePage(
        tuple(found[:PAGE]),
        whom,
        LEAD[whom],
        tuple(Choice(value, words) for value, words in WHOM.items() if value),
        more,
        may(Right.ISSUE_BOOKLETS),
        frozenset(spent),
    )
    return render_template("handovers/people.html", page=page, french_public=FRENCH_PUBLIC)


def read_whom() -> str:
    """The filter of the address; everybody for whatever cannot be read."""
    whom = request.args.get("qui", "")
    return whom if whom in ASKED else ""


def read_after(typed: str) -> Reached | None:
    """Where the list goes on; the beginning for whatever cannot be read."""
    try:
        day, left, person = typed.split("_")
        return Reached(date.fromisoformat(day), int(left[:9]), UUID(person))
    except ValueError:
        return None


# ── Somebody put right ────────────────────────────────────────────────────────────────────────────


@bp.route("/mes-personnes/<uuid:beneficiary_id>/corriger", methods=["GET", "POST"])
def correct(beneficiary_id: UUID) -> ResponseReturnValue:
    """A name misspelt, another telephone, another commune; back where one came from."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent() if request.method == "POST" else None
    page = in_transaction(lambda session: _correct_page(session, beneficiary_id))
    if form is None:
        known = page.known
        form = Form.blank(
            surname=known.surname,
            first_name=known.first_name,
            birth_year=str(known.birth_year),
            commune=known.commune,
            phone=known.phone or "",
            email=known.email or "",
        )
    elif form.submit(partial(_correct, form, beneficiary_id)) is not None:
        return done(
            page.back, "Les coordonnées sont corrigées. Les prochains courriers les suivront."
        )
    return render_template("handovers/correct.html", page=page, form=form), form.status


def _correct(form: Form, beneficiary_id: UUID, session: Session) -> Beneficiary:
    actor, now, who = current_actor(), started_at(), person_typed(form)
    known = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    wrong = what_is_wrong(who, public=Public(known.public), now=now)
    if too_young := wrong.pop("public", ""):
        form.wrong("birth_year", too_young)
    form.note(wrong)
    form.check()
    return rectify_beneficiary(
        session, actor=actor, beneficiary_id=beneficiary_id, person=who, now=now
    )


def _correct_page(session: Session, beneficiary_id: UUID) -> CorrectPage:
    found = queries.people_of(session, current_actor().organisation_id, [beneficiary_id])
    if beneficiary_id not in found:
        raise UnknownBeneficiary
    person, who = found[beneficiary_id]
    names = dict.fromkeys([*(one.name for one in COMMUNES), who.commune])
    back, words = _where_from(beneficiary_id)
    return CorrectPage(
        name=f"{who.first_name} {who.surname}",
        public=FRENCH_PUBLIC[Public(person.public)],
        communes=tuple(Choice(name, name) for name in names),
        back=back,
        back_words=words,
        known=Person(
            who.surname, who.first_name, who.birth_year, who.commune, who.phone, who.email
        ),
    )


def _where_from(beneficiary_id: UUID) -> tuple[str, str]:
    """The page that led here, as the address names it."""
    if draft_id := read_uuid(request.args.get("brouillon", "")):
        return url_for("handover_steps.person_again", draft_id=draft_id), "La personne"
    if made := read_uuid(request.args.get("remise", "")):
        return url_for("handover_pages.shown", prescription_id=made), "La remise"
    if "renouveler" in request.args:
        return url_for("renewal_pages.renew", beneficiary_id=beneficiary_id), "Renouveler"
    return url_for(".people"), "Mes personnes"
