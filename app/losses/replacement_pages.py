"""Replacements on pages: passes that a person holds or has lost, and those that stand for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.errors import DomainError, InvalidInput
from app.losses import queries as losses
from app.losses import replacement_queries as queries
from app.losses import replacements
from app.losses.errors import TakenDoesNotFit, UnknownReplacement
from app.losses.forms import LINES, NOT_KEPT, named_in
from app.losses.naming import Named, read_lines, serials_of
from app.losses.papers import Swap, replacement_slip
from app.losses.replacement_models import Replacement
from app.losses.rules import FRENCH_REPLACEMENT_CAUSE, FRENCH_SOURCE, ReplacementCause, Source
from app.losses.views import swap_of
from app.papers.sheets import Kind
from app.partners.queries import organisation_names
from app.prescribers import queries as people
from app.prescribers.positions import passes_unused
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at
from app.web.downloads import PDF, download
from app.web.forms import Form, check_first, checked_id, done, done_after_check
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("replacement_pages", __name__)

CAUSES = tuple(
    Choice(str(cause), words)
    for cause, words in FRENCH_REPLACEMENT_CAUSE.items()
    if cause is not ReplacementCause.COMPROMISED
)
EVERY_CAUSE = tuple(Choice(str(cause), words) for cause, words in FRENCH_REPLACEMENT_CAUSE.items())


@dataclass(frozen=True, slots=True)
class ReplacementLine:
    """A replacement in the list."""

    number: str
    replaced_at: datetime
    prescriber: str
    cause: str
    voucher_count: int


@dataclass(frozen=True, slots=True)
class ReplacementsPage:
    """The replacements, the latest first."""

    list: Listed[ReplacementLine]
    causes: tuple[Choice, ...]
    prescribers: tuple[Choice, ...]
    may_replace: bool


def _found(session: Session, form: Form, place: Place) -> list[Replacement]:
    return queries.latest_replacements(
        session,
        place,
        prescriber_id=current_actor().scope
        or form.among("prescripteur", {str(one): one for one, _ in _prescribers(session)}),
        cause=form.among("motif", {choice.value: choice.value for choice in EVERY_CAUSE}),
    )


def _prescribers(session: Session) -> list[tuple[UUID, str]]:
    """Whose passes were replaced, for those who see all of them."""
    return [] if current_actor().scope else queries.prescribers(session)


def _lines(session: Session, found: Sequence[Replacement]) -> list[ReplacementLine]:
    names = organisation_names(session, {record.prescriber_id for record in found})
    counts = queries.pair_counts(session, [record.id for record in found])
    return [
        ReplacementLine(
            record.number,
            record.replaced_at,
            names[record.prescriber_id],
            FRENCH_REPLACEMENT_CAUSE[ReplacementCause(record.cause)],
            counts.get(record.id, 0),
        )
        for record in found
    ]


REPLACEMENTS = Listing(
    "replacement_pages.listed",
    name="remplacements",
    title="Remplacements",
    columns=(
        Column[ReplacementLine]("Remplacement", lambda line: line.number, width=16),
        Column("Fait", lambda line: line.replaced_at, Kind.MOMENT, "fait"),
        Column("Prescripteur", lambda line: line.prescriber, width=36),
        Column("Motif", lambda line: line.cause, width=24),
        Column("Pass", lambda line: line.voucher_count, Kind.NUMBER),
    ),
    filters=("motif", "prescripteur"),
    found=_found,
    told=_lines,
    first="-fait",
    lines=LINES,
)


@bp.get("/remplacements")
def listed() -> ResponseReturnValue:
    """Replacements; a prescriber's own."""
    check(Right.SEE_LOSSES)
    page = in_transaction(
        lambda session: ReplacementsPage(
            REPLACEMENTS.page(session),
            EVERY_CAUSE,
            tuple(Choice(str(one), name) for one, name in _prescribers(session)),
            may(Right.REPLACE_PASSES),
        )
    )
    return render_template("losses/replacements.html", page=page)


@bp.get("/remplacements.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The replacements of the address, all of them."""
    check(Right.SEE_LOSSES)
    return REPLACEMENTS.file(ending, is_demonstration)


@dataclass(frozen=True, slots=True)
class NewReplacementPage:
    """Passes to replace, and why."""

    form: Form
    causes: tuple[Choice, ...]
    source: str
    from_stock: bool
    foreseen: "ForeseenSwap | None"


@dataclass(frozen=True, slots=True)
class Entitled:
    """The hand-over that passes come from, and what its person has before and after: the same."""

    number: str
    received_count: int
    left_count: int


@dataclass(frozen=True, slots=True)
class ForeseenSwap:
    """What a replacement would do, before it is made."""

    pairs: tuple[tuple[str, str], ...]
    prescriber: str
    cause: str
    entitled: tuple[Entitled, ...]


@bp.route("/remplacements/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Replace passes that a person holds or has lost."""
    check(Right.REPLACE_PASSES)
    ahead: ForeseenSwap | None = None
    checked = checked_id()
    if request.method == "POST":
        form = Form.sent()
        made = _replaced(form)
        if isinstance(made, Replacement):
            return done_after_check(
                form,
                url_for(".shown", number=made.number),
                f"Le remplacement {made.number} est fait : prenez les pass indiqués, et "
                "remettez-les avec le bordereau.",
            )
        ahead = made
        if ahead and not form.errors and (there := check_first(form)):
            return there
    elif checked:
        typed = Form.to_check()
        if typed is None:
            return in_transaction(lambda session: _replaced_already(session, checked))
        form, named = typed, read_lines(typed.text("passes"))
        cause = form.choice("cause", ReplacementCause, "Choisissez pourquoi.")
        taken = read_lines(typed.text("taken"))
        ahead = form.submit(lambda session: _foreseen_swap(session, named, taken, cause))
    else:
        form = Form.blank(passes=request.args.get("pass", ""))
    from_stock = current_actor().sees()
    source = FRENCH_SOURCE[Source.STOCK if from_stock else Source.DRAWER]
    page = NewReplacementPage(form, CAUSES, source, from_stock, ahead)
    return render_template("losses/new_replacement.html", page=page), form.status


def _replaced_already(session: Session, replacement_id: UUID) -> ResponseReturnValue:
    """What was checked is done, and shown; or kept no longer, and begun anew."""
    record = losses.record(session, Replacement, replacement_id)
    if record is None or not current_actor().sees(record.prescriber_id):
        return done(url_for(".new"), NOT_KEPT)
    return redirect(url_for(".shown", number=record.number), HTTPStatus.SEE_OTHER)


def _replaced(form: Form) -> Replacement | ForeseenSwap | None:
    """What was done, or what it would do when that was not seen yet."""
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet, ou un code.")
    cause = form.choice("cause", ReplacementCause, "Choisissez pourquoi.")
    try:
        form.check()
        named = named_in(form)
        taken = named_in(form, "taken")
    except DomainError as refusal:
        form.refuse(refusal)
        return None
    seen = form.text("step") == "faire"
    if not (seen and form.checked("sure")):
        ahead = form.submit(lambda session: _foreseen_swap(session, named, taken, cause))
        if seen and ahead:
            form.refuse(InvalidInput(sure="Cochez cette case : un pass annulé ne revient pas."))
        return ahead
    return form.submit(
        lambda session: replacements.replace_passes(
            session,
            actor=current_actor(),
            replacement_id=form.id,
            named=named,
            cause=cause,
            free_of_charge=form.checked("free"),
            taken=taken,
            now=started_at(),
        )
    )


def _foreseen_swap(
    session: Session, named: list[Named], taken: list[Named], cause: ReplacementCause
) -> ForeseenSwap:
    try:
        chosen = replacements.foreseen(
            session, actor=current_actor(), named=named, taken=taken, now=started_at()
        )
    except TakenDoesNotFit as refusal:
        raise InvalidInput(taken=refusal.message) from refusal
    serials = serials_of(session, [i for pair in chosen.pairs for i in pair])
    entitled = []
    for one in queries.hand_overs_of(session, chosen.old_ids):
        received = people.received(session, one.programme_id, one.beneficiary_id)
        entitled.append(Entitled(one.number, received.count, passes_unused(session, received)))
    return ForeseenSwap(
        tuple((serials[old], serials[new]) for old, new in chosen.pairs),
        organisation_names(session, {chosen.prescriber_id})[chosen.prescriber_id],
        FRENCH_REPLACEMENT_CAUSE[cause],
        tuple(entitled),
    )


@dataclass(frozen=True, slots=True)
class ReplacementPage:
    """One replacement: which passes are void, and which stand for them."""

    record: Replacement
    swap: Swap
    source: str
    says_free: bool
    """Whether the issuer's gift is the reader's business: the coordination's, and nobody else's."""


def _known_replacement(session: Session, number: str) -> Replacement:
    found = queries.replacement_by_number(session, number)
    if found is None:
        raise UnknownReplacement
    return replacements.known_replacement(session, actor=current_actor(), replacement_id=found.id)


@bp.get("/remplacements/<number>")
def shown(number: str) -> ResponseReturnValue:
    """A replacement, and the slip that goes with it."""
    check(Right.SEE_LOSSES)

    def work(session: Session) -> ReplacementPage:
        record = _known_replacement(session, number)
        return ReplacementPage(
            record,
            swap_of(session, record),
            FRENCH_SOURCE[Source(record.source)],
            current_actor().sees(),
        )

    return render_template("losses/replacement.html", page=in_transaction(work))


@bp.get("/remplacements/<number>/bordereau.pdf")
def slip(number: str) -> Response:
    """The slip that goes with the new passes."""
    check(Right.SEE_LOSSES)

    def work(session: Session) -> tuple[Swap, bool]:
        return swap_of(session, _known_replacement(session, number)), is_demonstration(session)

    swap, specimen = in_transaction(work)
    return download(replacement_slip(swap, specimen=specimen), f"{swap.number}.pdf", PDF)
